"""Log-likelihood ratios to a probability: caps, logistic, and the words of ICD-203."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence

# ICD-203, section D.6.e.2.a; a lower edge belongs to its band, the end bands cover what lies beyond them.
BAND_EDGES = (0.05, 0.20, 0.45, 0.55, 0.80, 0.95)
BANDS = (
    "almost no chance",
    "very unlikely",
    "unlikely",
    "roughly even chance",
    "likely",
    "very likely",
    "almost certain",
)


def band(probability: float) -> str:
    """The ICD-203 words for a probability 0..1."""
    return BANDS[bisect_right(BAND_EDGES, probability)]


def logit(probability: float) -> float:
    """Log odds in nats; `probability` lies strictly between 0 and 1."""
    return math.log(probability / (1.0 - probability))


def logistic(nats: float) -> float:
    """The probability with these log odds; never overflows."""
    if nats >= 0:
        return 1.0 / (1.0 + math.exp(-nats))
    odds = math.exp(nats)
    return odds / (1.0 + odds)


def capped(weights: Sequence[tuple[str, float]], caps: Mapping[str, float]) -> tuple[float, ...]:
    """The share that each (group, weight) keeps once its group is held to its cap, in nats, in the same
    order.

    Correlated reasons are not counted twice: when the weights of one sign in a group add up to more than
    the group's cap, each is scaled down by the same factor. Shares are rounded to 0.01, so that what
    people read adds up to what was judged.
    """
    totals: dict[tuple[str, bool], float] = {}
    for group, weight in weights:
        key = (group, weight > 0)
        totals[key] = totals.get(key, 0.0) + weight
    over = {
        key: caps[key[0]] / abs(total)
        for key, total in totals.items()
        if abs(total) > caps.get(key[0], math.inf)
    }
    if not over:
        return tuple([round(weight, 2) for _, weight in weights])
    return tuple([round(weight * over.get((group, weight > 0), 1.0), 2) for group, weight in weights])
