"""Whether a campaign may be spoken of outside: what is known of it by others' intelligence alone carries their mark."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

import msgspec

from tocsin.exchange.shares import UNMARKED
from tocsin.judge.pointers import DETECTOR
from tocsin.model.campaign import Campaign
from tocsin.model.fact import Release
from tocsin.model.intel import TLPS, Indicator, IntelSource
from tocsin.model.verdict import Verdict
from tocsin.store.interface import Store

# Marks under which a domain's owner may be told without asking the source (TLP 2.0: clients who need it).
_TELLABLE = TLPS[: TLPS.index("AMBER") + 1]
_AUDIENCE = "owner"


class MarkedError(ValueError):
    """A campaign cannot be spoken of under this mark; the message says whom to ask."""


def check_mark(store: Store, campaign: Campaign, tlp: str, *, threshold: float) -> None:
    """Raise MarkedError where this campaign must not leave, or not under this mark.

    One mail that alarms by its own signs makes the campaign the operator's to tell; where all alarm by intelligence
    alone, the freest mark among what met them counts, and AMBER+STRICT and RED need a release by their source.
    """
    numbers = [member.number for member in campaign.members]
    verdicts = [one.verdict for one in store.standing(numbers)]
    alarming = [one for one in verdicts if one.alert]
    if not alarming or any(_alarms_by_itself(one, threshold) for one in alarming):
        return
    released = {one.ref for one in _releases(store) if one.audience == _AUDIENCE}
    met = {one.id: one for number in numbers for one in _met(store, number)}
    marks = {one.id: _mark(store, one) for one in met.values()}
    free = [min(mark, "AMBER", key=TLPS.index) if id in released else mark for id, mark in marks.items()]
    floor = min(
        free, key=TLPS.index, default="AMBER+STRICT"
    )  # whose intelligence is gone, its mark is not known
    if floor not in _TELLABLE:
        sources = ", ".join(sorted({_source_name(store, one) for one in met.values()})) or "its source"
        raise MarkedError(
            f"{campaign.id}: is known by intelligence marked TLP:{floor} alone, which its source must release first; "
            f"ask {sources}, and record what they say with tocsin releases add"
        )
    if TLPS.index(tlp) < TLPS.index(floor):
        raise MarkedError(
            f"{campaign.id}: is known by intelligence marked TLP:{floor} alone; give --tlp {floor} or a stricter mark"
        )


def _alarms_by_itself(verdict: Verdict, threshold: float) -> bool:
    """Whether it would alarm without what intelligence says of it; of fraud that is not known afterwards."""
    if not verdict.indicator:
        return True
    lent = sum(reason.weight for reason in verdict.for_ if reason.detector == DETECTOR)
    least = min(max(threshold, 1e-6), 1 - 1e-6)
    return verdict.log_odds - lent >= log(least / (1 - least))


def _met(store: Store, number: int) -> Iterator[Indicator]:
    for hit in store.hits(number=number):
        indicator = store.indicator(hit.indicator)
        if indicator is not None and not indicator.warning:
            yield indicator


def _mark(store: Store, indicator: Indicator) -> str:
    source = _source(store, indicator)
    return indicator.tlp or (source.tlp if source is not None else "") or UNMARKED


def _source(store: Store, indicator: Indicator) -> IntelSource | None:
    body = store.get("source", indicator.source)
    return msgspec.msgpack.decode(body, type=IntelSource) if body is not None else None


def _source_name(store: Store, indicator: Indicator) -> str:
    source = _source(store, indicator)
    return source.name if source is not None else "its source"


def _releases(store: Store) -> Iterator[Release]:
    for _, body in store.documents("release"):
        yield msgspec.msgpack.decode(body, type=Release)
