"""What is measured of answers with probabilities: how often right, how well calibrated, at which coverage."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import msgspec

BINS = 10
ROUNDS = 1000


class Answer(msgspec.Struct, frozen=True):
    """What a model said of one case.

    `actor` is the true one, `known` whether the model had ever heard of it. `rank` is its place (0 the first; ties
    take the mean place), None where it is not ranked. `probability` is that of the first place, `truth` that of the
    true actor, or of "unknown" where that is an answer and the true one. `score` is what the answer is withheld by;
    `answers` whether it was given.
    """

    actor: str
    known: bool
    rank: float | None
    probability: float
    truth: float
    score: float
    answers: bool = True

    @property
    def right(self) -> bool:
        """Whether the first place is the true actor."""
        return self.rank is not None and self.rank < 1


def top(answers: Sequence[Answer], places: int) -> float:
    """The share of cases whose true actor is among the first `places`."""
    return _mean([one.rank is not None and one.rank < places for one in answers])


def log_loss(answers: Sequence[Answer]) -> float:
    """Mean negative log-probability of the true actor, in nats."""
    return _mean([-math.log(max(one.truth, 1e-12)) for one in answers])


def bins(answers: Sequence[Answer], count: int = BINS) -> list[tuple[float, float, int]]:
    """Mean probability of the first place, share that was right, and number, by bins of equal width."""
    held: list[list[Answer]] = [[] for _ in range(count)]
    for one in answers:
        held[min(int(one.probability * count), count - 1)].append(one)
    return [
        (_mean([one.probability for one in group]), _mean([one.right for one in group]), len(group))
        for group in held
        if group
    ]


def calibration_error(answers: Sequence[Answer]) -> float:
    """Expected calibration error (Naeini 2015): mean distance of stated from true share, by bins of equal width."""
    return sum(abs(said - true) * count for said, true, count in bins(answers)) / max(len(answers), 1)


def coverage(answers: Sequence[Answer]) -> float:
    """The share of cases that were answered."""
    return _mean([one.answers for one in answers])


def precision(answers: Sequence[Answer]) -> float:
    """The share of the first places that are right."""
    return _mean([one.right for one in answers])


def separation(answers: Sequence[Answer]) -> float:
    """How well scores tell known actors from unknown ones: the area under the ROC curve, 0.5 for not at all."""
    known = [one.score for one in answers if one.known]
    unknown = [one.score for one in answers if not one.known]
    return _mean([(high > low) + 0.5 * (high == low) for high in known for low in unknown])


def risk_coverage(answers: Sequence[Answer]) -> list[tuple[float, float]]:
    """Coverage and share of wrong answers among those given, when ever weaker answers are given too.

    Answers of one and the same score come together.
    """
    ordered = sorted(answers, key=lambda one: -one.score)
    points, wrong = [], 0
    for number, one in enumerate(ordered, 1):
        wrong += not one.right
        if number == len(ordered) or ordered[number].score != one.score:
            points.append((number / len(ordered), wrong / number))
    return points


def at_coverage(answers: Sequence[Answer], share: float) -> list[Answer]:
    """The strongest answers that together are at least `share` of all."""
    return sorted(answers, key=lambda one: -one.score)[: math.ceil(share * len(answers))]


def interval(
    answers: Sequence[Answer],
    figure: Callable[[Sequence[Answer]], float],
    seed: int = 6,
    rounds: int = ROUNDS,
) -> tuple[float, float]:
    """The 95 % interval of a figure when actors, with all their cases, are drawn again (bootstrap, percentiles)."""
    grouped: dict[str, list[Answer]] = {}
    for one in answers:
        grouped.setdefault(one.actor, []).append(one)
    groups = [grouped[actor] for actor in sorted(grouped)]
    if not groups:
        return 0.0, 1.0
    chance = random.Random(seed)
    values = sorted(
        figure([one for group in chance.choices(groups, k=len(groups)) for one in group])
        for _ in range(rounds)
    )
    return values[int(0.025 * rounds)], values[min(int(0.975 * rounds), rounds - 1)]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0
