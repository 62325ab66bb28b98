"""What was judged, counted: false alarms by stratum, recall by family, campaigns, classes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

import msgspec

from benchmarks.tables import Table, at_most, found
from benchmarks.worlds import REAL, WAYS, Case, Outcome
from tocsin.model.verdict import CLASSES

RECONNAISSANCE, PHISHING = "reconnaissance", "phishing"
HOSTILE, ADVERSARIAL, HARD = "hostile", "adversarial", "hard-negative"
WEAK = "Labels of real mail are weak: they say where a mail comes from. "


class Judgement(msgspec.Struct, frozen=True):
    """One case of a world with its outcome in each of `WAYS`; `world` tells campaigns of the same name apart."""

    world: str
    case: Case
    outcomes: dict[str, Outcome]

    def alarms(self, way: str, class_: str = "") -> bool:
        """Whether it is an alert of this class ("" for any)."""
        verdict = self.outcomes[way].verdict
        return verdict.alert and class_ in ("", verdict.class_)

    @property
    def hostile(self) -> bool:
        return self.case.label in (RECONNAISSANCE, PHISHING)

    @property
    def benign(self) -> bool:
        """Known to be neither reconnaissance nor phishing: by its making, or by where it was collected."""
        if self.case.stratum == REAL:
            return not self.case.family.startswith(("hostile", "parser-test"))
        return not self.hostile

    @property
    def phones_home(self) -> bool:
        """Whether something in it calls on receipt, opening or reply, without a click."""
        return any(beacon.trigger in ("receipt", "open", "reply") for beacon in self.case.mail.beacons)


def real_table(judgements: Sequence[Judgement], class_: str, held_out: Callable[[Judgement], bool]) -> Table:
    """Alarms of a class on real mail: what phones home, and the rest, by stratum."""
    rows = []
    real = [one for one in judgements if one.case.stratum == REAL]
    strata = list(dict.fromkeys(one.case.family for one in real))
    parts: list[tuple[str, list[Judgement]]] = []
    for calls, name in ((True, "phones home"), (False, "does not")):
        for stratum in strata:
            members = [one for one in real if one.case.family == stratum and one.phones_home == calls]
            parts.append((f"{stratum}, {name}", members))
        benign = [one for one in real if one.benign and one.phones_home == calls]
        parts.append((f"**all benign, {name}**", benign))
        parts.append((f"of it not used for fitting, {name}", [one for one in benign if held_out(one)]))
    for name, members in parts:
        if members:
            alarms = (at_most(sum(one.alarms(way, class_) for one in members), len(members)) for way in WAYS)
            rows.append((name, str(len(members)), *alarms))
    return Table(
        f"Real mail: alerts of {class_}",
        ("stratum", "mails", *WAYS),
        tuple(rows),
        WEAK
        + "Hostile is mostly spam and phishing, none of it known reconnaissance; parser tests are made to be odd. "
        "Alerts with the upper end of the 95 % interval of their share.",
    )


def benign_table(judgements: Sequence[Judgement], class_: str) -> Table:
    """Alarms of a class on benign simulated mail, the hard families first."""
    benign = [one for one in judgements if one.case.stratum != REAL and one.benign]
    hard = [one for one in benign if one.case.stratum == HARD]
    rows = []
    for group, name in ((hard, "**all hard negatives**"), (benign, "**all benign**")):
        for family, members in _families(one for one in group if group is hard or one not in hard):
            rows.append(_alarm_row(family, members, class_))
        rows.append(_alarm_row(name, group, class_))
    return Table(
        f"Simulated benign mail taken for {class_}",
        ("family", "mails", *WAYS),
        tuple(rows),
        "Hard negatives first, then ordinary mail. Alerts with the upper end of the 95 % interval of their share.",
    )


def _alarm_row(name: str, members: Sequence[Judgement], class_: str) -> tuple[str, ...]:
    alarms = (at_most(sum(one.alarms(way, class_) for one in members), len(members)) for way in WAYS)
    return (name, str(len(members)), *alarms)


def recall_table(judgements: Sequence[Judgement], title: str, note: str) -> Table:
    """Reconnaissance found, by family; ordinary hostile families and in sum."""
    meant = [one for one in judgements if one.case.label == RECONNAISSANCE and one.case.stratum == HOSTILE]
    rows = [(family, *_recall(members, RECONNAISSANCE)) for family, members in _families(meant)]
    rows.append(("**all**", *_recall(meant, RECONNAISSANCE)))
    rows.append(("all, either alert", *_recall(meant, "")))
    return Table(title, ("family", *WAYS), tuple(rows), note)


def phishing_row(judgements: Sequence[Judgement]) -> Table:
    """Simulated phishing found."""
    meant = [one for one in judgements if one.case.label == PHISHING]
    rows = [(family, *_recall(members, "")) for family, members in _families(meant)]
    return Table("Phishing found", ("family", *WAYS), tuple(rows), "Alerts of either class.")


def missed_share(judgements: Iterable[Judgement], way: str) -> float:
    """The share, 0..1, of reconnaissance mails of ordinary hostile families without any alert."""
    meant = [one for one in judgements if one.case.label == RECONNAISSANCE and one.case.stratum == HOSTILE]
    return sum(not one.alarms(way) for one in meant) / len(meant) if meant else 0.0


def _recall(members: Sequence[Judgement], class_: str) -> tuple[str, ...]:
    return tuple(found(sum(one.alarms(way, class_) for one in members), len(members)) for way in WAYS)


def campaign_table(judgements: Sequence[Judgement]) -> Table:
    """Campaigns of which any mail alarmed."""
    noticed: dict[str, dict[tuple[str, str], Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for one in judgements:
        if one.case.label == RECONNAISSANCE and one.case.campaign and one.case.stratum == HOSTILE:
            counts = noticed[one.case.family][one.world, one.case.campaign]
            counts.update(way for way in WAYS if one.alarms(way))
    rows = []
    for family, campaigns in sorted(noticed.items()):
        hits = (sum(counts[way] > 0 for counts in campaigns.values()) for way in WAYS)
        rows.append((family, *(f"{count} of {len(campaigns)}" for count in hits)))
    every = [counts for campaigns in noticed.values() for counts in campaigns.values()]
    rows.append(("**all**", *(f"{sum(counts[way] > 0 for counts in every)} of {len(every)}" for way in WAYS)))
    return Table(
        "Campaigns noticed",
        ("family", *WAYS),
        tuple(rows),
        "Campaigns of reconnaissance of which at least one mail, in any mailbox, raised an alert.",
    )


def confusion_table(judgements: Sequence[Judgement], way: str) -> Table:
    """Classes of simulated mail, and of real hostile mail, against the truth or its weak label."""
    simulated = Counter(
        (one.case.label, one.outcomes[way].verdict.class_) for one in judgements if one.case.stratum != REAL
    )
    real = Counter(
        (one.case.family, one.outcomes[way].verdict.class_)
        for one in judgements
        if one.case.stratum == REAL and one.case.family.startswith("hostile")
    )
    rows = [(label, *(str(simulated[label, class_]) for class_ in CLASSES)) for label in CLASSES]
    rows += [
        (f"real: {name}", *(str(real[name, class_]) for class_ in CLASSES))
        for name in sorted({family for family, _ in real})
    ]
    return Table(
        f"Classes, {way}",
        ("truth \\ judged", *CLASSES),
        tuple(rows),
        "Only the first two classes alarm; an announced drill counts as bulk. Real hostile mail is mostly spam.",
    )


def _families(judgements: Iterable[Judgement]) -> list[tuple[str, list[Judgement]]]:
    families: dict[str, list[Judgement]] = defaultdict(list)
    for one in judgements:
        families[one.case.family].append(one)
    return sorted(families.items())
