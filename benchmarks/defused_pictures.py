"""Holds defused mail against the same mail drawn with remote content blocked.

    TOCSIN_CORPUS=/path/to/mail python -m benchmarks.defused_pictures --work FOLDER [--mails 1500] [--seed 1]
        [--samples] [--links keep] [--worst FILE]

Draws mails with HTML bodies at random (or the project's samples), each body once, in Chromium, cut off from every
network (see tests/browser/recorder.py; needs root and the Debian packages that it names). The original is drawn with
everything remote failing, the defused page with everything open, on a wide screen, a narrow dark one, and for print.
Of both the visible text and a picture of the first window (800 by 900) are taken, without the line and the marks that
Tocsin adds. What is drawn stays in the work folder, by the digest of the page: an interrupted run goes on, and after a
change only pages that changed are drawn again. Prints a table as markdown; --worst gets a line for each mail that
asks, reads differently or is among the worst fifty pictures.

Pictures are compared by the mean structural similarity of grey values: square windows of 7 by 7 pixels at every place,
constants 0.01 and 0.03 of 255. Source: Wang et al., Image quality assessment, IEEE Trans. Image Processing 13 (2004).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
from tests.browser.comparing import documents
from tests.browser.likeness import grey, similarity
from tests.browser.recorder import QUICK, Recording, RunFailed, missing_programs, record

from benchmarks.tables import Table, as_markdown
from tocsin.mail.mime import scan
from tocsin.model.defused import Policy
from tocsin.respond.defuse import defuse
from tocsin.respond.notice import ADDED

SAMPLES = Path(__file__).parents[1] / "tests" / "samples"
BATCH = 40
LARGEST = 2_000_000  # characters of a page
MOST_WORST = 50


class Pair(msgspec.Struct, frozen=True):
    """One page before and after defusing; where both are the same, defusing left it as it was."""

    path: Path
    before: str
    after: str


def pages_of(path: Path, policy: Policy) -> Iterator[Pair]:
    """The pages that one mail shows, each with what it is defused; "" where nothing is shown any more."""
    raw = path.read_bytes()
    before = documents(scan(raw))
    after = documents(scan(defuse(raw, policy).raw))
    if len(before) == len(after):
        for one, other in zip(before, after, strict=True):
            yield Pair(path, one, other)
    elif before:
        yield Pair(path, "\n".join(before), "\n".join(after))


def chosen(paths: list[Path], mails: int, policy: Policy) -> list[Pair]:
    """The pages of so many mails that show HTML; of mails that show the same, the first."""
    pairs: dict[str, Pair] = {}
    count = 0
    for path in paths:
        found = [
            pair for pair in pages_of(path, policy) if "<" in pair.before and len(pair.before) <= LARGEST
        ]
        fresh = {key(pair.before): pair for pair in found if key(pair.before) not in pairs}
        count += bool(fresh)
        pairs.update(fresh)
        if count >= mails:
            break
    return list(pairs.values())


def key(page: str) -> str:
    return hashlib.sha256(page.encode("utf-8", "replace")).hexdigest()[:32]


class Drawings:
    """What was drawn, in files by the digest of the page; originals and defused pages apart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def of(self, page: str, blocked: bool) -> Recording | None:
        path = self._path(page, blocked)
        return msgspec.msgpack.decode(path.read_bytes(), type=Recording) if path.exists() else None

    def draw(self, pages: list[str], blocked: bool) -> None:
        """Draw what is not there yet; says on standard error how far it is."""
        waiting = [page for page in dict.fromkeys(pages) if not self._path(page, blocked).exists()]
        for start in range(0, len(waiting), BATCH):
            batch = waiting[start : start + BATCH]
            begun = time.monotonic()
            settings = QUICK[:1] if blocked else QUICK
            try:
                drawn = record(batch, settings=settings, looks=True, blocked=blocked, without=ADDED)
            except RunFailed as error:
                print(f"a batch failed: {error}", file=sys.stderr)
                continue
            for page, recording in zip(batch, drawn, strict=True):
                if recording.problem:  # to be drawn again by the next run
                    print(f"not drawn: {recording.problem}", file=sys.stderr)
                    continue
                path = self._path(page, blocked)
                draft = path.with_suffix(".part")
                draft.write_bytes(msgspec.msgpack.encode(recording))
                draft.replace(path)
            rate = (time.monotonic() - begun) / len(batch)
            print(f"{start + len(batch)} of {len(waiting)} drawn, {rate:.2f} s each", file=sys.stderr)

    def _path(self, page: str, blocked: bool) -> Path:
        return self.folder / f"{'before' if blocked else 'after'}-{key(page)}"


class Outcome(msgspec.Struct, frozen=True):
    """How one page fared; `alike` is None where a picture is missing."""

    path: Path
    changed: bool
    asked: tuple[str, ...]
    same_text: bool
    difference: str
    alike: float | None


def outcome(pair: Pair, before: Recording, after: Recording) -> Outcome:
    """Compare one page drawn before and after."""
    alike = None
    if before.picture and before.picture == after.picture:
        alike = 1.0
    elif before.picture and after.picture:
        alike = similarity(grey(before.picture), grey(after.picture))
    was, now = before.text.split(), after.text.split()
    at = next((i for i, two in enumerate(zip(was, now, strict=False)) if two[0] != two[1]), -1)
    at = min(len(was), len(now)) if at < 0 else at
    difference = "" if was == now else f"{len(was)} {len(now)} {was[at : at + 8]} {now[at : at + 8]}"
    asked = (*after.urls, *after.names, *after.second)
    return Outcome(
        pair.path,
        pair.before != pair.after,
        asked,
        was == now,
        difference,
        alike,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--work", type=Path, required=True)
    options.add_argument("--mails", type=int, default=1500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--samples", action="store_true")
    options.add_argument("--links", default="keep")
    options.add_argument("--worst", type=Path)
    wanted = options.parse_args()
    corpus = str(SAMPLES) if wanted.samples else os.environ.get("TOCSIN_CORPUS")
    if not corpus:
        sys.exit("TOCSIN_CORPUS is not set: name a folder of mail")
    if missing := missing_programs():
        sys.exit(f"drawing needs {', '.join(missing)}")
    paths = sorted(Path(corpus).rglob("*.eml"))
    random.Random(wanted.seed).shuffle(paths)
    pairs = chosen(paths, wanted.mails, Policy(links=wanted.links))
    drawings = Drawings(wanted.work)
    # A page that defusing left as it was is drawn once, with everything open: it must ask for nothing either.
    drawings.draw([pair.before for pair in pairs if pair.before != pair.after], True)
    drawings.draw([pair.after for pair in pairs], False)
    outcomes: list[Outcome] = []
    problems: list[str] = []
    for pair in pairs:
        after = drawings.of(pair.after, False)
        before = after if pair.before == pair.after else drawings.of(pair.before, True)
        if before is None or after is None or before.problem or after.problem:
            said = " ".join(one.problem for one in (before, after) if one is not None)
            problems.append(f"{pair.path}\tnot drawn\t{said}")
        else:
            outcomes.append(outcome(pair, before, after))
    print(as_markdown(table(outcomes, len(problems))))
    if wanted.worst is not None:
        lines = problems + list(worst(outcomes))
        wanted.worst.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="backslashreplace")


def table(outcomes: list[Outcome], problems: int) -> Table:
    """Rows of what was asked for, of texts, and of how alike the pictures are."""
    changed = [one for one in outcomes if one.changed]
    rows: list[tuple[str, ...]] = [
        ("mails", str(len({one.path for one in outcomes}))),
        ("pages drawn", str(len(outcomes))),
        ("pages that could not be drawn", str(problems)),
        ("pages that defusing changed", str(len(changed))),
        ("pages that ask for something after", str(sum(bool(one.asked) for one in outcomes))),
        ("pages with the same visible text", str(sum(one.same_text for one in outcomes))),
    ]
    for name, group in (("all pages", outcomes), ("pages that were changed", changed)):
        values = np.array([one.alike for one in group if one.alike is not None])
        if len(values):
            low, middle = np.percentile(values, 5), np.median(values)
            rows.append((f"{name}: likeness, median", f"{middle:.4f}"))
            rows.append((f"{name}: likeness, 5th percentile", f"{low:.4f}"))
    return Table("Defused pages", ("", ""), tuple(rows))


def worst(outcomes: list[Outcome]) -> Iterator[str]:
    """A line for each page that asks or reads differently, then the pictures least alike."""
    for one in outcomes:
        if one.asked:
            yield f"{one.path}\tasked\t{one.asked[:3]}"
        if not one.same_text:
            yield f"{one.path}\ttext\t{one.difference}"
    pictured = [(one.alike, one.path) for one in outcomes if one.alike is not None]
    for alike, path in sorted(pictured)[:MOST_WORST]:
        yield f"{path}\tpicture\t{alike:.4f}"


if __name__ == "__main__":
    main()
