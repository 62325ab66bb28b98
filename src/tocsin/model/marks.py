"""The one rule for how far a mark of TLP 2.0 lets a thing go; exports, reports and notices all ask it."""

from __future__ import annotations

from tocsin.model.intel import TLPS

UNMARKED = "AMBER"  # what others gave and said nothing about counts as if they had said this
STRICTEST = TLPS[-1]


def counts_as(tlp: str) -> str:
    """The mark that counts for what somebody else gave: theirs, UNMARKED for "", STRICTEST for one nobody knows."""
    if not tlp:
        return UNMARKED
    return tlp if tlp in TLPS else STRICTEST


def within(tlp: str, ceiling: str) -> bool:
    """Whether what somebody else marked `tlp` may go where nothing stricter than `ceiling` may."""
    return TLPS.index(counts_as(tlp)) <= TLPS.index(ceiling)


def stricter(left: str, right: str) -> str:
    """The stricter of two marks; "" says nothing."""
    stated = [one for one in (left, right) if one]
    return max(stated, key=lambda one: TLPS.index(counts_as(one)), default="")
