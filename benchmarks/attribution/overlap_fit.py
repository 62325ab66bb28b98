"""The probability that a name from shared infrastructure is right: fitted, held out by actor, with its threshold."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from benchmarks.attribution.overlap_cases import Asked, folds
from tocsin.attribute.overlap import FEATURES, Band, Calibration, probability_of

SEED = 6
OUTER, INNER = 5, 4
# Share of cases of actors never heard of that are to stay without a name on the inner folds, by case and by actor: the
# aim is 0.90, and half as many wrong names are asked for.
ABSTAINS = 0.95
_PENALTY = 1.0
_STARTS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95)
_ROUNDS = 1000


class Judged(msgspec.Struct, frozen=True):
    """A case with the probability that a calibration gave it which had not seen its actor, 0 where nobody leads."""

    case: Asked
    probability: float
    answers: bool
    fold: int = 0


def fit(cases: Sequence[Asked]) -> Calibration:
    """A logistic model of who leads being right, with a small penalty on its weights; no threshold yet."""
    named = [one for one in cases if one.named]
    inputs = np.array([(1.0, *one.features) for one in named])
    right = np.array([one.right for one in named], dtype=float)
    penalty = np.diag([0.0] + [_PENALTY] * len(FEATURES))
    weights = np.zeros(inputs.shape[1])
    for _ in range(100):
        said = 1.0 / (1.0 + np.exp(-inputs @ weights))
        slope = inputs.T @ (right - said) - penalty @ weights
        curve = (inputs * (said * (1.0 - said))[:, None]).T @ inputs + penalty
        step = np.linalg.solve(curve, slope)
        weights += step
        if np.abs(step).max() < 1e-9:
            break
    rounded = [round(float(value), 4) for value in weights]
    return Calibration(rounded[0], dict(zip(FEATURES, rounded[1:], strict=True)), 0.0)


def held_out(cases: Sequence[Asked], count: int, seed: int) -> list[tuple[Asked, float]]:
    """Each case with the probability from a fit on the actors of other folds."""
    fold = folds(sizes_of(cases), count, seed)
    found: list[tuple[Asked, float]] = []
    for number in range(count):
        model = fit([one for one in cases if fold[one.block.actor] != number])
        found += [(one, probability(one, model)) for one in cases if fold[one.block.actor] == number]
    return found


def probability(case: Asked, model: Calibration) -> float:
    """What the calibration says of the one who leads, 0 where nobody does."""
    return probability_of(case.features, model) if case.named else 0.0


def threshold(cases: Sequence[tuple[Asked, float]], abstains: float = ABSTAINS) -> float:
    """The lowest probability at which the share `abstains` of held-out actors stays unnamed, by case and by actor."""
    strangers = Counter(case.block.actor for case, _ in cases if case.held_out)
    named = sorted(
        ((value, case.block.actor) for case, value in cases if case.held_out and case.named), reverse=True
    )
    by_case, by_actor, least = 0.0, 0.0, 1.0
    for value, actor in named:
        by_case += 1.0 / strangers.total()
        by_actor += 1.0 / strangers[actor] / len(strangers)
        if max(by_case, by_actor) > 1.0 - abstains:
            break
        least = value
    return math.ceil(1000 * least) / 1000


def macro(given: Iterable[Asked]) -> float:
    """Precision of each actor that was named, averaged over these actors."""
    named: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for one in given:
        named[one.named] += 1
        right[one.named] += one.right
    return sum(right[actor] / count for actor, count in named.items()) / len(named) if named else 0.0


def nested(
    cases: Sequence[Asked], seed: int = SEED, abstains: float = ABSTAINS
) -> tuple[list[Judged], list[Calibration]]:
    """Every case judged by a calibration and threshold from other actors alone, and these calibrations by fold."""
    fold = folds(sizes_of(cases), OUTER, seed)
    judged: list[Judged] = []
    models: list[Calibration] = []
    for number in range(OUTER):
        train = [one for one in cases if fold[one.block.actor] != number]
        least = threshold(held_out(train, INNER, seed + 1 + number), abstains)
        model = msgspec.structs.replace(fit(train), threshold=least)
        models.append(model)
        for one in cases:
            if fold[one.block.actor] == number:
                value = probability(one, model)
                judged.append(Judged(one, value, bool(one.named) and value >= least, number))
    return judged, models


def shipped(cases: Sequence[Asked], judged: Sequence[Judged], about: str) -> Calibration:
    """The calibration fitted on all actors; threshold and bands from what was held out."""
    least = threshold([(one.case, one.probability) for one in judged])
    return msgspec.structs.replace(fit(cases), threshold=least, bands=tuple(bands(judged)), fitted_on=about)


def bands(judged: Sequence[Judged]) -> list[Band]:
    """How often held-out names were right, by probability, with 95 % intervals over actors drawn again."""
    chance = np.random.default_rng(SEED)
    found = []
    for start, end in zip(_STARTS, (*_STARTS[1:], 2.0), strict=True):
        right: Counter[str] = Counter()
        all_: Counter[str] = Counter()
        for one in judged:
            if one.case.named and start <= one.probability < end:
                all_[one.case.block.actor] += 1
                right[one.case.block.actor] += one.case.right
        actors = sorted(all_)
        if not actors:
            found.append(Band(start, 0.0, 1.0))
            continue
        counts = np.array([(right[actor], all_[actor]) for actor in actors], dtype=float)
        drawn = counts[chance.integers(len(actors), size=(_ROUNDS, len(actors)))].sum(axis=1)
        low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
        found.append(Band(start, round(float(low), 3), round(float(high), 3)))
    return found


def sizes_of(cases: Sequence[Asked]) -> dict[str, int]:
    """How many cases each actor has."""
    return dict(Counter(one.block.actor for one in cases))
