"""Which mails of a campaign may be spoken of outside: what intelligence alone singled out carries its mark."""

from __future__ import annotations

from collections.abc import Iterator
from math import log

import msgspec

from tocsin.app.releases import releases
from tocsin.judge.pointers import DETECTOR
from tocsin.model.campaign import Campaign
from tocsin.model.fact import Mark
from tocsin.model.intel import TLPS, IntelSource
from tocsin.model.sharing import Left
from tocsin.model.targets import Targets
from tocsin.model.verdict import Verdict
from tocsin.respond.caveats import effective, may_be_told
from tocsin.store.interface import Store

_AUDIENCE = "owner"  # of a domain; colleagues who compare are told no more
_OURS = Mark()


class MarkedError(ValueError):
    """Nothing of a campaign can be told, or not under this mark; the message says whom to ask."""


def tellable(
    store: Store, campaign: Campaign, targets: Targets, tlp: str, *, threshold: float
) -> tuple[Targets, tuple[Left, ...]]:
    """The targets less the mails whose mark forbids to tell of them, and what was left out, by mark and source.

    Raises MarkedError where nothing is left, or where `tlp`, the mark of what is written, is freer than what goes in.
    """
    marks = _marks(store, campaign, threshold)
    released = releases(store)
    left: dict[tuple[str, str], set[int]] = {}
    kept = []
    floor = "CLEAR"
    for one in targets.sent:
        mark = marks.get(one.number, _OURS)
        if not may_be_told(mark, _AUDIENCE, released):
            left.setdefault((effective(mark), mark.ask), set()).add(one.number)
            continue
        floor = max(floor, min(effective(mark), "AMBER", key=TLPS.index), key=TLPS.index)
        kept.append(one)
    said = tuple(
        Left(
            "mails",
            f"intelligence of {ask} marked TLP:{mark} alone singled them out; ask for release",
            len(some),
        )
        for (mark, ask), some in sorted(left.items())
    )
    if targets.sent and not kept:
        reasons = "; ".join(f"{one.count:,} {one.what}: {one.why}" for one in said)
        raise MarkedError(
            f"{campaign.id}: nothing of it may be told ({reasons}, and record it with tocsin releases add)"
        )
    if TLPS.index(tlp) < TLPS.index(floor):
        raise MarkedError(
            f"{campaign.id}: intelligence marked TLP:{floor} alone singled out some of its mails; give "
            f"--tlp {floor} or a stricter mark"
        )
    return msgspec.structs.replace(targets, sent=tuple(kept)), said


def _marks(store: Store, campaign: Campaign, threshold: float) -> dict[int, Mark]:
    """The mark of each mail that is not the operator's own to tell.

    A mail that neither alarms by its own signs nor is met by intelligence is suspect for its company alone: where none
    of that alarms by itself, it is as marked as what met the others.
    """
    numbers = [member.number for member in campaign.members]
    own = {
        number
        for number in numbers
        if any(_alarms_by_itself(one.verdict, threshold) for one in store.verdicts(number))
    }
    met = {number: tuple(_met(store, number)) for number in numbers if number not in own}
    company = () if own else tuple(mark for marks in met.values() for mark in marks)
    return {number: _strictest(found) for number, marks in met.items() if (found := marks or company)}


def _alarms_by_itself(verdict: Verdict, threshold: float) -> bool:
    """Whether it alarms, and would without what intelligence lent it; of fraud that is not known afterwards."""
    if not verdict.indicator:
        return verdict.alert
    lent = sum(reason.weight for reason in verdict.for_ if reason.detector == DETECTOR)
    least = min(max(threshold, 1e-6), 1 - 1e-6)
    return verdict.log_odds - lent >= log(least / (1 - least))


def _strictest(marks: tuple[Mark, ...]) -> Mark:
    return max(marks, key=lambda mark: TLPS.index(effective(mark)))


def _met(store: Store, number: int) -> Iterator[Mark]:
    """The marks of what alarms on a mail: an indicator's own, else its source's; RED where neither is kept any more."""
    for hit in store.hits(number=number):
        if not hit.alarms:
            continue
        indicator = store.indicator(hit.indicator)
        if indicator is None:
            yield Mark("RED", source="a source that is no longer kept", ask="whoever gave it")
            continue
        body = store.get("source", indicator.source)
        source = msgspec.msgpack.decode(body, type=IntelSource) if body is not None else None
        name = source.name if source is not None else indicator.source
        tlp = indicator.tlp or (source.tlp if source is not None else "")
        yield Mark(
            tlp, indicator.pap, name, name, indicator.source
        )  # a source releases all of its own at once
