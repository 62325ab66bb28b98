"""Whose infrastructure a campaign uses: hosts that intelligence ties to an actor, weighed and calibrated.

A domain counts the less, the more actors it is tied to; a report counts once however many of the domains it names;
and no single domain can turn the answer to another actor: an answer needs more than half a domain's weight ahead of its
rival, so that one planted in a campaign makes the program silent at most. How often answers of some strength are right
was measured on public reports (`benchmarks.attribution`), and what was measured is this function.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from tocsin.mail.url import site_of

FEATURES = ("domains", "origins", "share", "rival", "size")
MARGIN = 0.5  # of a domain's weight; with less, one planted domain could turn an answer
NAMESAKE = 0.5  # of a domain's weight: the same name under another ending; one alone never names an actor
_SHORTEST_NAME = 7  # letters; shorter labels stand under many endings by chance
_MANY_HOSTS, _MANY_REPORTS = 5, 3  # below a domain that is never named itself: customers of one hoster
_LEAST = 0.05  # strength below which logarithms no longer tell anything
_MOST_NAMESAKES = 32  # domains of one label that are looked at
_MOST_ORIGINS = 16  # of one domain that are told
_DAY_S = 86_400.0


class Tie(msgspec.Struct, frozen=True, gc=False):
    """Somebody's statement that a host, domain or address belongs to an actor.

    `value` is a host, domain or IP address, `actor` an actor's id. `origins` name the reports it was published in
    (URLs, or the source's id where no report is cited): statements that have one of them in common are one. `date_s`
    is when it was published, `until_s` from when it no longer holds, Unix seconds.
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
    """What was fitted on public reports, and on which; `weights` are by FEATURES, in nats.

    Nothing is named below `threshold`. Public blocks carry no dates, so that `half_life_days` and `expired` (the
    weight of what no longer holds) are stated, not fitted.
    """

    intercept: float
    weights: Mapping[str, float]
    threshold: float
    bands: tuple[Band, ...] = ()
    half_life_days: float = 1_000.0
    expired: float = 0.25
    fitted_on: str = ""


class Shared(msgspec.Struct, frozen=True):
    """Why an actor is named: what of the campaign is known as the actor's, from which reports.

    `known` is the value that intelligence names: `value` itself, or one of the same name under another ending.
    `actors` is how many it is tied to in all, `weight` 0..1 what it counts.
    """

    value: str
    known: str
    weight: float
    actors: int
    origins: tuple[str, ...]
    sources: tuple[str, ...]


class Ranked(msgspec.Struct, frozen=True):
    """One actor whom the campaign's infrastructure points to, with the probability 0..1 that this is right.

    `low` and `high` are the share that was right among held-out answers as probable (95 %). `origins` counts
    independent reports. `answers` is False where no name should be given; `because` says why. `features` are what the
    probability rests on, by FEATURES.
    """

    actor: str
    probability: float
    low: float
    high: float
    answers: bool
    because: str
    shared: tuple[Shared, ...]
    origins: int
    features: tuple[float, ...]


class Known:
    """What intelligence ties to actors, made ready for looking up.

    Hosts below one registrable domain are one, but not where each name is a customer's: below the domains in `rented`
    (free hosting, dynamic names), and below those of which intelligence names many hosts and never the domain itself,
    as no list of such services is complete. What strangers share must not be among `ties`.
    """

    def __init__(self, ties: Iterable[Tie], rented: Collection[str] = ()) -> None:
        self._reports = _Reports()
        self._met: dict[str, list[tuple[Tie, int]]] = {}
        self._of_name: dict[str, list[str]] = {}
        self._of_actor: dict[str, set[int]] = {}
        numbered = [(tie, self._reports.number(tie.origins)) for tie in ties if tie.value and tie.actor]
        numbered = [(tie, self._reports.settled(number)) for tie, number in numbered]
        self.rented = frozenset(rented) | _seem_rented(numbered)
        for tie, number in numbered:
            unit = self.unit(tie.value)
            if unit not in self._met:
                self._met[unit] = []
                self._of_name.setdefault(name_of(unit), []).append(unit)
            self._met[unit].append((tie, number))
            self._of_actor.setdefault(tie.actor, set()).add(number)

    def unit(self, value: str) -> str:
        """What counts as one for a value: see `unit_of`."""
        return unit_of(value, self.rented)

    def met(self, unit: str) -> Sequence[tuple[Tie, int]]:
        """Statements on one unit, each with the number of its report."""
        return self._met.get(unit, ())

    def namesakes(self, unit: str) -> Sequence[str]:
        """Known units that bear the same name under another ending; those of a name in wide use are cut short."""
        name = name_of(unit)
        return [one for one in self._of_name.get(name, ())[:_MOST_NAMESAKES] if one != unit] if name else ()

    def reports(self, actor: str) -> Collection[int]:
        """The numbers of the reports that stand behind an actor."""
        return self._of_actor.get(actor, ())

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
            first = number if first < 0 else first
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


class _Case(msgspec.Struct):
    """What speaks for one actor: weight by unit and by report, and what is shared."""

    units: dict[str, float]
    reports: dict[int, float]
    shared: list[Shared]


class _Found(msgspec.Struct, frozen=True):
    """What is said of one unit of the campaign for one actor: `known` is the unit that intelligence names."""

    unit: str
    known: str
    said: Sequence[tuple[Tie, int]]
    actors: int
    worth: float


class _Question(msgspec.Struct, frozen=True):
    known: Known
    calibration: Calibration
    at_s: float
    without_reports: frozenset[int]
    without_actors: frozenset[str]


def unit_of(value: str, rented: Collection[str] = ()) -> str:
    """What counts as one: the registrable domain of a host, a customer's host itself, or an address."""
    host = value.lower().strip(".[]")
    site = site_of(host)
    if site in rented and host != site:
        return ".".join(host.split(".")[-(site.count(".") + 2) :])
    return site


def _seem_rented(numbered: Iterable[tuple[Tie, int]]) -> frozenset[str]:
    """Domains of which many reports name many hosts, and none the domain itself."""
    below: dict[str, tuple[set[str], set[int]]] = {}
    named: set[str] = set()
    for tie, number in numbered:
        host = tie.value.lower().strip(".[]").removeprefix("www.")
        site = site_of(host)
        if host == site:
            named.add(site)
            continue
        labels, reports = below.setdefault(site, (set(), set()))
        labels.add(host[: -len(site) - 1].rpartition(".")[2])
        reports.add(number)
    return frozenset(
        site
        for site, (labels, reports) in below.items()
        if site not in named and len(labels) >= _MANY_HOSTS and len(reports) >= _MANY_REPORTS
    )


def name_of(unit: str) -> str:
    """The label that whoever registered a domain chose, "" for an address and for labels too short to tell."""
    label = unit.partition(".")[0]
    return label if len(label) >= _SHORTEST_NAME and ":" not in unit else ""


def attribute_domains(
    values: Iterable[str],
    known: Known,
    calibration: Calibration,
    at_s: float,
    *,
    without_reports: frozenset[int] = frozenset(),
    without_actors: frozenset[str] = frozenset(),
) -> tuple[Ranked, ...]:
    """Actors to whom intelligence ties the hosts, domains or addresses of a campaign, the most probable first.

    `values` are the campaign's own: what strangers share (services, free mail, popular sites) is left out by who asks.
    `at_s` is the campaign's time. At most the first answer `answers`. `without_reports` (numbers of `Known.report`)
    and `without_actors` are looked away from, as if they had never been read.
    """
    units = tuple(dict.fromkeys(known.unit(value) for value in values if value))
    question = _Question(known, calibration, at_s, without_reports, without_actors)
    cases = _cases(units, question)
    strengths = {actor: math.fsum(case.units.values()) for actor, case in cases.items()}
    first, second = (*sorted(strengths.values(), reverse=True)[:2], 0.0, 0.0)[:2]
    ranked = [
        _ranked(
            actor,
            case,
            (strengths[actor], second if strengths[actor] == first else first),
            len(units),
            question,
        )
        for actor, case in cases.items()
    ]
    return tuple(sorted(ranked, key=lambda one: (not one.answers, -one.probability, one.actor)))


def features(strength: float, origins: float, rival: float, units: int, size: int) -> tuple[float, ...]:
    """What the probability rests on, in the order of FEATURES.

    `strength` and `rival` are weights of domains, `origins` of reports; `units` is how many the campaign has, `size`
    how many reports stand behind the actor.
    """
    return (
        math.log(max(strength, _LEAST)),
        math.log(max(origins, _LEAST)),
        math.log(max(strength, _LEAST) / max(units, 1)),
        math.log1p(rival),
        math.log(max(size, 1)),
    )


def probability_of(found: Sequence[float], calibration: Calibration) -> float:
    """The calibrated probability for one actor's features."""
    score = calibration.intercept + math.fsum(
        calibration.weights.get(name, 0.0) * value for name, value in zip(FEATURES, found, strict=True)
    )
    return 1.0 / (1.0 + math.exp(-min(max(score, -30.0), 30.0)))


def _ranked(
    actor: str, case: _Case, strengths: tuple[float, float], units: int, question: _Question
) -> Ranked:
    calibration = question.calibration
    strength, rival = strengths
    size = len(frozenset(question.known.reports(actor)) - question.without_reports)
    found = features(strength, math.fsum(case.reports.values()), rival, units, size)
    probability = probability_of(found, calibration)
    band = next((one for one in reversed(calibration.bands) if probability >= one.start), None)
    because = ""
    if strength - rival <= MARGIN:
        because = "it is too old or too widely shared, or other actors are named for as much of it"
    elif probability < calibration.threshold:
        because = "answers from evidence as thin as this were wrong too often"
    return Ranked(
        actor,
        probability,
        min(band.low, probability) if band is not None else 0.0,
        max(band.high, probability) if band is not None else 1.0,
        not because,
        because,
        tuple(sorted(case.shared, key=lambda one: (-one.weight, one.value, one.known))),
        len(case.reports),
        found,
    )


def _cases(units: Sequence[str], question: _Question) -> dict[str, _Case]:
    cases: dict[str, _Case] = {}
    for unit in units:
        exact = _by_actor(unit, question)
        for actor in sorted(exact):
            _add(cases, actor, _Found(unit, unit, exact[actor], len(exact), 1.0), question)
        if exact:
            continue  # who has the domain itself says more than who has one like it
        named = [(known, _by_actor(known, question)) for known in question.known.namesakes(unit)]
        actors = len({actor for _, said in named for actor in said})
        for known, said in named:
            for actor in sorted(said):
                _add(cases, actor, _Found(unit, known, said[actor], actors, NAMESAKE), question)
    return cases


def _add(cases: dict[str, _Case], actor: str, found: _Found, question: _Question) -> None:
    fresh = [_freshness(tie, question.calibration, question.at_s) for tie, _ in found.said]
    weight = found.worth * max(fresh) / found.actors
    case = cases.setdefault(actor, _Case({}, {}, []))
    case.units[found.unit] = max(case.units.get(found.unit, 0.0), weight)
    for (_, number), value in zip(found.said, fresh, strict=True):
        case.reports[number] = max(case.reports.get(number, 0.0), value)
    origins = tuple(dict.fromkeys(tie.origins[0] if tie.origins else tie.source for tie, _ in found.said))
    sources = tuple(dict.fromkeys(tie.source for tie, _ in found.said if tie.source))
    case.shared.append(
        Shared(
            found.unit, found.known, weight, found.actors, origins[:_MOST_ORIGINS], sources[:_MOST_ORIGINS]
        )
    )


def _by_actor(unit: str, question: _Question) -> dict[str, list[tuple[Tie, int]]]:
    """What is said of a unit, by actor, without what is looked away from."""
    said: dict[str, list[tuple[Tie, int]]] = {}
    for tie, number in question.known.met(unit):
        if number not in question.without_reports and tie.actor not in question.without_actors:
            said.setdefault(tie.actor, []).append((tie, number))
    return said


def _freshness(tie: Tie, calibration: Calibration, at_s: float) -> float:
    """1 for what is undated or was published at the campaign's time or after it, less the older it is."""
    weight = 1.0
    if tie.date_s is not None and at_s > tie.date_s:
        weight = 0.5 ** ((at_s - tie.date_s) / _DAY_S / calibration.half_life_days)
    if tie.until_s is not None and at_s > tie.until_s:
        weight *= calibration.expired
    return weight
