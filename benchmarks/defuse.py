"""Measures defusing on real mail: how fast, what is left, what changes for the reader.

    TOCSIN_CORPUS=/path/to/mail python -m benchmarks.defuse [--mails 1500] [--seed 1] [--drawn 0] [--worst FILE]

Takes .eml files at random. Each is defused (timed alone, on one core), defused again, and observed. With --drawn so
many of those with an HTML body are drawn in Chromium before and after, cut off from every network (needs root and
the Debian packages that tests/browser/recorder.py names): requests of the defused mail, and whether the visible text
is the same. --worst gets a line for each mail that differs, with its file. Prints a table as markdown.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

from tests.browser.comparing import documents
from tests.browser.recorder import QUICK, Recording, missing_programs, record

from tocsin.app.catalogue import load_catalogue
from tocsin.mail.mime import scan
from tocsin.observe.beacons.assemble import observe_beacons
from tocsin.observe.tokens import NO_NEEDLES
from tocsin.respond.defuse import defuse

ACTING = frozenset(("receipt", "open", "reply", "print"))
BATCH = 25
LARGEST = 2_000_000
_NOTICE = re.compile(r"\[Tocsin changed this text: .*?kept sealed\.\]")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--mails", type=int, default=1500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--drawn", type=int, default=0)
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
    if wanted.drawn:
        if missing := missing_programs():
            sys.exit(f"drawing needs {', '.join(missing)}")
        for row in drawn(paths, wanted.drawn, worst):
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


def words(recording: Recording) -> list[str]:
    """The visible words, without Tocsin's own line."""
    return _NOTICE.sub("", " ".join(recording.text.split())).split()


def drawn(paths: list[Path], most: int, worst: list[str]) -> list[tuple[str, str]]:
    """Draw mails before and after; rows of requests and of texts that differ."""
    chosen: list[tuple[Path, str, str]] = []
    for path in paths:
        raw = path.read_bytes()
        before = documents(scan(raw))[:1]
        if not before or len(before[0]) > LARGEST:
            continue
        cleaned = documents(scan(defuse(raw).raw))[:1]
        chosen.append((path, before[0], cleaned[0] if cleaned else ""))
        if len(chosen) >= most:
            break
    counts = Counter({"asked before": 0, "asked after": 0, "same visible text": 0})
    for start in range(0, len(chosen), BATCH):
        batch = chosen[start : start + BATCH]
        first = record([before for _, before, _ in batch], settings=QUICK[:1], looks=True)
        second = record([after for _, _, after in batch], settings=QUICK, looks=True)
        for (path, _, after), old, new in zip(batch, first, second, strict=True):
            counts["drawn"] += 1
            counts["asked before"] += bool(old.urls or old.names)
            if new.urls or new.names:
                counts["asked after"] += 1
                worst.append(f"{path}\tasked\t{(*new.urls, *new.names)[:3]}")
            if words(old) == words(new):
                counts["same visible text"] += 1
            else:
                was, now = words(old), words(new)
                at = next(
                    (i for i, pair in enumerate(zip(was, now, strict=False)) if pair[0] != pair[1]),
                    min(len(was), len(now)),
                )
                worst.append(
                    f"{path}\ttext\t{len(was)}\t{len(now)}\t{was[at : at + 8]}\t{now[at : at + 8]}\t{len(after)}"
                )
    return [(name, str(count)) for name, count in counts.items()]


if __name__ == "__main__":
    main()
