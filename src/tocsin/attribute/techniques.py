"""Which published actors a set of ATT&CK techniques is like, with probabilities whose error rates were measured.

Each actor is scored by a few numbers (FEATURES): how much more often its reports name these techniques than others do,
what they name that is missing here, how many reports there are and how old they are, and how like its most similar
reports and its whole profile are. A softmax over all actors, and over "somebody who is in no profile", makes
probabilities of them. The weights, and how often such probabilities are right, come from `benchmarks.attribution`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from tocsin.attribute.overlap import Band
from tocsin.model.actor import Actor

KIND = "techniques"
FEATURES = ("likelihood", "absence", "reports", "nearest", "profile")
UNDATED_YEARS = 10  # how old a report without a date is taken to be
OLDEST_YEARS = 50
MAX_TECHNIQUES = 1_000  # of one question; ATT&CK has fewer
_MOST = 0.98  # no share of reports is taken to be higher

# What a mail can show, or what stands ready before it is sent; sub-techniques come with their parents.
_MAIL = frozenset(
    {
        "T1187",
        "T1204",
        "T1534",
        "T1566",
        "T1583",
        "T1584",
        "T1585",
        "T1586",
        "T1589",
        "T1590",
        "T1592",
        "T1598",
    }
    | {"T1656", "T1672"}
)


class Report(msgspec.Struct, frozen=True):
    """What one report says one actor did; `year` is 0 where nobody knows, `key` one and the same for a report."""

    actor: str
    year: int
    techniques: frozenset[str]
    key: str = ""


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was fitted on published reports; `weights` are by FEATURES, in nats.

    `unknown` is the score of "an actor in no profile", `unknown_length` what it gains by the logarithm of the number of
    techniques. Below `threshold` the model abstains. `bands` are in order of `start`. `concentration` is how many
    reports everybody's habits count for beside an actor's own, `half_life_years` how fast reports fade, `sharpness` how
    much a similar report outweighs a less similar one, `parent` the weight of a parent technique beside its child's.
    """

    weights: Mapping[str, float]
    unknown: float
    unknown_length: float
    threshold: float
    bands: tuple[Band, ...] = ()
    concentration: float = 8.0
    half_life_years: float = 2.0
    sharpness: float = 5.0
    parent: float = 0.25


class Calibrations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """data/calibration/techniques.toml: `full` for techniques of any kind, `mail` for those that a mail shows.

    `command` made it, on `made`, from the reports that `fitted_on` names.
    """

    command: str
    made: str
    fitted_on: str
    full: Calibration
    mail: Calibration


class Ranked(msgspec.Struct, frozen=True):
    """One actor whom the techniques are like.

    `probability` 0..1 with its interval: all actors' together leave out what remains for an actor in no profile.
    `answers` is False where nothing should be named; then `because` says why. `shared` are the techniques that the
    actor is known for, the most telling first; `reports` is how many reports stand behind its profile.
    """

    actor: str
    probability: float
    low: float
    high: float
    answers: bool
    because: str
    shared: tuple[str, ...]
    reports: int


class _Said(msgspec.Struct, frozen=True):
    """One report made ready: its terms, the length of its vector, and how much is left of it by age."""

    terms: frozenset[str]
    length: float
    left: float


class _Profile(msgspec.Struct, frozen=True):
    actor: str
    said: tuple[_Said, ...]
    counts: Mapping[str, int]
    terms: frozenset[str]
    length: float
    absences: Mapping[str, float]  # log-likelihood ratio of not seeing a technique
    all_absent: float  # their sum


class Techniques(msgspec.Struct, frozen=True):
    """What has been learnt from reports; made by `learn`, asked by `rank`."""

    profiles: tuple[_Profile, ...]
    rates: Mapping[str, float]  # share of all reports that name a technique
    rarity: Mapping[str, float]  # of techniques and parents
    reports: int
    calibration: Calibration


def seen_in_mail(technique: str) -> bool:
    """Whether a mail, or what was set up to send it, can show this technique."""
    return technique.partition(".")[0] in _MAIL


def reports_of(actors: Iterable[Actor]) -> tuple[Report, ...]:
    """The reports that actors' profiles cite for techniques, sorted; what is cited for several actors is left out."""
    found: dict[tuple[str, str], set[str]] = {}
    years: dict[str, int] = {}
    cited: dict[str, set[str]] = {}
    for actor in actors:
        for statement in actor.statements:
            if statement.kind != "technique" or statement.denied:
                continue
            for source in statement.sources:
                key = source.url.strip().rstrip("/").lower() or f"{source.publisher}: {source.title}".lower()
                found.setdefault((actor.id, key), set()).add(statement.value)
                cited.setdefault(key, set()).add(actor.id)
                year = int(source.date[:4]) if source.date[:4].isdecimal() else 0
                years[key] = max(years.get(key, 0), year)
    return tuple(
        Report(actor, years[key], frozenset(techniques), key)
        for (actor, key), techniques in sorted(found.items())
        if len(cited[key]) == 1
    )


def mail_reports(reports: Iterable[Report]) -> tuple[Report, ...]:
    """The same reports with nothing but what a mail shows; those without any such technique are left out."""
    cut = (
        msgspec.structs.replace(one, techniques=frozenset(filter(seen_in_mail, one.techniques)))
        for one in reports
    )
    return tuple(one for one in cut if one.techniques)


def learn(reports: Sequence[Report], year: int, calibration: Calibration) -> Techniques:
    """What reports teach by the beginning of `year`; those without techniques count for nothing."""
    reports = [one for one in reports if one.techniques]
    named = Counter(technique for one in reports for technique in one.techniques)
    terms = Counter(term for one in reports for term in _terms(one.techniques))
    rarity = {
        term: math.log((len(reports) + 1) / (count + 0.5))
        * (calibration.parent if term.endswith("*") else 1.0)
        for term, count in terms.items()
    }
    rates = {technique: (count + 0.5) / (len(reports) + 1) for technique, count in named.items()}
    by_actor: dict[str, list[Report]] = {}
    for one in reports:
        by_actor.setdefault(one.actor, []).append(one)
    profiles = tuple(
        _profile(actor, own, year, rates, rarity, calibration) for actor, own in sorted(by_actor.items())
    )
    return Techniques(profiles, rates, rarity, len(reports), calibration)


def _profile(
    actor: str,
    own: Sequence[Report],
    year: int,
    rates: Mapping[str, float],
    rarity: Mapping[str, float],
    calibration: Calibration,
) -> _Profile:
    counts = Counter(technique for one in own for technique in one.techniques)
    said = []
    for one in own:
        terms = _terms(one.techniques)
        age = min(max(year - one.year, 0), OLDEST_YEARS) if one.year else UNDATED_YEARS
        said.append(_Said(terms, _length(terms, rarity), 0.5 ** (age / calibration.half_life_years)))
    everything = frozenset().union(*(one.terms for one in said))
    absences = {}
    for technique, rate in rates.items():
        share = _share(counts.get(technique, 0), len(own), rate, calibration.concentration)
        absences[technique] = math.log((1 - share) / (1 - min(rate, _MOST)))
    return _Profile(
        actor,
        tuple(said),
        counts,
        everything,
        _length(everything, rarity),
        absences,
        math.fsum(absences.values()),
    )


def features(techniques: Collection[str], model: Techniques) -> dict[str, tuple[float, ...]]:
    """FEATURES of every actor for these techniques, which must not be none."""
    asked = frozenset(techniques)
    terms = _terms(asked)
    length = _length(terms, model.rarity)
    unheard = 0.5 / (model.reports + 1)
    found: dict[str, tuple[float, ...]] = {}
    for profile in model.profiles:
        number = len(profile.said)
        likelihood = 0.0
        for technique in sorted(asked):
            rate = model.rates.get(technique, unheard)
            share = _share(profile.counts.get(technique, 0), number, rate, model.calibration.concentration)
            likelihood += math.log(share / rate)
        absent = profile.all_absent - math.fsum(profile.absences.get(technique, 0.0) for technique in asked)
        near = math.fsum(
            one.left
            * math.exp(
                model.calibration.sharpness * _cosine(terms, length, one.terms, one.length, model.rarity)
            )
            for one in profile.said
        )
        found[profile.actor] = (
            # Techniques of one report hang together: added up in full, long lists would look far too sure.
            likelihood / math.sqrt(len(asked)),
            absent,
            math.log(math.fsum(one.left for one in profile.said)),
            math.log(near),
            _cosine(terms, length, profile.terms, profile.length, model.rarity),
        )
    return found


def unknown_score(count: int, calibration: Calibration) -> float:
    """The score, in nats, of an actor in no profile, for this number of techniques."""
    return calibration.unknown + calibration.unknown_length * math.log(max(count, 1))


def rank(techniques: Collection[str], model: Techniques) -> tuple[Ranked, ...]:
    """All actors that were learnt, the most probable first; only the first can answer.

    Without techniques, or actors, there is nothing to rank. Probabilities hold for what the calibration was fitted on:
    ATT&CK's reports, of any technique or of mail's.
    """
    asked = frozenset(
        sorted(technique.strip().upper() for technique in techniques if technique.strip())[:MAX_TECHNIQUES]
    )
    if not asked or not model.profiles:
        return ()
    weights = [model.calibration.weights.get(name, 0.0) for name in FEATURES]
    scores = {
        actor: math.fsum(weight * value for weight, value in zip(weights, found, strict=True))
        for actor, found in features(asked, model).items()
    }
    outside = unknown_score(len(asked), model.calibration)
    most = max(outside, *scores.values())
    total = math.exp(outside - most) + math.fsum(math.exp(score - most) for score in scores.values())
    ordered = sorted(model.profiles, key=lambda one: (-scores[one.actor], one.actor))
    return tuple(
        _ranked(profile, math.exp(scores[profile.actor] - most) / total, asked, model, first=place == 0)
        for place, profile in enumerate(ordered)
    )


def _ranked(
    profile: _Profile, probability: float, asked: frozenset[str], model: Techniques, *, first: bool
) -> Ranked:
    shared = sorted(
        (technique for technique in asked if technique in profile.counts),
        key=lambda technique: (-model.rarity.get(technique, 0.0), technique),
    )
    because = ""
    if not first:
        because = "another actor is more probable"
    elif not shared:
        because = "no actor is published to use these techniques"
    elif probability < model.calibration.threshold:
        because = (
            "techniques as common as these named the wrong actor, or one that no profile holds, too often"
        )
    band = next((one for one in reversed(model.calibration.bands) if probability >= one.start), None)
    return Ranked(
        profile.actor,
        probability,
        min(band.low, probability) if band is not None else 0.0,
        max(band.high, probability) if band is not None else 1.0,
        not because,
        because,
        tuple(shared),
        len(profile.said),
    )


def _share(count: int, of: int, rate: float, concentration: float) -> float:
    """The share of an actor's reports that name a technique, drawn to everybody's `rate`."""
    return min((count + concentration * rate) / (of + concentration), _MOST)


def _terms(techniques: Iterable[str]) -> frozenset[str]:
    """Techniques, and their parents marked by a star."""
    return frozenset(term for one in techniques for term in (one, one.partition(".")[0] + "*"))


def _length(terms: Iterable[str], rarity: Mapping[str, float]) -> float:
    return math.sqrt(math.fsum(rarity.get(term, 0.0) ** 2 for term in terms))


def _cosine(
    terms: frozenset[str], length: float, others: frozenset[str], other: float, rarity: Mapping[str, float]
) -> float:
    if not length or not other:
        return 0.0
    return math.fsum(rarity.get(term, 0.0) ** 2 for term in terms & others) / (length * other)
