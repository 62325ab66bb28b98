"""Which marks allow what to leave (TLP 2.0): nothing stricter than what the export is marked with."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.intel import TLPS, Indicator
from tocsin.model.sharing import Left

UNMARKED = "AMBER"  # what says nothing is treated as if it said this


def allowed(indicators: Iterable[Indicator], tlp: str) -> tuple[tuple[Indicator, ...], tuple[Left, ...]]:
    """Those that an export marked `tlp` may hold, and what was left out by mark.

    RED is for those it was given to alone, and never leaves by a file.
    """
    kept: list[Indicator] = []
    left: dict[str, int] = {}
    for one in indicators:
        mark = one.tlp or UNMARKED
        if mark == "RED" or TLPS.index(mark) > TLPS.index(tlp):
            left[mark] = left.get(mark, 0) + 1
        else:
            kept.append(one)
    said = tuple(
        Left(
            f"indicators marked TLP:{mark}",
            "TLP:RED is never exported"
            if mark == "RED"
            else f"this export is TLP:{tlp}; ask their source for release",
            count,
        )
        for mark, count in sorted(left.items())
    )
    return tuple(kept), said
