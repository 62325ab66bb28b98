"""Holds the observers against what Chromium asks for when it draws real mail.

    TOCSIN_CORPUS=/path/to/mail python -m benchmarks.browser_truth [--mails 1500] [--seed 1] [--browsers 2]
        [--recordings FILE] [--misses FILE]

Draws mails with HTML bodies at random, each body once, and renders them cut off from every network (see
tests/browser/recorder.py; needs root and the Debian packages that it names). With --recordings what the browser
asked for is kept, so that an interrupted run goes on and a changed observer is compared without drawing again.
Prints tables as markdown; every miss goes to --misses with its file, URL and cause as far as it is known.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import msgspec
from tests.browser.comparing import Comparison, compare, documents, drawn_parts
from tests.browser.recorder import EVERYTHING, QUICK, Recording, RunFailed, missing_programs, record

from benchmarks.tables import Table, as_markdown
from tocsin.app.catalogue import load_catalogue
from tocsin.app.phrases import load_phrases
from tocsin.connect.files import read_mail
from tocsin.mail.mime import scan
from tocsin.model.source import RawMail
from tocsin.observe.mail import observe_message

BATCH = 25
MAX_DOCUMENT = 2_000_000


class Kept(msgspec.Struct, frozen=True):
    """One recording in the file of recordings, known by the SHA-256 of its document."""

    sha256: str
    scripts: bool
    recording: Recording


class Truth:
    """What the browser asked for, by document and by whether scripts ran."""

    def __init__(self, file: Path | None) -> None:
        self.known: dict[tuple[str, bool], Recording] = {}
        self.file = file
        self.lock = threading.Lock()
        if file is not None and file.exists():
            for line in file.read_bytes().splitlines():
                kept = msgspec.json.decode(line, type=Kept)
                self.known[kept.sha256, kept.scripts] = kept.recording

    def add(self, texts: Sequence[str], scripts: bool, recordings: Sequence[Recording]) -> None:
        kept = [Kept(name_of(text), scripts, one) for text, one in zip(texts, recordings, strict=True)]
        with self.lock:
            self.known.update({(one.sha256, one.scripts): one.recording for one in kept})
            if self.file is not None:
                with self.file.open("ab") as file:
                    file.writelines(msgspec.json.encode(one) + b"\n" for one in kept)

    def of(self, text: str, scripts: bool) -> Recording | None:
        return self.known.get((name_of(text), scripts))


def name_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def draw_mails(folder: str, count: int, seed: int) -> list[RawMail]:
    """Draw mails that show HTML; of those that show the same, the first."""
    bodies: dict[tuple[str, ...], RawMail] = {}
    for item in read_mail([folder]):
        if not isinstance(item, RawMail):
            continue
        texts = documents(scan(item.raw, headers_missing=item.headers_missing))
        if any("<" in text for text in texts) and sum(map(len, texts)) <= MAX_DOCUMENT:
            bodies.setdefault(tuple(map(name_of, texts)), item)
    mails = sorted(bodies.values(), key=lambda mail: mail.source)
    return random.Random(seed).sample(mails, min(count, len(mails)))


def render(texts: Sequence[str], truth: Truth, browsers: int) -> Iterator[tuple[int, str]]:
    """Record what is not known yet, in batches; yield how many documents each finished, and what went wrong."""
    jobs: list[tuple[list[str], bool]] = []
    for scripts in (False, True):
        waiting = [text for text in dict.fromkeys(texts) if truth.of(text, scripts) is None]
        jobs += [(waiting[start : start + BATCH], scripts) for start in range(0, len(waiting), BATCH)]

    def run(batch: list[str], scripts: bool) -> tuple[int, str]:
        try:
            # Screens matter for what a mail says itself; what scripts do is seen in fewer settings.
            recordings = record(batch, scripts=scripts, settings=QUICK if scripts else EVERYTHING)
        except RunFailed as error:
            return len(batch), str(error)
        truth.add(batch, scripts, recordings)
        return len(batch), ""

    with ThreadPoolExecutor(browsers) as pool:
        running: set[Future[tuple[int, str]]] = set()
        try:
            for batch, scripts in jobs:
                running.add(pool.submit(run, batch, scripts))
                if len(running) >= browsers:
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from (one.result() for one in done)
            yield from (one.result() for one in wait(running).done)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def observe_all(mails: Sequence[RawMail], truth: Truth) -> tuple[list[tuple[str, Comparison]], list[str]]:
    """Compare each mail that was drawn without trouble; name the others."""
    catalogue, phrases = load_catalogue(), load_phrases()
    compared: list[tuple[str, Comparison]] = []
    left_out: list[str] = []
    for mail in mails:
        message = scan(mail.raw, headers_missing=mail.headers_missing)
        texts = documents(message)
        off = [truth.of(text, False) for text in texts]
        on = [truth.of(text, True) for text in texts]
        good_off = [one for one in off if one is not None and not one.problem]
        good_on = [one for one in on if one is not None and not one.problem]
        if len(good_off) < len(texts) or len(good_on) < len(texts):
            why = next((one.problem for one in (*off, *on) if one is not None and one.problem), "not drawn")
            left_out.append(f"{mail.source}: {why}")
            continue
        seen = observe_message(mail, catalogue=catalogue, phrases=phrases)
        paths = [part.path for part in drawn_parts(message)]
        compared.append((mail.source, compare(seen.beacons, paths, good_off, good_on)))
    return compared, left_out


def tables(compared: Sequence[tuple[str, Comparison]], left_out: Sequence[str], settings: str) -> list[Table]:
    total = {
        field: sum(getattr(one, field) for _, one in compared)
        for field in Comparison.__struct_fields__
        if field != "misses"
    }
    off, on, names = total["requested"], total["scripted"], total["names"]
    seen_off, seen_on = total["requested_observed"], total["scripted_observed"]
    by_technique = Counter(
        miss.technique for _, one in compared for miss in one.misses if miss.kind == "unrequested"
    )
    rows = (
        ("recall, scripts off", str(off), str(seen_off), percent(seen_off, off)),
        ("recall, only with scripts on", str(on), str(seen_on), percent(seen_on, on)),
        ("recall, both", str(off + on), str(seen_off + seen_on), percent(seen_off + seen_on, off + on)),
        (
            "names looked up only",
            str(names),
            str(total["names_observed"]),
            percent(total["names_observed"], names),
        ),
        (
            "precision, scripts off",
            str(total["certain"]),
            str(total["confirmed"]),
            percent(total["confirmed"], total["certain"]),
        ),
    )
    notes = [
        f"{settings}. {len(compared)} mails compared, {len(left_out)} left out because drawing them failed.",
        f"{total['not_web']} URLs of schemes that browsers do not speak are not in the precision.",
    ]
    if by_technique:
        notes.append(
            "Not requested, by technique: "
            + ", ".join(f"{technique} {count}" for technique, count in by_technique.most_common())
            + "."
        )
    return [
        Table(
            "Requests of Chromium and what is observed",
            ("figure", "URLs", "agreeing", "share"),
            rows,
            " ".join(notes),
        )
    ]


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "–"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--mails", type=int, default=1500)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--browsers", type=int, default=2, help="how many run at once")
    options.add_argument("--recordings", type=Path, help="keep what the browser asked for in this file")
    options.add_argument("--misses", type=Path, help="write every miss to this file")
    given = options.parse_args()
    folder = os.environ.get("TOCSIN_CORPUS", "")
    if not folder or not Path(folder).is_dir():
        print("TOCSIN_CORPUS must name a folder of mail.", file=sys.stderr)
        return 2
    if missing := missing_programs():
        print(f"Cannot draw mails: {', '.join(missing)} missing.", file=sys.stderr)
        return 2
    mails = draw_mails(folder, given.mails, given.seed)
    texts = [
        text for mail in mails for text in documents(scan(mail.raw, headers_missing=mail.headers_missing))
    ]
    truth = Truth(given.recordings)
    finished, whole, began = 0, 2 * len(set(texts)), time.monotonic()
    finished = whole - sum(
        truth.of(text, scripts) is None for text in set(texts) for scripts in (False, True)
    )
    try:
        for count, problem in render(texts, truth, given.browsers):
            finished += count
            if problem:
                print(f"\n{problem}", file=sys.stderr)
            if sys.stderr.isatty() or finished % (10 * BATCH) < count:
                elapsed = time.monotonic() - began
                print(
                    f"\r{finished} of {whole} drawings, {elapsed:.0f} s ", end="", file=sys.stderr, flush=True
                )
    except KeyboardInterrupt:
        print("\nInterrupted: what follows covers the mails drawn so far.", file=sys.stderr)
    print(file=sys.stderr)
    compared, left_out = observe_all(mails, truth)
    settings = f"{len(mails)} mails drawn with seed {given.seed}"
    for table in tables(compared, left_out, settings):
        print(as_markdown(table))
    lines = [
        f"{miss.kind}\t{'on' if miss.scripts else 'off'}\t{miss.technique}\t{miss.label}\t{source}\t{miss.url[:300]}"
        for source, one in compared
        for miss in one.misses
    ]
    lines += [f"left-out\t\t\t\t{line}\t" for line in left_out]
    if given.misses is not None:
        given.misses.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    else:
        print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
