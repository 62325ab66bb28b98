"""Starts and stops rspamd and SpamAssassin on loopback with their network checks off, and feeds them mails."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue

RSPAMD_PORT, SPAMD_PORT, DNS_PORT = 21333, 20783, 5399
# Modules that ask others: off, so that only the analysis of the mail itself is timed.
RSPAMD_OFF = (
    "rbl",
    "surbl",
    "spf",
    "dkim",
    "dkim_signing",
    "dmarc",
    "arc",
    "asn",
    "bimi",
    "fuzzy_check",
    "mx_check",
    "greylist",
    "ratelimit",
    "neural",
    "reputation",
    "replies",
    "antivirus",
    "dcc",
    "p0f",
    "url_redirector",
    "history_redis",
    "rspamd_update",
    "external_services",
)
CONNECTIONS = 4


class Server:
    """A running peer: `scan_all` returns the seconds it took for all mails."""

    def __init__(
        self, process: subprocess.Popen[bytes], ask: Callable[[bytes], bytes], expected: bytes
    ) -> None:
        self._process = process
        self._ask = ask
        self._expected = expected

    def scan_all(self, mails: list[Path], cores: set[int]) -> float:
        """Send all mails over a few connections from other cores, as a mail server would."""
        queue: SimpleQueue[bytes] = SimpleQueue()
        for mail in mails:
            queue.put(mail.read_bytes())
        failed: list[bytes] = []

        def feed() -> None:
            while True:
                try:
                    data = queue.get_nowait()
                except Empty:
                    return
                answer = self._ask(data)
                if self._expected not in answer:
                    failed.append(answer[:200])

        mine = os.sched_getaffinity(0)
        os.sched_setaffinity(0, cores & mine or mine)
        try:
            threads = [threading.Thread(target=feed) for _ in range(CONNECTIONS)]
            started = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            seconds = time.perf_counter() - started
        finally:
            os.sched_setaffinity(0, mine)
        if len(failed) > len(mails) // 20:
            raise SystemExit(f"{len(failed)} of {len(mails)} mails got no answer, such as {failed[0]!r}")
        return seconds

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()


def start_rspamd(work: Path, core: int) -> Server:
    """Start rspamd with one worker on one core."""
    threading.Thread(target=_answer_no_such_name, daemon=True).start()
    config = work / "rspamd"
    for name in ("db", "log", "run"):
        (config / name).mkdir(parents=True)
    shutil.copytree("/etc/rspamd", config / "etc")
    local = config / "etc" / "local.d"
    local.mkdir(exist_ok=True)
    (local / "worker-normal.inc").write_text(
        f'bind_socket = "127.0.0.1:{RSPAMD_PORT}";\ncount = 1;\nmax_tasks = 0;\nmime = true;\n'
    )
    for worker in ("controller", "proxy", "fuzzy"):
        (local / f"worker-{worker}.inc").write_text("enabled = false;\n")
    (local / "options.inc").write_text(
        f'dns {{ nameserver = ["127.0.0.1:{DNS_PORT}"]; timeout = 0.1s; retransmits = 1; }}\n'
        'filters = "chartable,regexp";\n'
    )
    for module in RSPAMD_OFF:
        (local / f"{module}.conf").write_text("enabled = false;\n")
    shutil.chown(config, "_rspamd", "_rspamd")
    for path in config.rglob("*"):
        shutil.chown(path, "_rspamd", "_rspamd")
    directories = {"CONFDIR": "etc", "LOCAL_CONFDIR": "etc", "DBDIR": "db", "LOGDIR": "log", "RUNDIR": "run"}
    variables = [f"--var={name}={config / folder}" for name, folder in directories.items()]
    with (config / "log" / "output").open("wb") as log:
        process = subprocess.Popen(
            [
                "rspamd",
                "-f",
                "-u",
                "_rspamd",
                "-g",
                "_rspamd",
                "-c",
                str(config / "etc" / "rspamd.conf"),
                *variables,
            ],
            stdout=log,
            stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
    _wait_for(RSPAMD_PORT, process)
    return Server(process, _ask_rspamd, b'"action"')


def start_spamd(work: Path, core: int) -> Server:
    """Start spamd with one child on one core, local tests only."""
    home = work / "spamd"
    home.mkdir()
    with (home / "output").open("wb") as log:
        process = subprocess.Popen(
            ["spamd", "-L", "-x", "--max-children", "1", "--min-children", "1", "--max-conn-per-child", "100000",
             "-i", "127.0.0.1", "-p", str(SPAMD_PORT), "-A", "127.0.0.1", "-s", "stderr", "-H", str(home)],
            stdout=log, stderr=log, env=os.environ | {"HOME": str(home)},
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )  # fmt: skip
    _wait_for(SPAMD_PORT, process)
    return Server(process, _ask_spamd, b"EX_OK")


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(120):
        if process.poll() is not None:
            raise SystemExit(f"the server for port {port} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.5)
        else:
            time.sleep(3)  # maps and patterns are still being compiled
            return
    raise SystemExit(f"nothing listens on port {port} after a minute")


def _ask_rspamd(data: bytes) -> bytes:
    head = b"POST /checkv2 HTTP/1.0\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(data)
    return _exchange(RSPAMD_PORT, head + data, finish=False)


def _ask_spamd(data: bytes) -> bytes:
    return _exchange(
        SPAMD_PORT, b"CHECK SPAMC/1.5\r\nContent-length: %d\r\n\r\n" % len(data) + data, finish=True
    )


def _exchange(port: int, request: bytes, *, finish: bool) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(request)
        if finish:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while data := connection.recv(262_144):
            answer += data
        return answer


def _answer_no_such_name() -> None:
    """A name server that knows nothing, so that a check that still asks is answered at once."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", DNS_PORT))
        while True:
            query, client = server.recvfrom(4096)
            if len(query) >= 12:
                server.sendto(query[:2] + b"\x81\x83" + query[4:6] + b"\0" * 6 + query[12:], client)
