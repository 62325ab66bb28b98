"""What verdicts rest on: calibration, rank of disguised mail, single reasons, and what must not matter."""

from __future__ import annotations

import itertools
import random
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from benchmarks.tables import Table, found, wilson
from benchmarks.verdict_tables import ADVERSARIAL, HARD, HOSTILE, RECONNAISSANCE, Judgement
from benchmarks.worlds import REAL, TOGETHER, World, outcomes
from tocsin.judge.likelihood import BAND_EDGES, BANDS, band, capped, logistic, logit
from tocsin.model.observation import Observed
from tocsin.model.weights import Weights

_BINS = (0.0, 1e-5, 1e-4, 1e-3, 1e-2, *BAND_EDGES, 1.0)
_ENDINGS = {"example": "test", "test": "invalid", "invalid": "example"}
_ENDING = re.compile(r"(?<=[a-z0-9-]\.)(example|test|invalid)(?![a-z0-9.-]*[a-z0-9])", re.IGNORECASE)
_SHOWN_REASONS = 25
_Value = TypeVar("_Value")


def disguised_table(judgements: Sequence[Judgement]) -> Table:
    """How disguised hostile mail ranks among all benign mail, people scanned together."""
    benign = sorted(_log_odds(one) for one in judgements if one.benign)
    rows = []
    meant = [
        one for one in judgements if one.case.stratum == ADVERSARIAL and one.case.label == RECONNAISSANCE
    ]
    families = sorted({one.case.family for one in meant})
    for name in (*families, "**all**"):
        members = [one for one in meant if name in (one.case.family, "**all**")]
        above = sum(bisect_left(benign, _log_odds(one)) >= 0.99 * len(benign) for one in members)
        alarms = sum(one.alarms(TOGETHER) for one in members)
        middle = sum(0.05 <= one.outcomes[TOGETHER].verdict.likelihood < 0.5 for one in members)
        rows.append(
            (name, found(above, len(members)), found(middle, len(members)), found(alarms, len(members)))
        )
    return Table(
        "Hostile mail that wears every suppressor",
        ("family", "ranks above 99 % of benign mail", "in a middle band", "alerts"),
        tuple(rows),
        f"People scanned together; {len(benign)} benign mails, simulated and real. From the mail alone these are "
        "advocacy mailings: the honest outcome is a place in the queue, not an alert.",
    )


def reliability_table(judgements: Sequence[Judgement], way: str, prior: float) -> Table:
    """Stated against found likelihood, with hostile and benign mail reweighted to the prior.

    Benign mail: half of its mass real, half simulated. Found shares have wide intervals at the upper end, where
    benign mail is rare.
    """
    meant = [one for one in judgements if one.case.label == RECONNAISSANCE and one.case.stratum == HOSTILE]
    real = [one for one in judgements if one.benign and one.case.stratum == REAL]
    simulated = [one for one in judgements if one.benign and one.case.stratum != REAL]
    rows = []
    for low, high in itertools.pairwise(_BINS):
        counts = [
            sum(
                low <= one.outcomes[way].verdict.likelihood < high
                or (high == 1.0 == one.outcomes[way].verdict.likelihood)
                for one in group
            )
            for group in (meant, real, simulated)
        ]
        if not any(counts):
            continue
        hostile_mass = prior * counts[0] / max(len(meant), 1)
        benign_mass = (1 - prior) * sum(
            0.5 * count / max(len(group), 1)
            for count, group in zip(counts[1:], (real, simulated), strict=True)
        )
        mass = hostile_mass + benign_mass
        likely = [
            one.outcomes[way].verdict.likelihood
            for group in (meant, real, simulated)
            for one in group
            if low <= one.outcomes[way].verdict.likelihood < high
        ]
        benign_high = (1 - prior) * wilson(counts[1] + counts[2], len(real) + len(simulated))[1]
        rows.append(
            (
                f"{low:g} to {high:g}",
                f"{sum(likely) / len(likely):.3g}" if likely else "1",
                f"{hostile_mass / mass:.3g}",
                f"≥ {hostile_mass / (hostile_mass + benign_high):.2g}",
                *map(str, counts),
            )
        )
    return Table(
        f"Reliability, {way}",
        (
            "stated likelihood",
            "mean stated",
            "found",
            "at least",
            "hostile mails",
            "real benign",
            "simulated benign",
        ),
        tuple(rows),
        f"Shares of reconnaissance found among mails of each stated likelihood, reweighted to the prior of {prior:g} "
        "(benign half real, half simulated); the last but three gives the lower end if benign mail were as frequent "
        "there as its 95 % interval allows.",
    )


def reason_table(judgements: Sequence[Judgement], weights: Weights) -> Table:
    """What changes when one detector is left out, the history as it was; the most telling first."""
    meant = [one for one in judgements if one.case.label == RECONNAISSANCE and one.case.stratum == HOSTILE]
    benign = [one for one in judgements if one.benign]
    base = (
        sum(_rescored(one, weights, "") for one in meant),
        sum(_rescored(one, weights, "") for one in benign),
    )
    names = Counter(name for one in (*meant, *benign) for name, _ in one.outcomes[TOGETHER].found)
    rows = []
    for name in names:
        entry = weights.detectors.get(name)
        if entry is None or not any(entry.reconnaissance.values()):
            continue
        lost = base[0] - sum(_rescored(one, weights, name) for one in meant)
        gained = sum(_rescored(one, weights, name) for one in benign) - base[1]
        shares = [
            sum(any(detector == name for detector, _ in one.outcomes[TOGETHER].found) for one in group)
            / max(len(group), 1)
            for group in (meant, benign)
        ]
        rows.append(
            (
                abs(lost) + 5 * gained,
                name,
                f"{100 * shares[0]:.0f} %",
                f"{100 * shares[1]:.2g} %",
                f"{-lost:+d}",
                f"{gained:+d}",
            )
        )
    rows.sort(key=lambda row: (-row[0], row[1]))
    return Table(
        "Each reason left out",
        ("reason", "found in hostile", "found in benign", "hostile alerts", "benign alerts"),
        tuple(row[1:] for row in rows[:_SHOWN_REASONS]),
        f"People scanned together: {base[0]} alerts on {len(meant)} hostile mails, {base[1]} on {len(benign)} benign "
        f"ones, and how they change without one detector. The {_SHOWN_REASONS} that matter most.",
    )


def _rescored(one: Judgement, weights: Weights, without: str) -> bool:
    """Whether reconnaissance reaches one half without this detector."""
    grouped = [
        (entry.group, weight)
        for name, level in one.outcomes[TOGETHER].found
        if name != without
        and (entry := weights.detectors.get(name)) is not None
        and (weight := entry.reconnaissance.get(level, 0.0))
    ]
    return logistic(logit(weights.prior) + sum(capped(grouped, weights.caps))) >= 0.5


def strongest_reason(weights: Weights) -> tuple[str, float]:
    """The reason that alone brings a mail nearest to an alert, and the likelihood that it gives by itself."""
    alone = {
        f"{name} ({level})" if level else name: logistic(
            logit(weights.prior) + min(weight, weights.caps[entry.group])
        )
        for name, entry in weights.detectors.items()
        for level, weight in entry.reconnaissance.items()
    }
    name = max(alone, key=lambda name: alone[name])
    return name, alone[name]


def permuted_changes(world: World, judged: Sequence[Judgement], weights: Weights) -> tuple[int, int]:
    """How many verdicts change when mails come in another order, and when all top-level domains change places."""
    order = list(range(len(world.cases)))
    random.Random(1).shuffle(order)
    shuffled = msgspec.structs.replace(world, cases=tuple(world.cases[number] for number in order))
    again = outcomes(shuffled, TOGETHER, weights)
    by_order = sum(
        again[at].verdict != judged[number].outcomes[TOGETHER].verdict for at, number in enumerate(order)
    )
    moved = outcomes(_elsewhere(world), TOGETHER, weights)
    by_ending = sum(
        (new.verdict.class_, new.verdict.alert, new.verdict.likelihood)
        != (old.verdict.class_, old.verdict.alert, old.verdict.likelihood)
        for new, old in zip(moved, (one.outcomes[TOGETHER] for one in judged), strict=True)
    )
    return by_order, by_ending


def _elsewhere(world: World) -> World:
    """The same world with every host under another of the reserved top-level domains."""
    from tocsin.judge.known import known_from
    from tocsin.model.names import KnownName, Names
    from tocsin.model.people import People
    from tocsin.observe.vendors import index_catalogue

    known = world.known
    assert known.catalogue is not None
    vendors = [_moved(vendor, type(vendor)) for vendor in known.catalogue.vendors]
    hosting = {name: _moved(group, type(group)) for name, group in known.catalogue.hosting.items()}
    people = _moved(world.people, People)
    names = Names(tuple(_moved(entry, KnownName) for entry in known.names.entries))
    registered = {_turned(domain): day for domain, day in known.registered.items()}
    cases = tuple(
        msgspec.structs.replace(case, mail=_moved(case.mail, Observed), owner=_turned(case.owner))
        for case in world.cases
    )
    return msgspec.structs.replace(
        world,
        cases=cases,
        people=people,
        known=known_from(index_catalogue(vendors, hosting), names, people, registered),
    )


def _moved(value: _Value, kind: type[_Value]) -> _Value:
    return msgspec.json.decode(_turned(msgspec.json.encode(value).decode()), type=kind)


def _turned(text: str) -> str:
    return _ENDING.sub(lambda match: _ENDINGS[match[1].lower()], text)


def _log_odds(one: Judgement) -> float:
    return one.outcomes[TOGETHER].verdict.log_odds


def bands_of(judgements: Sequence[Judgement], way: str) -> Table:
    """How many mails of each kind fall into each band of ICD-203."""
    kinds = {
        "hostile": [
            one for one in judgements if one.case.label == RECONNAISSANCE and one.case.stratum == HOSTILE
        ],
        "disguised": [
            one for one in judgements if one.case.label == RECONNAISSANCE and one.case.stratum == ADVERSARIAL
        ],
        "hard negatives": [one for one in judgements if one.case.stratum == HARD and one.benign],
        "real benign": [one for one in judgements if one.case.stratum == REAL and one.benign],
    }
    rows = []
    for name, members in kinds.items():
        counts = Counter(band(one.outcomes[way].verdict.likelihood) for one in members)
        rows.append((name, *(str(counts[words]) for words in BANDS)))
    return Table(f"Bands of likelihood, {way}", ("mail", *BANDS), tuple(rows))
