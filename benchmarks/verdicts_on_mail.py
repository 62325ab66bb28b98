"""Verdicts on real mail by stratum. Its labels are weak, so these are rates of alarm, not of error."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from benchmarks.judging import as_one_mailbox, each_alone, phones_home, scanned
from benchmarks.tables import Table, at_most
from tocsin.app.catalogue import load_catalogue
from tocsin.model.verdict import CLASSES, Verdict
from tocsin.model.weights import Weights

ALONE, SCANNED, ONE_MAILBOX = "mail alone", "scanned together", "one mailbox"
WAYS = (ALONE, SCANNED, ONE_MAILBOX)
ORDER = ("newsletter", "grey-bulk", "benign", "bounce", "parser-test", "hostile")


class Sighting(msgspec.Struct, frozen=True):
    """One real mail: its stratum, whether it phones home unasked, and its verdict in each of WAYS."""

    stratum: str
    phones_home: bool
    verdicts: dict[str, Verdict]

    def alarms(self, way: str, class_: str) -> bool:
        verdict = self.verdicts[way]
        return verdict.alert and verdict.class_ == class_


def strata(corpus: Path) -> dict[str, list[Path]]:
    """The files of each stratum, from labels.tsv (label, weak_lure, path below dev/); hostile by lure."""
    files: dict[str, list[Path]] = defaultdict(list)
    with (corpus / "labels.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            name = f"{row['label']}, {row['weak_lure']}" if row["weak_lure"] else row["label"]
            files[name].append(corpus / "dev" / row["path"])
    rank = {label: number for number, label in enumerate(ORDER)}
    return dict(sorted(files.items(), key=lambda item: (rank.get(item[0].partition(",")[0], 99), item[0])))


def measure(corpus: Path, weights: Weights, jobs: int, tell: Callable[[str], None]) -> list[Sighting]:
    """Judges every mail of the corpus in all ways, stratum by stratum."""
    catalogue = load_catalogue()
    sightings: list[Sighting] = []
    for stratum, paths in strata(corpus).items():
        tell(f"{stratum}: {len(paths)} files")
        judged, errors = scanned(paths, weights, jobs=jobs)
        if errors:
            tell(f"{stratum}: {len(errors)} places could not be read as mail or held other files")
        mails = [one.observed for one in judged]
        columns = {
            ALONE: each_alone(mails, weights, catalogue),
            SCANNED: [one.verdict for one in judged],
            ONE_MAILBOX: as_one_mailbox(mails, weights, catalogue),
        }
        sightings += [
            Sighting(stratum, phones_home(mail), {way: columns[way][number] for way in WAYS})
            for number, mail in enumerate(mails)
        ]
    return sightings


def tables(sightings: Sequence[Sighting]) -> list[Table]:
    """All tables of this part."""
    calling = [one for one in sightings if one.phones_home]
    return [
        _alarms(sightings, "reconnaissance", "Real mail: alerts of reconnaissance"),
        _alarms(calling, "reconnaissance", "Real mail that phones home unasked: alerts of reconnaissance"),
        _alarms(sightings, "phishing", "Real mail: alerts of phishing"),
        _classes(sightings),
    ]


def _by_stratum(sightings: Sequence[Sighting]) -> dict[str, list[Sighting]]:
    groups: dict[str, list[Sighting]] = defaultdict(list)
    for one in sightings:
        groups[one.stratum].append(one)
    return groups


def _alarms(sightings: Sequence[Sighting], class_: str, title: str) -> Table:
    rows = []
    for stratum, members in _by_stratum(sightings).items():
        counts = (sum(one.alarms(way, class_) for one in members) for way in WAYS)
        rows.append((stratum, str(len(members)), *(at_most(count, len(members)) for count in counts)))
    return Table(
        title,
        ("stratum", "mails", *WAYS),
        tuple(rows),
        "Labels are weak; hostile is mostly spam and phishing, none of it known reconnaissance; parser tests are made "
        "to be odd. Alerts with the upper end of the 95 % interval of their share.",
    )


def _classes(sightings: Sequence[Sighting]) -> Table:
    rows = []
    for stratum, members in _by_stratum(sightings).items():
        counts = Counter(one.verdicts[SCANNED].class_ for one in members)
        rows.append((stratum, *(str(counts[class_]) for class_ in CLASSES)))
    return Table(f"Real mail: classes, {SCANNED}", ("stratum", *CLASSES), tuple(rows))
