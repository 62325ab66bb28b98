"""Whose infrastructure a campaign uses: hosts that intelligence ties to an actor, weighed and calibrated.

A domain counts by how few actors it is tied to, a report counts once however many of the domains it names, and no
single domain can turn the answer to another actor: an answer needs half a domain's weight more than its rival has,
so that one planted in a campaign makes the program silent at most. How often answers of some strength are right was
measured on public reports (`benchmarks.attribution`); what was measured is this function.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tocsin.mail.url import site_of

MARGIN = 0.5  # of a domain's weight; less, and one planted domain could turn an answer
FEATURES = ("domains", "origins", "share", "rival", "size")
_DAY_S = 86_400.0
_MOST_ORIGINS = 64  # of one domain and actor that are counted


class Tie(msgspec.Struct, frozen=True, gc=False):
    """Somebody's statement that a host, domain or address belongs to an actor.

    `value` is a lower-case host, domain or IP address, `actor` an actor's id.
    `origins` name the reports it was published in (URLs, or the source's id where no report is cited): statements
    that have one of them in common are one. `date_s` is when it was published, `until_s` from when it no longer holds.
    """

    value: str
    actor: str
    origins: tuple[str, ...]
    source: str = ""
    date_s: float | None = None
    until_s: float | None = None


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answers with a probability from `start` on were right in a share of `low` to `high` (95 %) of held-out cases."""

    start: float
    low: float
    high: float


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fitted on public reports, and how; `weights` are by FEATURES, in nats.

    Nothing is named below `threshold`. Public blocks carry no dates, so that `half_life_days` and `expired` (the
    weight of what no longer holds) are stated, not fitted.
    """

    intercept: float
    weights: Mapping[str, float]
    threshold: float
    bands: tuple[Band, ...]
    half_life_days: float = 1_000.0
    expired: float = 0.25
    fitted_on: str = ""


class Shared(msgspec.Struct, frozen=True):
    """Why an actor is named: `value` of the campaign is known as `actor`'s from `origins`.

    `actors` is how many it is tied to in all, `weight` 0..1 what it counts for this one.
    """

    value: str
    weight: float
    actors: int
    origins: tuple[str, ...]
    sources: tuple[str, ...]


class Ranked(msgspec.Struct, frozen=True):
    """One actor whom the campaign's infrastructure points to, with the probability 0..1 that this is right.

    `origins` counts independent reports. `answers` is False where nothing should be named; `because` says why.
    """

    actor: str
    probability: float
    low: float
    high: float
    answers: bool
    because: str
    shared: tuple[Shared, ...]
    origins: int
    features: tuple[float, ...] = ()


class Known:
    """What intelligence ties to actors, made ready for looking up; equal values of a domain's hosts are one.

    `sizes` is how many reports stand behind each actor.
    """

    def __init__(self, ties: Iterable[Tie]) -> None:
        self._reports = _Reports()
        self._found: dict[str, list[tuple[Tie, int]]] = {}
        self.origins: dict[str, set[int]] = {}
        listed = [(tie, self._reports.number(tie.origins)) for tie in ties if tie.value and tie.actor]
        for tie, number in listed:
            number = self._reports.settled(number)
            self._found.setdefault(unit_of(tie.value), []).append((tie, number))
            self.origins.setdefault(tie.actor, set()).add(number)

    def met(self, unit: str) -> Sequence[tuple[Tie, int]]:
        """Statements on one unit, each with the number of its report."""
        return self._found.get(unit, ())

    def report(self, origin: str) -> int | None:
        """The number under which a report is counted; None for one that nothing was read from."""
        return self._reports.known(origin)


class _Reports:
    """Numbers for reports; what is published in two of them makes both one."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._roots: list[int] = []

    def number(self, origins: Sequence[str]) -> int:
        first = -1
        for origin in origins or ("",):
            number = self._numbers.get(origin)
            if number is None:
                number = self._numbers[origin] = len(self._roots)
                self._roots.append(number)
            number = self.settled(number)
            if first < 0:
                first = number
            self._roots[number] = first
        return first

    def known(self, origin: str) -> int | None:
        number = self._numbers.get(origin)
        return None if number is None else self.settled(number)

    def settled(self, number: int) -> int:
        while self._roots[number] != number:
            self._roots[number] = self._roots[self._roots[number]]
            number = self._roots[number]
        return number


def unit_of(value: str) -> str:
    """What counts as one: the registrable domain of a host, an address itself."""
    return site_of(value.lower().strip(".[]"))


class _Case(msgspec.Struct):
    """What speaks for one actor: weight by unit and report, what is shared."""

    units: dict[str, float]
    reports: dict[int, float]
    shared: list[Shared]


def attribute_domains(
    values: Iterable[str],
    known: Known,
    calibration: Calibration,
    now_s: float,
    *,
    without_reports: frozenset[int] = frozenset(),
    without_actors: frozenset[str] = frozenset(),
) -> tuple[Ranked, ...]:
    """Actors to whom intelligence ties the hosts, domains or addresses of a campaign, the most probable first.

    `values` are the campaign's own: what strangers share (services, free hosts, popular sites) is left out by who
    asks, as by who builds `known`. At most the first answer `answers`. `without_reports` (numbers of `Known.report`)
    and `without_actors` are looked away from, as if they had never been read.
    """
    units = tuple(dict.fromkeys(unit_of(value) for value in values if value))
    cases = _cases(units, known, calibration, now_s, without_reports, without_actors)
    if not cases:
        return ()
    strengths = {actor: math.fsum(case.units.values()) for actor, case in cases.items()}
    ranked = []
    for actor, case in cases.items():
        rival = max((value for other, value in strengths.items() if other != actor), default=0.0)
        size = len(known.origins[actor] - without_reports)
        found = features(strengths[actor], math.fsum(case.reports.values()), rival, len(units), size)
        probability = probability_of(found, calibration)
        band = next((one for one in reversed(calibration.bands) if probability >= one.start), None)
        because = ""
        if strengths[actor] - rival < MARGIN:
            because = "other actors are named for as much of it"
        elif probability < calibration.threshold:
            because = "answers from evidence as thin as this were wrong too often"
        ranked.append(
            Ranked(
                actor,
                probability,
                min(band.low, probability) if band is not None else 0.0,
                max(band.high, probability) if band is not None else 1.0,
                not because,
                because,
                tuple(sorted(case.shared, key=lambda one: (-one.weight, one.value))),
                len(case.reports),
                found,
            )
        )
    return tuple(sorted(ranked, key=lambda one: (not one.answers, -one.probability, one.actor)))


def features(strength: float, origins: float, rival: float, units: int, size: int) -> tuple[float, ...]:
    """What the probability rests on, in the order of FEATURES; all are logarithms, 0 where nothing tells."""
    return (
        math.log(max(strength, 0.05)),
        math.log(max(origins, 0.05)),
        math.log(max(strength, 0.05) / max(units, 1)),
        math.log1p(rival),
        math.log(max(size, 1)),
    )


def probability_of(found: Sequence[float], calibration: Calibration) -> float:
    """The calibrated probability for one actor's features."""
    score = calibration.intercept + math.fsum(
        calibration.weights.get(name, 0.0) * value for name, value in zip(FEATURES, found, strict=True)
    )
    return 1.0 / (1.0 + math.exp(-min(max(score, -30.0), 30.0)))


def _cases(
    units: Sequence[str],
    known: Known,
    calibration: Calibration,
    now_s: float,
    without_reports: frozenset[int],
    without_actors: frozenset[str],
) -> dict[str, _Case]:
    cases: dict[str, _Case] = {}
    for unit in units:
        met = [
            (tie, number)
            for tie, number in known.met(unit)
            if number not in without_reports and tie.actor not in without_actors
        ]
        actors = {tie.actor for tie, _ in met}
        for actor in sorted(actors):
            own = [
                (tie, number, _age_weight(tie, calibration, now_s))
                for tie, number in met
                if tie.actor == actor
            ]
            weight = max(one[2] for one in own) / len(actors)
            case = cases.setdefault(actor, _Case({}, {}, []))
            case.units[unit] = weight
            for _, number, fresh in own:
                case.reports[number] = max(case.reports.get(number, 0.0), fresh)
            origins = dict.fromkeys(tie.origins[0] if tie.origins else tie.source for tie, _, _ in own)
            sources = tuple(dict.fromkeys(tie.source for tie, _, _ in own if tie.source))
            case.shared.append(Shared(unit, weight, len(actors), tuple(origins)[:_MOST_ORIGINS], sources))
    return cases


def _age_weight(tie: Tie, calibration: Calibration, now_s: float) -> float:
    weight = 1.0
    if tie.date_s is not None and now_s > tie.date_s:
        weight = 0.5 ** ((now_s - tie.date_s) / _DAY_S / calibration.half_life_days)
    if tie.until_s is not None and now_s > tie.until_s:
        weight *= calibration.expired
    return weight
