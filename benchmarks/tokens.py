"""How often and how fast `observe.tokens` sees a reader in the URLs of real mail.

    TOCSIN_CORPUS=… python benchmarks/tokens.py [--limit N] [--folder NAME]
    TOCSIN_CORPUS=… python benchmarks/tokens.py --show KIND [--label LABEL …] [--seed N] [--most N]

Observes every mail of the corpus (labels.tsv: label, lure, path) as a scan does and prints, by class of mail, the
share of URLs called personal, by kind, apart for what is fetched unasked and for links. Nobody has labelled the
tokens, so the shares are upper bounds of the error. Two figures need no labels: identifiers that several readers
were sent (they cannot tell them apart), and URLs that differ from reader to reader in copies of one mailing although
nothing in them was called personal. `--show` draws distinct findings of a kind to judge by eye, defanged; "missed"
shows URLs of hidden pictures in which nothing was found. Last come microseconds for tokens alone, per mail of all.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tocsin.app.lists import Lists
from tocsin.app.observing import observer_factory
from tocsin.connect.files import read_mail
from tocsin.judge import copies
from tocsin.judge.fanout import moment
from tocsin.mail.url import defang, resolve
from tocsin.model.observation import Beacon, Observed
from tocsin.model.source import RawMail
from tocsin.observe.tokens import find_personal, needed, needles_for

_ECHOED = ("high-entropy", "echo")


def observed_mails(root: Path, folder: str, limit: int) -> Iterator[tuple[str, Observed]]:
    """Mails of the corpus with their labels, in the order of their paths."""
    observe = observer_factory(Lists())()
    for number, line in enumerate(sorted((root / "labels.tsv").read_text("utf-8").splitlines()[1:])):
        label, _, name = line.split("\t")[:3]
        path = root / "dev" / name
        if number >= limit or not name.startswith(folder) or not path.is_file():
            continue
        for found in read_mail([str(path)]):
            if isinstance(found, RawMail):
                yield label, observe(found, "attachments are not needed here")


def reader_of(mail: Observed) -> str:
    """The first address that a mail was delivered or sent to."""
    return next(iter((*mail.delivered_to, *mail.to)), "")


class Counts:
    """What was found, by label and by how the URL is called."""

    def __init__(self) -> None:
        self.mails: Counter[str] = Counter()
        self.urls: Counter[tuple[str, str]] = Counter()
        self.kinds: Counter[tuple[str, str, str]] = Counter()
        self.mails_with: Counter[tuple[str, str, str]] = Counter()
        self.readers: dict[tuple[str, str, str], set[str]] = defaultdict(set)  # (label, site, token)
        self.messages: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self.site_readers: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.shown: dict[str, dict[str, str]] = defaultdict(dict)

    def add(self, label: str, mail: Observed) -> None:
        beacons = {beacon.url: beacon for beacon in mail.beacons if beacon.host}
        if not beacons:
            return
        self.mails[label] += 1
        met = set()
        for beacon in beacons.values():
            place = "link" if beacon.trigger == "click" else "fetched"
            self.urls[label, place] += 1
            kind = beacon.personal.kind if beacon.personal is not None else ""
            self._remember(label, mail, beacon, kind)
            if kind:
                self.kinds[label, place, kind] += 1
                met.add((label, place, kind))
        self.mails_with.update(met)

    def _remember(self, label: str, mail: Observed, beacon: Beacon, kind: str) -> None:
        told = beacon.personal.value if beacon.personal is not None else ""
        if kind or beacon.hidden:
            # One for each sender, site and length of token: a thousand links of one newsletter are one finding.
            mark = f"{mail.sender.site} {beacon.site} {len(told)} {beacon.trigger}"
            self.shown[kind or "missed"].setdefault(
                mark, f"{label} {defang(beacon.url)[:170]} -> {told[:60]}"
            )
        if kind in _ECHOED and (reader := reader_of(mail)):
            self.readers[label, beacon.site, told].add(reader)
            self.messages[label, beacon.site, told].add(mail.message_id)
            self.site_readers[label, beacon.site].add(reader)

    def shared(self, label: str) -> tuple[int, int]:
        """Identifiers that several readers were sent, of those at sites that several readers were sent to."""
        seen = [key for key in self.readers if key[0] == label and len(self.site_readers[key[:2]]) > 1]
        # One message under two names of its reader, as published collections have it, is one copy.
        return sum(len(self.readers[key]) > 1 and len(self.messages[key]) > 1 for key in seen), len(seen)

    def table(self) -> Iterator[str]:
        for label, count in sorted(self.mails.items()):
            yield f"\n{label}: {count} mails with URLs"
            for place in ("fetched", "link"):
                total = self.urls[label, place]
                yield f"  {place}: {total} URLs"
                for (one, where, kind), hits in sorted(
                    self.kinds.items(), key=lambda item: (-item[1], item[0])
                ):
                    if one == label and where == place:
                        share = 100 * self.mails_with[one, where, kind] / count
                        yield f"    {kind:22} {hits:7} {100 * hits / total:6.2f} %   in {share:5.1f} % of mails"
            shared, seen = self.shared(label)
            yield f"  {shared} of {seen} identifiers (random or echoed) were sent to several readers"


def compared(mails: list[tuple[str, Observed]]) -> Iterator[str]:
    """What copies say: URLs newly called personal, and those no longer."""
    timed = sorted(
        ((moment(mail) or 0.0, mail.sha256, label, mail) for label, mail in mails),
        key=lambda one: one[:2],
    )
    index = copies.CopyIndex()
    owners = [reader_of(mail) for *_, mail in timed]
    for number, (at, _, _, mail) in enumerate(timed):
        if at and owners[number]:
            index.add(number, copies.copy_keys(mail))
    groups = list(index.groups(owners, [at for at, *_ in timed]))
    changes: Counter[tuple[str, str]] = Counter()
    start = time.perf_counter()
    told = [copies.compare([(timed[n][3], owners[n]) for n in group]) for group in groups]
    spent = time.perf_counter() - start
    for group, differences in zip(groups, told, strict=True):
        for number, difference in zip(group, differences, strict=True):
            mail = timed[number][3]
            for before, after in zip(mail.beacons, copies.apply(mail, difference).beacons, strict=True):
                if before.personal != after.personal:
                    kind = before.personal.kind if before.personal is not None else "nothing"
                    now = after.personal.kind if after.personal is not None else "nothing"
                    changes[timed[number][2], f"{kind} to {now}"] += 1
    members = sum(map(len, groups))
    yield f"\n{members} mails are copies, in {len(groups)} groups: {spent / max(members, 1) * 1e6:.0f} µs for each"
    for (label, change), count in sorted(changes.items()):
        yield f"  {label}: {count} URLs from {change}"


def speed(mails: list[tuple[str, Observed]]) -> Iterator[str]:
    """Time for tokens alone, by processor time: needles, the look at all URLs, and the look at each."""
    jobs = []
    for _, mail in mails:
        urls = [url for one in dict.fromkeys(b.url for b in mail.beacons if b.host) if (url := resolve(one))]
        marks = (mail.message_id + "@", mail.sender.return_path)
        jobs.append((urls, " ".join([url.href for url in urls]), (*mail.to, *mail.delivered_to), marks))
    start = time.process_time()
    for urls, blob, readers, marks in jobs:
        needles = needles_for(readers, marks)
        sought = needed(blob, needles) if urls else None
        if sought is not None:
            for url in urls:
                find_personal(url, sought)
    spent = time.process_time() - start
    total = sum(len(urls) for urls, *_ in jobs)
    each = spent / len(jobs) * 1e6
    yield f"\n{len(jobs)} mails, {total} URLs: {each:.0f} µs a mail, {spent / total * 1e6:.2f} µs a URL"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--limit", type=int, default=1_000_000)
    arguments.add_argument("--folder", default="", help="only files below this folder of the corpus")
    arguments.add_argument("--show", default="")
    arguments.add_argument("--label", nargs="*", default=(), help="with --show: only mail of these labels")
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--most", type=int, default=100)
    chosen = arguments.parse_args()
    mails = list(observed_mails(Path(os.environ["TOCSIN_CORPUS"]), chosen.folder, chosen.limit))
    counts = Counts()
    for label, mail in mails:
        counts.add(label, mail)
    if chosen.show:
        found = [
            one
            for one in counts.shown[chosen.show].values()
            if one.split()[0] in (chosen.label or counts.mails)
        ]
        random.Random(chosen.seed).shuffle(found)
        print(len(found), "distinct findings")
        print(*found[: chosen.most], sep="\n")
        return
    for part in (counts.table(), compared(mails), speed(mails)):
        print(*part, sep="\n")


if __name__ == "__main__":
    main()
