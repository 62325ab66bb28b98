"""Figures on names given from infrastructure, each with its interval over actors drawn again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from benchmarks.attribution.overlap_fit import Judged

SMALL = 100  # blocks; what vendors publish of larger actors repeats itself
ROUNDS = 1000
Counts = npt.NDArray[np.float64]


class Figure(msgspec.Struct, frozen=True):
    """A share 0..1 with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f}–{self.high:.2f})"


class Figures(msgspec.Struct, frozen=True):
    """What is told of one rule.

    Coverage is the share of blocks with a domain that get a name: of all, and of those whose actor another report
    names.
    Precision is over names given to blocks whose actor was not held out: of all names, of names of actors with up to
    SMALL blocks, and averaged over the `actors` that were named. `abstains` is the share of blocks of held-out actors
    that stay without a name, by block and averaged over actors.
    """

    coverage: Figure
    coverage_of_known: Figure
    precision: Figure
    precision_of_small: Figure
    macro: Figure
    actors: int
    abstains: Figure
    abstains_by_actor: Figure
    held_out: float


def figures(judged: Sequence[Judged], seed: int = 6) -> Figures:
    """All figures of one rule; actors, with all their blocks, are drawn again for the intervals."""
    actors = sorted({one.case.block.actor for one in judged})
    sizes = Counter(one.case.block.actor for one in judged if not one.case.held_out)
    named = sorted({one.case.named for one in judged if one.answers and not one.case.held_out})
    row = {actor: number for number, actor in enumerate(actors)}
    column = {actor: number for number, actor in enumerate(named)}
    small = np.array([sizes[actor] <= SMALL for actor in named])
    given = np.zeros((len(actors), len(named)))
    right = np.zeros((len(actors), len(named)))
    blocks = np.zeros((len(actors), 6))  # all, answered, known, answered known, held out, answered held out
    for one in judged:
        place = row[one.case.block.actor]
        if one.case.held_out:
            blocks[place, 4] += 1
            blocks[place, 5] += one.answers
            continue
        blocks[place, 0] += 1
        blocks[place, 1] += one.answers
        blocks[place, 2] += one.case.known
        blocks[place, 3] += one.case.known and one.answers
        if one.answers:
            given[place, column[one.case.named]] += 1
            right[place, column[one.case.named]] += one.case.right
    chance = np.random.default_rng(seed)
    draws = chance.multinomial(len(actors), np.full(len(actors), 1 / len(actors)), size=ROUNDS)

    def figure(of: Callable[[Counts], float]) -> Figure:
        drawn = np.array([of(one.astype(float)) for one in draws])
        low, high = np.nanpercentile(drawn, [2.5, 97.5])
        return Figure(of(np.ones(len(actors))), float(low), float(high))

    def share(above: int, below: int) -> Callable[[Counts], float]:
        return lambda times: _ratio(times @ blocks[:, above], times @ blocks[:, below])

    def by_actor(times: Counts) -> float:
        return float(times @ (1 - blocks[:, 5] / blocks[:, 4]) / times.sum())

    return Figures(
        coverage=figure(share(1, 0)),
        coverage_of_known=figure(share(3, 2)),
        precision=figure(lambda times: _ratio((times @ right).sum(), (times @ given).sum())),
        precision_of_small=figure(
            lambda times: _ratio((times @ right)[small].sum(), (times @ given)[small].sum())
        ),
        macro=_macro(right.sum(axis=0) / given.sum(axis=0), chance),
        actors=len(named),
        abstains=figure(lambda times: 1 - _ratio(times @ blocks[:, 5], times @ blocks[:, 4])),
        abstains_by_actor=figure(by_actor),
        held_out=float(blocks[:, 4].sum() / (blocks[:, 4].sum() + blocks[:, 0].sum())),
    )


def _macro(precisions: Counts, chance: np.random.Generator) -> Figure:
    """The mean over named actors; these are drawn again, for with true actors a name would come without its own."""
    if not len(precisions):
        return Figure(0.0, 0.0, 1.0)
    drawn = precisions[chance.integers(len(precisions), size=(ROUNDS, len(precisions)))].mean(axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(float(precisions.mean()), float(low), float(high))


def _ratio(part: Any, whole: Any) -> float:
    return float(part) / float(whole) if whole else float("nan")


def reliability(judged: Sequence[Judged], count: int = 10) -> list[tuple[float, float, int]]:
    """Mean stated probability, share that was right, and number of cases, by ten parts of the scale."""
    held: list[list[Judged]] = [[] for _ in range(count)]
    for one in judged:
        if one.case.named:
            held[min(int(one.probability * count), count - 1)].append(one)
    return [
        (
            sum(one.probability for one in group) / len(group),
            sum(one.case.right for one in group) / len(group),
            len(group),
        )
        for group in held
        if group
    ]


def calibration_error(judged: Sequence[Judged]) -> float:
    """Expected calibration error over ten parts of the scale (Naeini 2015), of cases where somebody leads."""
    parts = reliability(judged)
    return sum(abs(said - true) * count for said, true, count in parts) / sum(count for *_, count in parts)


def risk_coverage(judged: Sequence[Judged]) -> list[tuple[float, float]]:
    """Coverage of blocks whose actor was not held out, and the share of wrong names, threshold by threshold."""
    order = sorted((one for one in judged if not one.case.held_out), key=lambda one: -one.probability)
    points: list[tuple[float, float]] = []
    wrong = 0
    for number, one in enumerate(order, 1):
        if not one.case.named:
            break
        wrong += not one.case.right
        if number == len(order) or order[number].probability != one.probability:
            points.append((number / len(order), wrong / number))
    return points
