"""A mailbox of 1 GiB, two passes, two jobs: rate and memory of all processes. `python benchmarks/scale.py [MIB]`.

The mails are those of TOCSIN_CORPUS, written into one mbox again and again, each copy with a Message-ID and a Date
of its own.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from email.utils import formatdate
from pathlib import Path

MIB = 1024 * 1024
MAX_MAIL_BYTES = 60_000  # about 15 KB a mail on average, as in personal mailboxes
_OWN = re.compile(rb"(?im)^(message-id|date):[^\n]*(\n[ \t][^\n]*)*\n")
_QUOTED = re.compile(rb"(?m)^(>*From )")


def main() -> int:
    corpus = Path(os.environ.get("TOCSIN_CORPUS", ""))
    if not (corpus / "dev").is_dir():
        sys.stderr.write("TOCSIN_CORPUS is not set to a folder that holds dev/; nothing was measured.\n")
        return 2
    size = int(sys.argv[1]) * MIB if len(sys.argv) > 1 else 1024 * MIB
    with tempfile.TemporaryDirectory(prefix="tocsin-scale-") as name:
        path = Path(name) / "big.mbox"
        mails = write_mbox(corpus / "dev", path, size)
        print(f"{mails} mails, {path.stat().st_size / MIB:.0f} MiB", flush=True)
        command = [sys.executable, "-m", "tocsin", "scan", str(path), "--json", "--quiet", "--jobs", "2"]
        environment = os.environ | {"XDG_CACHE_HOME": name}
        with (Path(name) / "out.jsonl").open("wb") as output:
            started = time.perf_counter()
            process = subprocess.Popen(command, stdout=output, env=environment)
            memory = Memory(process.pid)
            code = process.wait()
            seconds = time.perf_counter() - started
            memory.stop()
        lines = sum(1 for _ in (Path(name) / "out.jsonl").open("rb"))
        print(f"exit {code}, {lines} lines, {seconds:.0f} s, {mails / seconds:.0f} msg/s")
        together = f"{memory.shared_once / MIB:.0f} MiB (PSS), {memory.counted / MIB:.0f} MiB (RSS)"
        print(f"peak memory of all processes: {together}")
        print(f"peak of one process: {memory.largest / MIB:.0f} MiB (RSS)")
    return 0


def write_mbox(folder: Path, path: Path, size: int) -> int:
    """Fill an mbox with mails up to a size; returns how many."""
    originals = []
    for found in sorted(folder.rglob("*")):
        if found.is_file() and 200 < found.stat().st_size <= MAX_MAIL_BYTES:
            data = found.read_bytes()
            if not data.startswith((b"From ", b"\xd0\xcf", b"<")) and b"\n\n" in data.replace(b"\r\n", b"\n"):
                originals.append(_OWN.sub(b"", data.replace(b"\r\n", b"\n"), count=2))
    count = 0
    with path.open("wb") as file:
        while file.tell() < size:
            data = _QUOTED.sub(rb">\1", originals[count % len(originals)])
            date = 1_500_000_000 + count * 600
            file.write(b"From sender@big.test Thu Jan  1 00:00:00 2015\n")
            file.write(
                f"Message-ID: <{count}@big.test>\nDate: {formatdate(date)}\n".encode() + data + b"\n\n"
            )
            count += 1
    return count


class Memory:
    """Peaks of a process and its children, looked at five times a second."""

    def __init__(self, pid: int) -> None:
        self.shared_once = self.counted = self.largest = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.2):
            sizes = [memory_of(pid) for pid in [self._pid, *children(self._pid)]]
            self.shared_once = max(self.shared_once, sum(pss for pss, _ in sizes))
            self.counted = max(self.counted, sum(rss for _, rss in sizes))
            self.largest = max(self.largest, *(rss for _, rss in sizes))


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def memory_of(pid: int) -> tuple[int, int]:
    """PSS and RSS in bytes; zeros once the process has gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0, 0
    found = dict(re.findall(r"(?m)^(Pss|Rss):\s+(\d+) kB", text))
    return int(found.get("Pss", 0)) * 1024, int(found.get("Rss", 0)) * 1024


if __name__ == "__main__":
    sys.exit(main())
