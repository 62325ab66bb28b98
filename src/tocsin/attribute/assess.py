"""Evidence and profiles → an assessment: several answers, what carries them, and when none is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import msgspec

from tocsin.attribute.hypotheses import (
    CRIMINAL,
    MARKETING,
    STANDING,
    TITLES,
    UNKNOWN,
    USUAL,
    VARIED,
    Assumptions,
    Published,
    Rates,
    candidates,
    published,
)
from tocsin.attribute.limits import caps_on, level_of, missing_from, why_silent, would_change
from tocsin.attribute.matrix import Matrix, inconsistency, weigh
from tocsin.model.actor import Actor
from tocsin.model.assessment import (
    Assessment,
    Calibrated,
    Evidence,
    Hypothesis,
    Without,
)
from tocsin.model.campaign import Campaign

METHOD = "ach-1"
MOST_CANDIDATES = 8
_LEAST_ACTORS = 20  # published ones that write such mail; fewer at hand make none of them more probable
_LEAST_MODELLED = 0.05  # a model's guess below this is none
_MOST_MODELLED = 0.95  # that actors of a model have together
_LEAST_CONSISTENT = 0.01  # an actor below this is not worth naming beside others
_LEAST = 0.005  # no hypothesis is ever ruled out

# ICD-203, one row of words; the lower edge is included.
BANDS = (
    (0.0, "almost no chance"),
    (0.05, "very unlikely"),
    (0.20, "unlikely"),
    (0.45, "roughly even chance"),
    (0.55, "likely"),
    (0.80, "very likely"),
    (0.95, "almost certain"),
)

Calibrate = Callable[[Sequence[Evidence]], tuple[Calibrated, ...]]


class Nature(msgspec.Struct, frozen=True):
    """What the verdicts on the campaign's mails say it is: mean probabilities 0..1 over `judged` mails.

    `partial` counts those that were judged without the raw mail.
    """

    reconnaissance: float
    phishing: float
    judged: int
    partial: int = 0


class Case(msgspec.Struct, frozen=True):
    """All that an assessment rests on. `actors` are all profiles at hand; `contradictions` are of the evidence."""

    campaign: Campaign
    nature: Nature
    evidence: tuple[Evidence, ...]
    actors: tuple[Actor, ...]
    rates: Rates
    made_s: float
    contradictions: tuple[str, ...] = ()
    day: str = ""  # of the campaign's first mail, "2021-01-20"
    exercise: bool = False


class _Answer(msgspec.Struct, frozen=True):
    probabilities: Mapping[str, float]
    calibrated: Calibrated | None
    rivals: tuple[Calibrated, ...]  # answers that name somebody else
    modelled: Mapping[str, Calibrated]
    matrix: Matrix
    hypotheses: tuple[str, ...]


def assess(case: Case, calibrate: Calibrate) -> Assessment:
    """The machine's assessment of one campaign.

    `calibrate` asks the models with measured error rates; it is asked again without each piece of evidence. An empty
    campaign, or one without evidence, gives an assessment that abstains.
    """
    said = {one.id: published(one, case.actors, case.day) for one in case.evidence}
    answer = _answer(case, case.evidence, said, calibrate, USUAL)
    varied = [_answer(case, case.evidence, said, calibrate, one).probabilities for one in VARIED]
    titles = {**TITLES, **{one.id: one.name for one in case.actors}}
    found = answer.calibrated
    hypotheses = tuple(
        _hypothesis(name, titles.get(name, name), answer, varied)
        for name in sorted(answer.hypotheses, key=lambda name: (-answer.probabilities[name], name))
    )
    leading = hypotheses[0].id if case.evidence else ""
    names = found is not None and leading == found.actor and not answer.rivals
    level = level_of(case.campaign, answer.calibrated if names else None)
    without = tuple(_without(case, said, calibrate))
    because = (
        ""
        if names
        else why_silent(case.campaign, case.evidence, leading, answer.rivals, tuple(answer.modelled.values()))
    )
    contradictions = (*case.contradictions, *_clashes(case.evidence, titles))
    return Assessment(
        campaign=case.campaign.id,
        made_s=case.made_s,
        method=METHOD,
        level=level,
        leading=leading,
        abstains=not names,
        because=because,
        hypotheses=hypotheses,
        evidence=case.evidence,
        cells=answer.matrix.cells,
        without=without,
        missing=missing_from(case.campaign, case.evidence, case.nature.partial),
        would_change=would_change(leading, level, without, titles),
        caps=caps_on(case.evidence, found if names else None),
        contradictions=contradictions,
        band=band_of(answer.probabilities[leading]) if names else "",
        confidence=_confidence(found if names else None, leading, without, contradictions),
        consistent_with=() if names or leading == MARKETING else _consistent(answer, said, case.evidence),
        exercise=case.exercise,
    )


def band_of(probability: float) -> str:
    """The ICD-203 words for a probability 0..1."""
    return next(words for edge, words in reversed(BANDS) if probability >= edge)


def _answer(
    case: Case,
    evidence: Sequence[Evidence],
    said: Mapping[str, Published],
    calibrate: Calibrate,
    assumed: Assumptions,
) -> _Answer:
    known = {one.id for one in case.actors}
    modelled = [one for one in calibrate(evidence) if one.actor in known]
    answers = [one for one in modelled if one.answers]
    best = max(answers, key=lambda one: (one.probability, one.actor), default=None)
    rivals = tuple(one for one in answers if best is not None and one.actor != best.actor)
    named = {one.actor: one for one in modelled if one.probability >= _LEAST_MODELLED or one.answers}
    fitting = [
        id for id in candidates(evidence, said, MOST_CANDIDATES) if id in known
    ]  # names that no profile bears stay evidence, and are no hypothesis
    hypotheses = tuple(dict.fromkeys((*named, *fitting, *STANDING)))
    matrix = weigh(evidence, said, hypotheses, case.rates, assumed)
    mail = _from_mail(case.nature, hypotheses, matrix, assumed, len(case.actors))
    probabilities = _with_calibrated(mail, named)
    return _Answer(probabilities, best if not rivals else None, rivals, named, matrix, hypotheses)


def _from_mail(
    nature: Nature, hypotheses: Sequence[str], matrix: Matrix, assumed: Assumptions, profiles: int
) -> dict[str, float]:
    """Probabilities from the mails alone: what kind by their verdicts, whose by the habits that they show."""
    hostile = min(max(nature.reconnaissance + nature.phishing, _LEAST), 1.0 - _LEAST)
    fraud = nature.phishing / (nature.reconnaissance + nature.phishing or 1.0)
    each = assumed.actors / max(profiles, _LEAST_ACTORS)
    prior = {name: (1.0 - fraud) * each for name in hypotheses if name not in STANDING}
    prior[CRIMINAL] = fraud + (1.0 - fraud) * assumed.criminal
    prior[UNKNOWN] = max(1.0 - math.fsum(prior.values()), _LEAST)
    scores = {name: share * math.exp(matrix.weights.get(name, 0.0)) for name, share in prior.items()}
    total = math.fsum(scores.values())
    return {**{name: hostile * score / total for name, score in scores.items()}, MARKETING: 1.0 - hostile}


def _with_calibrated(mail: Mapping[str, float], named: Mapping[str, Calibrated]) -> dict[str, float]:
    """What models say of actors, whether sure enough to name them or not; the mails alone share what is left over."""
    hostile = 1.0 - mail[MARKETING]
    total = math.fsum(one.probability for one in named.values())
    shrink = min(1.0, _MOST_MODELLED / total) if total else 1.0
    own = {name: one.probability * shrink * hostile for name, one in named.items()}
    rest = math.fsum(value for name, value in mail.items() if name not in own)
    scale = (1.0 - math.fsum(own.values())) / rest if rest else 0.0
    return {name: own[name] if name in own else value * scale for name, value in mail.items()}


def _hypothesis(
    name: str,
    title: str,
    answer: _Answer,
    varied: Sequence[Mapping[str, float]],
) -> Hypothesis:
    probability = answer.probabilities[name]
    around = [probability, *(one.get(name, probability) for one in varied)]
    low, high = min(around), max(around)
    kind = name if name in STANDING else "actor"
    against = inconsistency(answer.matrix.cells, name)
    if name == MARKETING:
        against = min(0.0, math.log(max(probability, _LEAST) / max(1.0 - probability, _LEAST)))
    found = answer.modelled.get(name)
    if found is not None:
        scale = probability / found.probability if found.probability else 0.0
        low, high = min(low, found.low * scale), max(high, found.high * scale)
        return Hypothesis(name, title, kind, probability, low, high, found.calibration, against)
    return Hypothesis(name, title, kind, probability, low, high, "", against)


def _without(case: Case, said: Mapping[str, Published], calibrate: Calibrate) -> list[Without]:
    """The answer without each piece of evidence, and without each origin that several pieces share."""
    origins: dict[str, list[str]] = {}
    for one in case.evidence:
        origins.setdefault(one.origin, []).append(one.id)
    left_out: list[tuple[str, tuple[str, ...]]] = [(one.origin, (one.id,)) for one in case.evidence]
    left_out += [(origin, tuple(ids)) for origin, ids in origins.items() if len(ids) > 1]
    found = []
    for origin, ids in left_out:
        rest = tuple(one for one in case.evidence if one.id not in ids)
        answer = _answer(case, rest, said, calibrate, USUAL)
        leading = max(answer.hypotheses, key=lambda name: (answer.probabilities[name], name))
        named = answer.calibrated if answer.calibrated and answer.calibrated.actor == leading else None
        found.append(
            Without(origin, ids, leading, answer.probabilities[leading], level_of(case.campaign, named))
        )
    return found


def _consistent(
    answer: _Answer, said: Mapping[str, Published], evidence: Sequence[Evidence]
) -> tuple[str, ...]:
    """Actors of whom habits of two origins or more were published that the mails show, and none denied.

    Where the mails look like fraud or marketing, hardly any probability is left for actors, and none is listed.
    """
    found = []
    for name in answer.hypotheses:
        if name in STANDING:
            continue
        origins = {one.origin for one in evidence if one.id in said and name in said[one.id].fitting}
        denied = any(one.id in said and name in said[one.id].denying for one in evidence)
        more = answer.matrix.weights.get(name, 0.0) > answer.matrix.weights.get(UNKNOWN, 0.0)
        likely = answer.probabilities[name] >= _LEAST_CONSISTENT
        if len(origins) >= 2 and more and likely and not denied:
            found.append(name)
    return tuple(found)


def _clashes(evidence: Sequence[Evidence], titles: Mapping[str, str]) -> tuple[str, ...]:
    named = sorted({name for one in evidence if one.kind == "infrastructure" for name in one.names})
    if len(named) < 2:
        return ()
    listed = ", ".join(titles.get(name, name) for name in named[:6])
    return (f"Infrastructure of this campaign is tied to {len(named)} actors: {listed}.",)


def _confidence(
    found: Calibrated | None, leading: str, without: Sequence[Without], contradictions: Sequence[str]
) -> str:
    """Moderate only where two independent sources name one actor, and no single piece carries the answer."""
    if found is None or found.origins < 2 or contradictions:
        return "low"
    carried = all(one.leading == leading and one.level == "resembles" for one in without)
    return "moderate" if carried else "low"
