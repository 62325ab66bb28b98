"""Reading speed: writes an mbox of a given size to a temporary folder, reads it, prints MB/s and peak memory.

Run: python benchmarks/reading.py [MEGABYTES]
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from pathlib import Path

from tocsin.connect.files import read_mail
from tocsin.model.source import RawMail, ReadError

MEGABYTE = 1_000_000


def write_mbox(path: Path, size: int, seed: int = 7) -> int:
    """Write an mbox of about `size` bytes; gives the number of mails."""
    draw = random.Random(seed)
    words = [f"word{n}" for n in range(500)]
    written = count = 0
    with path.open("wb") as file:
        while written < size:
            lines = [" ".join(draw.choices(words, k=12)) for _ in range(draw.choice((4, 20, 80, 400)))]
            if count % 50 == 0:
                lines.insert(2, ">From the newsroom, a line that needed a quote sign")
            mail = (
                f"From ann{count}@desk.example Tue Mar  5 10:{count % 60:02d}:00 2024\n"
                f"From: Ann <ann{count}@desk.example>\nTo: bea@press.example\nSubject: Mail {count}\n"
                f"Date: Tue, 05 Mar 2024 10:{count % 60:02d}:00 +0000\nMessage-ID: <{count}@desk.example>\n"
                "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + "\n".join(lines) + "\n\n"
            ).encode()
            file.write(mail)
            written += len(mail)
            count += 1
    return count


def main() -> None:
    """Measure once and print."""
    size = int(sys.argv[1] if len(sys.argv) > 1 else 200) * MEGABYTE
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.mbox"
        expected = write_mbox(path, size)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        start = time.process_time()
        mails = sum(isinstance(item, RawMail) for item in read_mail([str(path)]))
        errors = (
            sum(isinstance(item, ReadError) for item in read_mail([str(path)])) if mails != expected else 0
        )
        seconds = time.process_time() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rate = size / MEGABYTE / seconds
    print(
        f"{mails} of {expected} mails, {size // MEGABYTE} MB, {seconds:.2f} s of processor time: {rate:.0f} MB/s"
    )
    print(
        f"{mails / seconds:.0f} mails/s, {errors} errors, peak memory {peak} MiB ({before} MiB before reading)"
    )


if __name__ == "__main__":
    main()
