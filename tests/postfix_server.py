"""A Postfix of the tests' own: SMTP in on a loopback port, a milter, LMTP out; it can reach nothing else.

Everything lies in one folder. Postfix starts as root alone.

    server = postfix_server.Server(folder, lmtp_port, milter="unix:/path")
    server.start(); server.queue(); server.flush(); server.stop()
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import time
from pathlib import Path

from tests.dovecot_server import ending_with_us, free_port

PACKAGE = "postfix"
DOMAINS = "desk.test, house.test, hold.test"
MASTER = "/usr/lib/postfix/sbin/master"
START_S = 20.0

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.desk.test
mydestination =
virtual_mailbox_domains = {domains}
virtual_transport = {transport}
mynetworks = 127.0.0.0/8
default_transport = error:no mail leaves this machine
relay_transport = error:no mail leaves this machine
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtputf8_enable = yes
message_size_limit = 120000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
lmtp_destination_concurrency_limit = 8
lmtp_line_length_limit = 0
default_process_limit = 250
non_smtpd_milters = {milter}
smtpd_client_connection_count_limit = 0
smtpd_milters = {milter}
milter_default_action = tempfail
milter_connect_timeout = 10s
milter_command_timeout = 30s
milter_content_timeout = 120s
maillog_file = {folder}/log
maillog_file_prefixes = /var, /tmp
{more}
"""


def missing() -> str:
    """ "" where Postfix can be run, else the reason to skip that names the package."""
    if os.geteuid() != 0:
        return "Postfix starts as root alone"
    if shutil.which("unshare") is None:
        return "unshare is not installed (Debian package util-linux)"
    if shutil.which("postfix") is None or not Path("/usr/share/postfix/master.cf.dist").exists():
        return f"Postfix is not installed (Debian package {PACKAGE})"
    return ""


class Server:
    """A Postfix in a folder; mail for DOMAINS goes to `lmtp_port`, or to `transport` where that is given."""

    def __init__(
        self, folder: Path, lmtp_port: int, *, milter: str = "", transport: str = "", more: str = ""
    ) -> None:
        self.folder = folder
        self.port = free_port()
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for path in (folder, folder / "queue"):
            path.chmod(0o755)
        os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
        main = _MAIN.format(
            folder=folder,
            domains=DOMAINS,
            transport=transport or f"lmtp:inet:127.0.0.1:{lmtp_port}",
            milter=milter,
            more=more,
        )
        (folder / "etc" / "main.cf").write_text(main)
        (folder / "etc" / "master.cf").write_text(self._master())
        self._process: subprocess.Popen[bytes] | None = None

    def _master(self) -> str:
        lines = []
        for line in Path("/usr/share/postfix/master.cf.dist").read_text().splitlines():
            words = line.split()
            if line[:1].isalpha() and len(words) >= 8:
                if words[:2] == ["smtp", "inet"]:
                    words[0] = f"127.0.0.1:{self.port}"
                words[4] = "n"  # no chroot: the milter's socket lies outside
                line = " ".join(words)
            lines.append(line)
        if not any(line.startswith("postlog ") for line in lines):
            lines.append("postlog unix-dgram n - n - 1 postlogd")
        return "\n".join(lines) + "\n"

    def start(self) -> None:
        """Start, and wait until it answers. Raises RuntimeError with its log where it does not."""
        settings = str(self.folder / "etc")
        with (self.folder / "said").open("wb") as said:
            subprocess.run(["postfix", "-c", settings, "check"], stderr=said, timeout=60, check=False)
            # A shell is the first process of a namespace, and with it all of Postfix ends, however this process does.
            alone = [*ending_with_us("KILL"), "unshare", "--pid", "--fork", "--kill-child"]
            self._process = subprocess.Popen(
                [*alone, "sh", "-c", f"{MASTER} -c {settings}; exit"],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        until_s = time.monotonic() + START_S
        while time.monotonic() < until_s and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                    if connection.recv(3):
                        return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"Postfix does not start: {(self.folder / 'said').read_text()}\n{self.log()}")

    def stop(self) -> None:
        """Stop at once, its children included."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait(10)
        self._process = None
        until_s = time.monotonic() + START_S
        while time.monotonic() < until_s:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            except OSError:
                return
            time.sleep(0.02)

    def smtp(self) -> smtplib.SMTP:
        """A connection that mail can be sent over."""
        return smtplib.SMTP("127.0.0.1", self.port, local_hostname="client.away.test", timeout=120)

    def queue(self) -> list[dict[str, object]]:
        """What lies in the queues: queue_name ("hold", "active", "deferred" …), queue_id, recipients …"""
        done = subprocess.run(
            ["postqueue", "-c", str(self.folder / "etc"), "-j"], capture_output=True, timeout=60, check=True
        )
        return [json.loads(line) for line in done.stdout.splitlines() if line]

    def flush(self) -> None:
        """Try again now what was deferred."""
        subprocess.run(["postqueue", "-c", str(self.folder / "etc"), "-f"], timeout=60, check=False)

    def wait_until_delivered(self, timeout_s: float = 60.0) -> None:
        """Until nothing but held mail is in the queues. Raises TimeoutError with what is left."""
        until_s = time.monotonic() + timeout_s
        while left := [one for one in self.queue() if one["queue_name"] != "hold"]:
            if time.monotonic() > until_s:
                raise TimeoutError(f"{len(left)} mails wait, the first: {left[0]}\n{self.log()[-2000:]}")
            time.sleep(0.2)

    def log(self) -> str:
        """What it wrote."""
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""
