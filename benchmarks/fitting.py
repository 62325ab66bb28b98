"""Weights for reconnaissance fitted on findings: a penalised likelihood that starts from what people judged.

The model is the one that judging uses: the prior's log odds plus the weights of what was found, each group's weights
of one sign held to its cap. Weights keep the sign that people gave them, move from their value only as far as the
data press, and never exceed the cap for fitted weights.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from tocsin.app.weights import FittedFile, with_fitted
from tocsin.judge.likelihood import logit
from tocsin.model.weights import Fitted, Weights

Feature = tuple[str, str]  # detector, level

CAP = 3.0  # nats
# How far, in nats, data may be expected to move a judged weight (the standard deviation of the penalty).
SPREAD = 1.5
BENIGN, HOSTILE, DISGUISED = 0, 1, 2
# How much each side counts in the loss, hostile mail being the measure: a false alarm costs more than a miss.
WEIGHTS = (8.0, 1.0, 0.3)
# The log odds that the fit wants mail of each side below (benign) or above: an alert begins at 0.
MARGINS = (-0.7, 0.5, -2.5)
# Groups that hold by definition, not by what mail happens to look like, and what rests on verdicts by other weights.
UNFITTED_GROUPS = frozenset({"nature", "hand"})
# What every published case shares, in nats at least: it stays a reason that is told, however little it adds where
# other findings say as much.
LEAST = {("fan-out", "many"): 0.3}
# Mass of all hostile mail in the loss, in units of the penalty: how much the data weigh against judgement.
EVIDENCE = 800.0
_STEPS = 600
_RATE = 0.03


class Row(msgspec.Struct, frozen=True):
    """What was found in one mail; `family` as in `worlds.Case`, `weight` its share in the fit.

    `disguised` mail is hostile and wears all that benign mail wears: the fit is to lift it into the middle only.
    """

    found: frozenset[Feature]
    hostile: bool
    family: str
    real: bool
    weight: float = 1.0
    disguised: bool = False

    @property
    def side(self) -> int:
        """Which of `MARGINS` the fit wants it beyond."""
        return DISGUISED if self.disguised else HOSTILE if self.hostile else BENIGN


def fit(rows: Sequence[Row], judged: Weights, without: str = "") -> dict[Feature, float]:
    """The fitted weights in nats, of every level that people gave a weight; `without` names a family left out.

    A family counts by the root of its size: neither each mail nor each family the same.
    """
    features = _features(judged)
    counts = _distinct(row for row in rows if row.family != without)
    if not counts or not features:
        return {}
    place = {feature: number for number, feature in enumerate(features)}
    matrix = np.zeros((len(counts), len(features)), dtype=np.float32)
    for number, (found, _) in enumerate(counts):
        for feature in found:
            if feature in place:
                matrix[number, place[feature]] = 1.0
    start = np.array([judged.detectors[name].judged[level] for name, level in features], dtype=np.float32)
    starts, caps = _groups(features, judged)
    problem = _Problem(
        matrix,
        np.array([side for _, side in counts]),
        np.array(list(counts.values()), dtype=np.float32),
        start,
        starts,
        caps,
        np.array([judged.detectors[name].group not in UNFITTED_GROUPS for name, _ in features]),
        logit(judged.prior),
    )
    weights = _descend(problem)
    return {
        feature: max(round(float(weights[number]), 2), LEAST.get(feature, -CAP))
        for feature, number in place.items()
        if problem.free[number]
    }


class _Problem(NamedTuple):
    """What is fitted: one row a distinct set of findings, one column a feature, columns sorted by group and sign."""

    matrix: np.ndarray
    side: np.ndarray  # BENIGN, HOSTILE or DISGUISED
    mass: np.ndarray
    start: np.ndarray
    starts: np.ndarray  # the first column of each group and sign
    caps: np.ndarray  # nats, one a group and sign, with the sign
    free: np.ndarray  # the columns that may move
    prior: float  # log odds


def _features(judged: Weights) -> list[Feature]:
    """Every weighed level, sorted by group and sign."""
    found = [
        (entry.group, weight > 0, name, level)
        for name, entry in judged.detectors.items()
        for level, weight in entry.judged.items()
        if weight
    ]
    return [(name, level) for _, _, name, level in sorted(found)]


def _groups(features: Sequence[Feature], judged: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Where each group and sign begins, and its cap with the sign."""
    keys = [
        (judged.detectors[name].group, judged.detectors[name].judged[level] > 0) for name, level in features
    ]
    first = [number for number, key in enumerate(keys) if number == 0 or key != keys[number - 1]]
    caps = [judged.caps[keys[number][0]] * (1 if keys[number][1] else -1) for number in first]
    return np.array(first), np.array(caps, dtype=np.float32)


def _distinct(rows: Iterable[Row]) -> dict[tuple[frozenset[Feature], int], float]:
    """Rows that found the same, with their mass."""
    kept = list(rows)
    sizes = Counter(row.family for row in kept)
    counts: dict[tuple[frozenset[Feature], int], float] = defaultdict(float)
    for row in kept:
        counts[row.found, row.side] += WEIGHTS[row.side] * row.weight / sizes[row.family] ** 0.5
    return counts


def _descend(problem: _Problem) -> np.ndarray:
    """Gradient steps (Adam) on the penalised loss, kept inside sign and cap after each."""
    free, start = problem.free, problem.start
    sign = np.where(problem.side == BENIGN, -1.0, 1.0).astype(np.float32)
    weights = np.where(free, np.clip(start, -CAP, CAP), start)
    centre = weights.copy()
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    wanted = np.array(MARGINS, dtype=np.float32)[problem.side]
    scale = problem.mass / problem.mass[problem.side == HOSTILE].sum() * EVIDENCE
    columns = np.repeat(np.arange(len(problem.starts)), np.diff([*problem.starts, len(weights)]))
    for step in range(1, _STEPS + 1):
        sums = np.add.reduceat(problem.matrix * weights, problem.starts, axis=1)
        inside = np.abs(sums) <= np.abs(problem.caps)
        score = problem.prior + np.where(inside, sums, problem.caps).sum(axis=1)
        # the slope of softplus(sign * (wanted - score)), the loss of lying on the wrong side of what is wanted
        pull = -scale * sign / (1.0 + np.exp(np.clip(sign * (score - wanted), -30, 30)))
        held = (pull[:, None] * inside)[:, columns]
        gradient = (problem.matrix * held).sum(axis=0) + (weights - centre) / SPREAD**2
        gradient = np.where(free, gradient, 0.0)
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        weights = weights - _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        held_in = np.where(start > 0, np.clip(weights, 0, CAP), np.clip(weights, -CAP, 0))
        weights = np.where(free, held_in, start)
    return weights


def as_file(fitted: dict[Feature, float], rows: Sequence[Row], version: str, about: str) -> FittedFile:
    """The fitted weights with the shares that they rest on."""
    hostile, hard, real = Counter[Feature](), Counter[Feature](), Counter[Feature]()
    totals = [0, 0, 0]
    for row in rows:
        if row.disguised:
            continue
        kind = 0 if row.hostile else 2 if row.real else 1
        totals[kind] += 1
        (hostile, hard, real)[kind].update(row.found)
    detectors: dict[str, dict[str, Fitted]] = defaultdict(dict)
    for feature, weight in sorted(fitted.items()):
        counted = [
            (counts[feature], total) for counts, total in zip((hostile, hard, real), totals, strict=True)
        ]
        if not any(count for count, _ in counted):
            continue  # nothing seen: the judged weight stays
        detectors[feature[0]][feature[1]] = Fitted(weight, *counted)
    return FittedFile(version, about, CAP, dict(detectors))


def fitted_weights(judged: Weights, rows: Sequence[Row], without: str = "") -> Weights:
    """The weights that judging uses, fitted on these rows but for one family."""
    kept = [row for row in rows if row.family != without]
    return with_fitted(judged, as_file(fit(kept, judged), kept, judged.version, "fitted"))
