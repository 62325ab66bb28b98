"""Weights for reconnaissance fitted on findings: a penalised likelihood that starts from what people judged.

The model is the one that judging uses: the prior's log odds plus the weights of what was found, each group's weights
of one sign held to its cap. Weights keep the sign that people gave them, move from their value only as far as the
data press, and never exceed the cap for fitted weights.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from tocsin.app.weights import FittedFile, with_fitted
from tocsin.judge.likelihood import logit
from tocsin.model.weights import Fitted, Weights

Feature = tuple[str, str]  # detector, level

CAP = 3.0  # nats
# How far, in nats, data may be expected to move a judged weight (the standard deviation of the penalty).
SPREAD = 0.8
# Benign mail counts this many times as much as hostile mail: a false alarm costs more than a miss.
BENIGN = 30.0
# Log odds that the fit tries to put between mail and the alert at 0: above for hostile, below for benign mail.
MARGIN_HOSTILE, MARGIN_BENIGN = 1.0, 1.5
# Groups that hold by definition, not by what mail happens to look like.
UNFITTED_GROUPS = frozenset({"nature"})
_STEPS = 1_500
_RATE = 0.02


class Row(msgspec.Struct, frozen=True):
    """What was found in one mail; `family` and `stratum` as in `worlds.Case`, `weight` its share in the fit."""

    found: frozenset[Feature]
    hostile: bool
    family: str
    real: bool
    weight: float = 1.0


def fit(rows: Sequence[Row], judged: Weights, without: str = "") -> dict[Feature, float]:
    """The fitted weights in nats, of every level that people gave a weight; `without` names a family left out.

    Hostile families count the same in all, whatever their size; so do benign families of exercises, and strata of
    real mail.
    """
    kept = [row for row in rows if row.family != without]
    features = _features(judged)
    if not kept or not features:
        return {}
    place = {feature: number for number, feature in enumerate(features)}
    start = np.array([judged.detectors[name].judged[level] for name, level in features])
    counts = _distinct(kept)
    keys = list(counts)
    matrix = np.zeros((len(keys), len(features)))
    for number, (found, _) in enumerate(keys):
        for feature in found:
            if feature in place:
                matrix[number, place[feature]] = 1.0
    hostile = np.array([is_hostile for _, is_hostile in keys])
    mass = np.array([counts[key] for key in keys])
    groups = _groups(features, start, judged)
    free = np.array([judged.detectors[name].group not in UNFITTED_GROUPS for name, _ in features])
    weights = _descend(matrix, np.full(len(keys), logit(judged.prior)), hostile, mass, start, groups, free)
    return {feature: float(np.round(weights[number], 2)) for feature, number in place.items() if free[number]}


def _features(judged: Weights) -> list[Feature]:
    return [
        (name, level)
        for name, entry in sorted(judged.detectors.items())
        for level, weight in sorted(entry.judged.items())
        if weight
    ]


def _distinct(rows: Iterable[Row]) -> dict[tuple[frozenset[Feature], bool], float]:
    """Rows that found the same, with their mass: each family's rows share one mass."""
    sizes: Counter[str] = Counter()
    for row in rows:
        sizes[row.family] += 1
    counts: dict[tuple[frozenset[Feature], bool], float] = defaultdict(float)
    for row in rows:
        share = row.weight / sizes[row.family] ** 0.5  # between each mail and each family the same
        counts[row.found, row.hostile] += share if row.hostile else BENIGN * share
    return counts


def _groups(
    features: Sequence[Feature], start: np.ndarray, judged: Weights
) -> list[tuple[np.ndarray, float, float]]:
    """For each group and sign: its places, the sign and the cap."""
    places: dict[tuple[str, float], list[int]] = defaultdict(list)
    for number, (name, _) in enumerate(features):
        places[judged.detectors[name].group, float(np.sign(start[number]))].append(number)
    return [(np.array(where), sign, judged.caps[group]) for (group, sign), where in places.items()]


def _descend(
    matrix: np.ndarray,
    offset: np.ndarray,
    hostile: np.ndarray,
    mass: np.ndarray,
    start: np.ndarray,
    groups: list[tuple[np.ndarray, float, float]],
    free: np.ndarray,
) -> np.ndarray:
    """Gradient steps (Adam) on the penalised loss, kept inside sign and cap after each."""
    weights = start.copy()
    weights[free] = np.clip(weights[free], -CAP, CAP)
    centre = weights.copy()
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    sign = np.where(hostile, 1.0, -1.0)
    margin = np.where(hostile, MARGIN_HOSTILE, MARGIN_BENIGN)
    scale = mass / mass[hostile].sum() * _EVIDENCE
    for step in range(1, _STEPS + 1):
        score, open_ = _score(matrix, offset, weights, groups)
        # softplus(margin - sign * score), the loss of being on the wrong side
        pull = -sign / (1.0 + np.exp(np.clip(sign * score - margin, -50, 50)))
        gradient = (matrix * open_).T @ (scale * pull) + (weights - centre) / SPREAD**2
        gradient[~free] = 0.0
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        weights = weights - _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
        weights[free] = np.where(
            start[free] > 0, np.clip(weights[free], 0, CAP), np.clip(weights[free], -CAP, 0)
        )
    return weights


# Mass of all hostile mail in the loss, in units of the penalty: how much the data weigh against judgement.
_EVIDENCE = 60.0


def _score(
    matrix: np.ndarray, offset: np.ndarray, weights: np.ndarray, groups: list[tuple[np.ndarray, float, float]]
) -> tuple[np.ndarray, np.ndarray]:
    """Log odds of every row, and where a weight moves them: not in a group that stands at its cap."""
    score = offset.copy()
    open_ = np.ones_like(matrix)
    for places, sign, cap in groups:
        total = matrix[:, places] @ (weights[places] * sign)
        over = total > cap
        score += sign * np.minimum(total, cap)
        open_[np.ix_(over, places)] = 0.0
    return score, open_


def as_file(fitted: dict[Feature, float], rows: Sequence[Row], version: str, about: str) -> FittedFile:
    """The fitted weights with the shares that they rest on."""
    hostile, hard, real = Counter[Feature](), Counter[Feature](), Counter[Feature]()
    totals = [0, 0, 0]
    for row in rows:
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
