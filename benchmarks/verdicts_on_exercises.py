"""Verdicts against the truth of exercises: what is found, what is missed, what alarms for nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from benchmarks.judging import each_alone, scanned
from benchmarks.tables import Table, at_most, found
from tocsin.app.catalogue import load_catalogue
from tocsin.app.exercise import Request, listed, make_exercise, write_exercise
from tocsin.app.people import load_people
from tocsin.model.observation import Observed
from tocsin.model.scenario import Truth
from tocsin.model.verdict import CLASSES, Verdict
from tocsin.model.weights import Weights

TOGETHER, MAILBOX, ALONE = "people together", "one mailbox", "mail alone"
WAYS = (TOGETHER, MAILBOX, ALONE)
RECONNAISSANCE, PHISHING = "reconnaissance", "phishing"


class Case(msgspec.Struct, frozen=True):
    """One mail of an exercise with its truth, and how it was judged in each of WAYS."""

    seed: int
    truth: Truth
    mail: Observed
    verdicts: dict[str, Verdict]

    @property
    def hostile(self) -> bool:
        return self.truth.label in (RECONNAISSANCE, PHISHING)

    def alarms(self, way: str, class_: str) -> bool:
        """Whether it is an alert of this class ("" for any)."""
        verdict = self.verdicts[way]
        return verdict.alert and class_ in ("", verdict.class_)


def measure(
    seed: int, people: int, folder: Path, weights: Weights, jobs: int = 1, scenario: str = "all"
) -> list[Case]:
    """Makes this exercise in an empty `folder` and judges it in all ways.

    Together: all mailboxes in one scan with the people file. One mailbox: each mbox in a scan of its own
    that is told nothing else. Raises ValueError when a scan does not give back the mails of the truth.
    """
    exercise = make_exercise(Request(scenario, seed=seed, people=people))
    write_exercise(exercise, folder, seed, force=False)
    boxes = {owner.addresses[0]: folder / f"{owner.slug}.mbox" for owner in exercise.owners}
    judged, _ = scanned(boxes.values(), weights, load_people(folder / "people.toml"), jobs)
    mails = {(one.owner, one.observed.sha256): one.observed for one in judged}
    verdicts = {
        TOGETHER: {(one.owner, one.observed.sha256): one.verdict for one in judged},
        MAILBOX: {
            (owner, one.observed.sha256): one.verdict
            for owner, box in boxes.items()
            for one in scanned([box], weights, jobs=jobs)[0]
        },
        ALONE: dict(zip(mails, each_alone(mails.values(), weights, load_catalogue()), strict=True)),
    }
    cases = []
    for truth in exercise.truth:
        key = truth.owner, truth.sha256
        if not all(key in verdicts[way] for way in WAYS):
            raise ValueError(f"seed {seed}: the scan does not show {truth.message_id} of {truth.owner}")
        cases.append(Case(seed, truth, mails[key], {way: verdicts[way][key] for way in WAYS}))
    return cases


def measure_all(
    seeds: Sequence[int],
    people: int,
    folder: Path,
    weights: Weights,
    jobs: int,
    tell: Callable[[str], None],
) -> list[Case]:
    """The cases of several exercises, each in a folder of its own below `folder`."""
    cases: list[Case] = []
    for seed in seeds:
        tell(f"exercise, seed {seed}")
        cases += measure(seed, people, folder / f"exercise-{seed}", weights, jobs)
    return cases


def recall(cases: Iterable[Case], way: str, class_: str = "", label: str = RECONNAISSANCE) -> tuple[int, int]:
    """How many mails of this label alarm as `class_` ("" for any), of how many."""
    meant = [case for case in cases if case.truth.label == label]
    return sum(case.alarms(way, class_) for case in meant), len(meant)


def false_alarms(cases: Iterable[Case], way: str, class_: str) -> tuple[int, int]:
    """How many benign mails alarm as `class_`, of how many."""
    benign = [case for case in cases if not case.hostile]
    return sum(case.alarms(way, class_) for case in benign), len(benign)


def missed_share(cases: Iterable[Case], way: str) -> float:
    """The share, 0..1, of reconnaissance mails that raise no alert of either class."""
    hits, of = recall(cases, way)
    return 1 - hits / of if of else 0.0


def tables(cases: Sequence[Case]) -> list[Table]:
    """All tables of this part."""
    return [
        _recall_table(cases),
        _campaigns(cases),
        *(_false_alarm_table(cases, class_) for class_ in (RECONNAISSANCE, PHISHING)),
        *(_confusion(cases, way) for way in WAYS),
    ]


def _families(cases: Iterable[Case]) -> dict[str, list[Case]]:
    families: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        families[case.truth.scenario].append(case)
    return dict(sorted(families.items()))


def _recall_table(cases: Sequence[Case]) -> Table:
    rows = []
    meant = [case for case in cases if case.truth.label == RECONNAISSANCE]
    for family, members in _families(meant).items():
        rows.append((family, *(found(*recall(members, way, RECONNAISSANCE)) for way in WAYS)))
    rows.append(("all reconnaissance", *(found(*recall(meant, way, RECONNAISSANCE)) for way in WAYS)))
    rows.append(("all, either alert", *(found(*recall(meant, way)) for way in WAYS)))
    fraud = [case for case in cases if case.truth.label == PHISHING]
    rows.append(("phishing, either alert", *(found(*recall(fraud, way, label=PHISHING)) for way in WAYS)))
    return Table(
        "Reconnaissance found, by hostile family",
        ("family", *WAYS),
        tuple(rows),
        "Alerts of the class reconnaissance, of all mails so labelled: count, share and 95 % interval. "
        "The last rows count alerts of either class.",
    )


def _campaigns(cases: Sequence[Case]) -> Table:
    noticed: dict[str, dict[tuple[int, str], Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for case in cases:
        if case.truth.label == RECONNAISSANCE and case.truth.campaign:
            counts = noticed[case.truth.scenario][case.seed, case.truth.campaign]
            counts.update(way for way in WAYS if case.alarms(way, ""))
    rows = []
    for family, campaigns in sorted(noticed.items()):
        hits = (sum(counts[way] > 0 for counts in campaigns.values()) for way in WAYS)
        rows.append((family, *(f"{count} of {len(campaigns)}" for count in hits)))
    every = [counts for campaigns in noticed.values() for counts in campaigns.values()]
    rows.append(
        ("all", *(f"{sum(counts[way] > 0 for counts in every)} of {len(every)}" for way in WAYS)),
    )
    return Table(
        "Campaigns noticed",
        ("family", *WAYS),
        tuple(rows),
        "Campaigns of reconnaissance of which at least one mail, in any mailbox, raised an alert.",
    )


def _false_alarm_table(cases: Sequence[Case], class_: str) -> Table:
    benign_families = {one.name for one in listed() if one.side == "benign"}
    rows = []
    benign = [case for case in cases if not case.hostile]
    for family, members in _families(benign).items():
        name = family if family in benign_families else f"{family} (its harmless mails)"
        alarms = (at_most(*false_alarms(members, way, class_)) for way in WAYS)
        rows.append((name, str(len(members)), *alarms))
    rows.append(
        ("all benign", str(len(benign)), *(at_most(*false_alarms(benign, way, class_)) for way in WAYS))
    )
    return Table(
        f"Benign mail taken for {class_}",
        ("family", "mails", *WAYS),
        tuple(rows),
        "Alerts, with the upper end of the 95 % interval of their share.",
    )


def _confusion(cases: Sequence[Case], way: str) -> Table:
    counts = Counter((case.truth.label, case.verdicts[way].class_) for case in cases)
    rows = tuple((label, *(str(counts[label, class_]) for class_ in CLASSES)) for label in CLASSES)
    return Table(
        f"Classes, {way}",
        ("truth \\ judged", *CLASSES),
        rows,
        "Only the first two classes alarm; an announced drill counts as bulk.",
    )
