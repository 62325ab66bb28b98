"""Fits the calibration for techniques: weights by rolling origin, then what answers of some probability are worth.

For every year, what earlier reports teach is asked about that year's reports. Nothing of the test years is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.attribution.cases import Case, split_by_year
from benchmarks.attribution.metrics import Answer
from benchmarks.tables import wilson
from tocsin.attribute.overlap import Band
from tocsin.attribute.techniques import (
    FEATURES,
    Calibration,
    Report,
    Techniques,
    features,
    learn,
    rank,
)

FIRST_ORIGIN = 2014  # the first year that is asked about
FIRST_JUDGED = 2018  # the first whose answers, by weights of the years before, judge the model
RIDGE = 2.0
ABSTAINS = 0.90  # on this share of unknown actors
STARTS = (0.0, 0.01, 0.03, 0.06, 0.12, 0.25, 0.45)  # of bands of probability
BLANK = Calibration(weights=dict.fromkeys(FEATURES, 0.0), unknown=0.0, unknown_length=0.0, threshold=0.0)

_Array = NDArray[np.float64]


class Question(msgspec.Struct, frozen=True):
    """One case as the fit sees it: a row of features for each actor and a last one for "unknown", and the true row."""

    rows: Any
    true: int


class Asked(msgspec.Struct, frozen=True):
    """An answer with what the model gave to every actor: probability, and whether it was that one."""

    answer: Answer
    pairs: tuple[tuple[float, bool], ...]


def learnt(train: Sequence[Case], year: int, calibration: Calibration) -> Techniques:
    """The shipped model, from these cases."""
    return learn([Report(one.actor, one.year, one.techniques) for one in train], year, calibration)


def ask(test: Sequence[Case], model: Techniques) -> list[Asked]:
    """What the shipped function answers to each case."""
    return [_asked(case, model) for case in test]


def given_known(asked: Asked) -> Answer:
    """The same answer when the actor is taken to be one of those in the profiles."""
    total = math.fsum(probability for probability, _ in asked.pairs)
    one = asked.answer
    return msgspec.structs.replace(one, probability=one.probability / total, truth=one.truth / total)


def fit_weights(cases: Sequence[Case], before: int) -> Calibration:
    """Weights from all origins before a year; they can't turn negative: to be alike never speaks against an actor."""
    questions = [question for year in range(FIRST_ORIGIN, before) for question in _questions(cases, year)]
    bounded = np.array([True] * len(FEATURES) + [False, False])
    weights = _conditional_logit(questions, bounded)
    rounded = [round(float(value), 3) for value in weights]
    return msgspec.structs.replace(
        BLANK,
        weights=dict(zip(FEATURES, rounded, strict=False)),
        unknown=rounded[-2],
        unknown_length=rounded[-1],
    )


def held_out(cases: Sequence[Case], before: int, first: int = FIRST_JUDGED) -> list[Asked]:
    """Answers for the years `first` to `before`, each by weights and reports of earlier years."""
    asked: list[Asked] = []
    for year in range(first, before):
        split = split_by_year(cases, year, year)
        asked += ask((*split.known, *split.unknown), learnt(split.train, year, fit_weights(cases, year)))
    return asked


def held_out_for_long(cases: Sequence[Case], before: int) -> list[Asked]:
    """Answers for all years from an origin to `before`, by weights and reports from before the origin: as in the test,
    what was learnt is up to four years old."""
    asked: list[Asked] = []
    for origin in (before - 4, before - 3):
        split = split_by_year(cases, origin, before - 1)
        model = learnt(split.train, origin, fit_weights(cases, origin))
        asked += ask((*split.known, *split.unknown), model)
    return asked


def fit(cases: Sequence[Case], before: int) -> Calibration:
    """The whole calibration from reports before a year."""
    asked = held_out(cases, before)
    weights = fit_weights(cases, before)
    return msgspec.structs.replace(weights, threshold=_threshold(asked), bands=_bands(asked))


def median(values: Sequence[float]) -> float:
    """The upper of the two middle values where there are two."""
    return sorted(values)[len(values) // 2]


def _threshold(asked: Sequence[Asked]) -> float:
    """The least probability that at least ABSTAINS of the unknown actors stay below."""
    scores = sorted(one.answer.score for one in asked if not one.answer.known)
    if not scores:
        return 1.0
    return math.ceil(scores[min(math.ceil(ABSTAINS * len(scores)), len(scores)) - 1] * 1000 + 1) / 1000


def _bands(asked: Sequence[Asked]) -> tuple[Band, ...]:
    pairs = [pair for one in asked for pair in one.pairs]
    bands = []
    for start, end in zip(STARTS, (*STARTS[1:], 2.0), strict=True):
        inside = [hit for probability, hit in pairs if start <= probability < end]
        low, high = wilson(sum(inside), len(inside))
        bands.append(Band(start, round(low, 4), round(high, 4)))
    return tuple(bands)


def _asked(case: Case, model: Techniques) -> Asked:
    ranked = rank(case.techniques, model)
    shares = {one.actor: one.probability for one in ranked}
    truth = shares.get(case.actor)
    place = None
    if truth is not None:
        ties = sum(value == truth for value in shares.values()) - 1
        place = sum(value > truth for value in shares.values()) + ties / 2
    else:
        truth = max(1 - math.fsum(shares.values()), 0.0)
    first = ranked[0].probability if ranked else 0.0
    answers = bool(ranked) and ranked[0].answers
    answer = Answer(case.actor, place is not None, place, first, truth, first, answers)
    return Asked(answer, tuple((value, actor == case.actor) for actor, value in shares.items()))


def _questions(cases: Sequence[Case], year: int) -> list[Question]:
    split = split_by_year(cases, year, year)
    if not split.train:
        return []
    model = learnt(split.train, year, BLANK)
    questions = []
    for case in (*split.known, *split.unknown):
        found = features(case.techniques, model)
        actors = list(found)
        rows = np.zeros((len(actors) + 1, len(FEATURES) + 2))
        rows[:-1, : len(FEATURES)] = list(found.values())
        rows[-1, len(FEATURES) :] = 1.0, math.log(len(case.techniques))
        questions.append(Question(rows, actors.index(case.actor) if case.actor in found else len(actors)))
    return questions


def _conditional_logit(questions: Sequence[Question], bounded: NDArray[np.bool_]) -> _Array:
    """Weights of a softmax over rows, by Newton's method with a ridge; `bounded` ones stay at 0 or above."""
    size = len(bounded)
    weights: _Array = np.zeros(size)
    value = _objective(questions, weights)
    for _ in range(100):
        slope: _Array = -RIDGE * weights
        bend: _Array = RIDGE * np.eye(size)
        for one in questions:
            shares = _softmax(one.rows @ weights)
            mean = shares @ one.rows
            slope += one.rows[one.true] - mean
            bend += (one.rows * shares[:, None]).T @ one.rows - np.outer(mean, mean)
        free = np.flatnonzero(~(bounded & (weights <= 0) & (slope <= 0)))
        step: _Array = np.zeros(size)
        step[free] = np.linalg.solve(bend[np.ix_(free, free)], slope[free])
        length, before = 1.0, value
        while True:
            tried = weights + length * step
            tried = np.where(bounded, np.maximum(tried, 0.0), tried)
            value = _objective(questions, tried)
            if value >= before or length < 1e-6:
                break
            length /= 2
        weights = tried
        if value - before < 1e-9:
            break
    return weights


def _objective(questions: Sequence[Question], weights: _Array) -> float:
    total = -0.5 * RIDGE * float(weights @ weights)
    for one in questions:
        scores = one.rows @ weights
        most = float(scores.max())
        total += float(scores[one.true]) - most - math.log(float(np.exp(scores - most).sum()))
    return total


def _softmax(scores: _Array) -> _Array:
    shares: _Array = np.exp(scores - scores.max())
    shares /= shares.sum()
    return shares
