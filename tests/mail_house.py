"""A whole mail house for tests: Postfix, the gate, Dovecot, on the loopback; started once for the tests of a module."""

from __future__ import annotations

import imaplib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests import dovecot_server, postfix_server
from tests.e2e.running import environment
from tests.milter_client import wait_for_socket, wait_until_nobody_listens

POLICY = """
[default]
alert = "defuse"
tracked = "defuse"
other = "tag"

[[rule]]
for = "@house.test"
tracked = "tag"
unread = "tag"

[[rule]]
for = "@hold.test"
tracked = "quarantine"

[[rule]]
for = "untouched@desk.test"
alert = "pass"
tracked = "pass"
other = "pass"
"""


def missing() -> str:
    """ "" where all servers are installed and can be run, else the reason to skip."""
    return postfix_server.missing() or dovecot_server.missing()


class Gate:
    """A `tocsin gate` of the tests' own."""

    def __init__(self, folder: Path, *arguments: str | Path, policy: str = POLICY, config: str = "") -> None:
        self.folder = folder
        self.socket = folder / "gate.sock"
        self.spool = folder / "spool"
        self.arguments = arguments
        self.prefix: tuple[str, ...] = ()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "policy.toml").write_text(policy)
        (folder / "config.toml").write_text(config)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it listens."""
        command = [*dovecot_server.ending_with_us(), *self.prefix, sys.executable, "-m", "tocsin", "gate"]
        command += ["--listen", f"unix:{self.socket}"]
        command += ["--socket-mode", "666", "--policy", str(self.folder / "policy.toml")]
        command += ["--config", str(self.folder / "config.toml"), "--spool", str(self.spool)]
        command += [str(argument) for argument in self.arguments]
        with (self.folder / "gate.log").open("ab") as log:
            self._process = subprocess.Popen(command, stderr=log, env=environment(self.folder))
        try:
            wait_for_socket(
                self.socket, ended=lambda: self._process is None or self._process.poll() is not None
            )
        except TimeoutError as error:
            raise RuntimeError(f"the gate does not start:\n{self.log()}") from error

    def kill(self) -> None:
        """As the kernel kills: nobody is asked, nothing is tidied up."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)
        wait_until_nobody_listens(self.socket)  # the others end with it, a moment later

    def ended(self) -> int:
        """Wait until it ends by itself; its exit status."""
        assert self._process is not None
        return self._process.wait(30)

    def processes(self) -> dict[str, list[int]]:
        """The processes beside the one that started them all: "front", its "worker"s, and "memory"."""
        assert self._process is not None
        front, *memory = _children(self._process.pid)  # the one started first comes first
        return {"front": [front], "worker": _children(front), "memory": memory}

    def stop(self) -> int:
        """Stop it in order; its exit status."""
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def again(self, *arguments: str | Path, config: str = "", spool: Path | None = None) -> None:
        """Stop it, and start it with other settings and an empty log."""
        self.stop()
        self.log()
        (self.folder / "gate.log").unlink()
        (self.folder / "config.toml").write_text(config)
        self.arguments = arguments
        self.spool = spool or self.folder / "spool"
        self.start()

    def log(self) -> str:
        """What it said; there is never a traceback in it."""
        text = (self.folder / "gate.log").read_text(errors="replace")
        assert "Traceback" not in text, text[-4000:]
        return text


def _children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has ended meanwhile
        return []


class House:
    """Postfix and Dovecot, with the gate between them."""

    def __init__(self, folder: Path, gate: Gate, dovecot: dovecot_server.Server) -> None:
        self.folder = folder
        self.gate = gate
        self.dovecot = dovecot
        self.postfix = postfix_server.Server(folder / "pf", dovecot.lmtp_port, milter=f"unix:{gate.socket}")

    def send(
        self, raw: bytes, *recipients: str, sender: str = "writer@outlet.example", options: Sequence[str] = ()
    ) -> None:
        """Hand one mail to Postfix. Raises smtplib's errors where it is not taken."""
        with self.postfix.smtp() as client:
            client.sendmail(sender, list(recipients), raw, mail_options=tuple(options))

    def mailbox(self, address: str) -> list[bytes]:
        """All mails of an account, by IMAP."""
        client = imaplib.IMAP4("127.0.0.1", self.dovecot.imap_port)
        try:
            client.login(address, dovecot_server.PASSWORD)
            client.select("INBOX", readonly=True)
            _, found = client.search(None, "ALL")
            numbers = found[0].split()
            if not numbers:
                return []
            _, data = client.fetch(b",".join(numbers).decode(), "(BODY.PEEK[])")
            return [item[1] for item in data if isinstance(item, tuple)]
        finally:
            client.logout()

    def held(self) -> list[dict[str, object]]:
        """What lies in Postfix's hold queue."""
        return [one for one in self.postfix.queue() if one["queue_name"] == "hold"]

    def until(self, condition: object, timeout_s: float = 60.0) -> None:
        """Wait until a function says yes. Raises TimeoutError."""
        assert callable(condition)
        end_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end_s:
                raise TimeoutError(self.postfix.log()[-800:] + self.gate.log()[-3000:])
            time.sleep(0.1)


@contextmanager
def house(*arguments: str | Path, policy: str = POLICY, config: str = "") -> Iterator[House]:
    """A running house; everything is gone afterwards. Call only where nothing is `missing`."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-mh-"))
    folder.chmod(0o755)
    mailboxes = Path(tempfile.mkdtemp(prefix="tocsin-dc-"))
    found: House | None = None
    dovecot = None
    try:
        dovecot = dovecot_server.start(mailboxes)
        gate = Gate(folder / "gate", *arguments, policy=policy, config=config)
        found = House(folder, gate, dovecot)
        gate.start()
        found.postfix.start()
        yield found
    finally:
        if found is not None:
            found.postfix.stop()
            found.gate.stop()
        if dovecot is not None:
            dovecot.close()
        shutil.rmtree(folder, ignore_errors=True)
