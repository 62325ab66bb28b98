"""Microseconds of processor time to observe one mail: TOCSIN_CORPUS=… python -m benchmarks.observing [MAILS]

To compare two versions, run it in a checkout of each, in turns: the machine's own changes are larger than most gains.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from tocsin.app.lists import Lists
from tocsin.app.observing import observer_factory
from tocsin.model.source import RawMail

LARGEST = 300_000  # bytes: larger files are mostly one picture
SEED = 1


def main(arguments: list[str]) -> int:
    """Print the mean over mails drawn with a fixed seed; 2 when the corpus is missing."""
    corpus = Path(os.environ.get("TOCSIN_CORPUS", "")) / "dev"
    if not corpus.is_dir():
        sys.stderr.write("TOCSIN_CORPUS is not set to a folder that holds dev/; nothing was measured.\n")
        return 2
    files = sorted(path for path in corpus.rglob("*") if path.is_file())
    random.Random(SEED).shuffle(files)
    mails = [
        raw
        for path in files[: int(arguments[0]) if arguments else 3_000]
        if len(raw := path.read_bytes()) < LARGEST
    ]
    observe = observer_factory(Lists())()
    started = time.process_time()
    for number, raw in enumerate(mails):
        observe(RawMail(f"mail {number}", "corpus", raw), "")
    print(f"{(time.process_time() - started) / len(mails) * 1e6:.0f} µs a mail, {len(mails)} mails")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
