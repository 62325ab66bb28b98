"""Measures defusing on real mail: how fast, and what is left.

    TOCSIN_CORPUS=/path/to/mail python -m benchmarks.defuse [--mails 1500] [--seed 1] [--worst FILE]

Takes .eml files at random. Each is defused (timed alone, in CPU seconds of one core), defused again, and observed.
--worst gets a line for each mail in which something is left, with its file. Prints a table as markdown. What readers
see is measured by benchmarks/defused_pictures.py.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from pathlib import Path

from tocsin.app.catalogue import load_catalogue
from tocsin.mail.mime import scan
from tocsin.observe.beacons.assemble import observe_beacons
from tocsin.observe.tokens import NO_NEEDLES
from tocsin.respond.defuse import defuse

ACTING = frozenset(("receipt", "open", "reply", "print"))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--mails", type=int, default=1500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--worst", type=Path)
    wanted = options.parse_args()
    corpus = os.environ.get("TOCSIN_CORPUS")
    if not corpus:
        sys.exit("TOCSIN_CORPUS is not set: name a folder of mail")
    paths = sorted(Path(corpus).rglob("*.eml"))
    random.Random(wanted.seed).shuffle(paths)
    paths = paths[: wanted.mails]
    worst: list[str] = []
    for row in measured(paths, worst):
        print(f"| {' | '.join(row)} |")
    if wanted.worst is not None:
        wanted.worst.write_text("\n".join(worst) + "\n", encoding="utf-8", errors="backslashreplace")


def measured(paths: list[Path], worst: list[str]) -> list[tuple[str, str]]:
    """Defuse each mail; rows of what it took and what is left."""
    mails = [path.read_bytes() for path in paths]
    catalogue = load_catalogue(None)
    defuse(mails[0])
    begun = time.process_time()
    results = [defuse(raw) for raw in mails]
    seconds = time.process_time() - begun  # of one core, whatever else the machine does
    counts: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for path, raw, after in zip(paths, mails, results, strict=True):
        counts["changed"] += bool(after.done or after.reserialised)
        counts["re-serialised"] += after.reserialised
        counts["reduced to a note"] += any(one.what == "mail-sealed" for one in after.done)
        if any(one.what == "mail-sealed" for one in after.done):
            worst.append(f"{path}\treduced\t{','.join(sorted({one.code for one in scan(raw).defects}))}")
        if defuse(after.raw).raw != after.raw:
            counts["differs the second time"] += 1
            worst.append(f"{path}\tnot idempotent")
        acting = [
            one
            for one in observe_beacons(scan(after.raw), catalogue, NO_NEEDLES).beacons
            if one.trigger in ACTING
        ]
        for technique in {one.technique for one in acting}:
            left[technique] += 1
        worst.extend(f"{path}\tleft\t{one.technique}\t{one.part}\t{one.url[:200]}" for one in acting[:3])
    size = sum(map(len, mails)) / 1e6
    rows = [
        ("mails", f"{len(mails)} ({size:.0f} MB)"),
        ("mails a second, one core", f"{len(mails) / seconds:.0f}"),
    ]
    rows.extend((name, str(count)) for name, count in counts.items())
    rows.extend((f"still acts: {name}", str(count)) for name, count in left.most_common())
    return rows


if __name__ == "__main__":
    main()
