"""Analysis of competing hypotheses: each piece of evidence against each hypothesis, and what disconfirms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from tocsin.attribute.hypotheses import (
    COMPARED,
    MARKETING,
    UNKNOWN,
    Assumptions,
    Published,
    Rates,
    log_probability,
)
from tocsin.model.actor import Source
from tocsin.model.assessment import Cell, Evidence

# Nats from which a mark is given; a factor of about 4.5 is strong.
_STRONG, _WEAK = 1.5, 0.4


class Matrix(msgspec.Struct, frozen=True):
    """The cells, and by hypothesis what counted in sum: nats against an unknown actor, held to the cap."""

    cells: tuple[Cell, ...]
    weights: Mapping[str, float]


def weigh(
    evidence: Sequence[Evidence],
    said: Mapping[str, Published],
    hypotheses: Sequence[str],
    rates: Rates,
    assumed: Assumptions,
) -> Matrix:
    """Every piece of evidence against every hypothesis; of each origin only the piece that tells most counts.

    Cells are against the mean over the hypotheses: what all of them expect alike weighs nothing for any. Marketing
    gets marks and no weights: the verdicts on the mails weighed the same signs for it already.
    """
    raw = {
        one.id: _against_mean(
            {name: log_probability(one, said[one.id], name, rates, assumed) for name in hypotheses}
        )
        for one in evidence
        if one.kind in COMPARED and one.id in said
    }
    telling: dict[str, str] = {}
    for one in evidence:
        if one.id not in raw:
            continue
        best = telling.get(one.origin)
        if best is None or _spread(raw[one.id]) > _spread(raw[best]):
            telling[one.origin] = one.id
    counted = set(telling.values())
    sums = {name: math.fsum(raw[id][name] for id in sorted(counted)) for name in hypotheses}
    usual = sums[UNKNOWN]
    cells = []
    for one in evidence:
        for name in hypotheses:
            if one.id in raw:
                weight = raw[one.id][name]
                counts = weight if one.id in counted and name != MARKETING else 0.0
                cells.append(Cell(one.id, name, mark(weight), counts, _why(said[one.id], name)))
            elif one.names:
                cells.append(
                    Cell(one.id, name, "strongly-consistent", 0.0, "a source ties it to this actor")
                    if name in one.names
                    else Cell(one.id, name, "inconsistent", 0.0, "a source ties it to another")
                )
            else:
                cells.append(Cell(one.id, name, "none", 0.0))
    return Matrix(
        tuple(cells),
        {
            name: 0.0 if name == MARKETING else min(max(total - usual, -assumed.cap), assumed.cap)
            for name, total in sums.items()
        },
    )


def mark(weight: float) -> str:
    """The word for a weight in nats."""
    if abs(weight) < _WEAK:
        return "none"
    strong = "strongly-" if abs(weight) >= _STRONG else ""
    return f"{strong}consistent" if weight > 0 else f"{strong}inconsistent"


def inconsistency(cells: Sequence[Cell], hypothesis: str) -> float:
    """The sum of what speaks against a hypothesis, in nats, 0 or negative."""
    return math.fsum(min(one.weight, 0.0) for one in cells if one.hypothesis == hypothesis)


def _against_mean(logs: Mapping[str, float]) -> dict[str, float]:
    weighed = [value for name, value in logs.items() if name != MARKETING]
    mean = math.log(math.fsum(math.exp(value) for value in weighed) / len(weighed))
    return {name: value - mean for name, value in logs.items()}


def _spread(weights: Mapping[str, float]) -> float:
    weighed = [weight for name, weight in weights.items() if name != MARKETING]
    return max(weighed) - min(weighed)


def _why(said: Published, name: str) -> str:
    if name in said.fitting:
        one = said.fitting[name]
        return f"{one.text} ({_source(one.sources)})"
    if name in said.denying:
        one = said.denying[name]
        return f"published otherwise: {one.text} ({_source(one.sources)})"
    return "something else of this sort was published" if name in said.otherwise else ""


def _source(sources: Sequence[Source]) -> str:
    return "; ".join(", ".join(part for part in (one.publisher, one.date) if part) for one in sources[:3])
