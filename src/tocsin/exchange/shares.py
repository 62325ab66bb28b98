"""Which marks allow what to leave (TLP 2.0): nothing stricter than what the export is marked with."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.intel import Indicator
from tocsin.model.marks import STRICTEST, counts_as, within
from tocsin.model.sharing import Left


def allowed(indicators: Iterable[Indicator], tlp: str) -> tuple[tuple[Indicator, ...], tuple[Left, ...]]:
    """Those that an export marked `tlp` may hold, and what was left out by mark.

    RED is for those it was given to alone, and never leaves by a file.
    """
    kept: list[Indicator] = []
    left: dict[str, int] = {}
    for one in indicators:
        mark = counts_as(one.tlp)
        if mark == STRICTEST or not within(mark, tlp):
            left[mark] = left.get(mark, 0) + 1
        else:
            kept.append(one)
    said = tuple(
        Left(
            f"indicators marked TLP:{mark}",
            "TLP:RED is never exported"
            if mark == STRICTEST
            else f"this export is TLP:{tlp}; ask their source for release",
            count,
        )
        for mark, count in sorted(left.items())
    )
    return tuple(kept), said
