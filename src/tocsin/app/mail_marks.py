"""How marked it is that a mail is suspect: what intelligence alone singled out bears the mark of that intelligence."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import exp, log

import msgspec

from tocsin.judge.pointers import DETECTOR
from tocsin.model.fact import Mark
from tocsin.model.intel import IntelSource
from tocsin.model.marks import stricter
from tocsin.model.verdict import Verdict
from tocsin.store.interface import Store

OURS = Mark()
_GONE = Mark("RED", source="a source that is no longer kept", ask="whoever gave it")


class Met(msgspec.Struct, frozen=True):
    """That intelligence alarms on a mail since `found_s`; `seen` is what the mail shows."""

    found_s: float
    mark: Mark
    seen: str


class SingledOut(msgspec.Struct, frozen=True):
    """By number of mail: what met it, the mark under which it is suspect, and how likely it is by its own signs.

    `marks` has no entry for a mail that is ours to tell of.
    """

    met: Mapping[int, tuple[Met, ...]]
    marks: Mapping[int, Mark]
    likelihood: Mapping[int, float]


def singled_out(store: Store, numbers: Collection[int], *, threshold: float = 0.5) -> SingledOut:
    """How the mails of one campaign, or one mail, came to be suspect.

    A mail that neither alarms by its own signs nor is met by intelligence is suspect for its company alone: where none
    of that alarms by itself, it is as marked as what met the others. Of several that met a mail each would have
    singled it out alone, so that one of them has to let it out.
    """
    verdicts = {one.number: one.verdict for one in store.standing(numbers)}
    sources: dict[str, IntelSource | None] = {}
    met = {number: tuple(_met(store, number, sources)) for number in numbers}
    own, likelihood = set(), {}
    for number, verdict in verdicts.items():
        unaided = [verdict] if not verdict.indicator else _unaided(store, number)
        if any(one.alert for one in unaided) or _alarms_without_help(verdict, threshold):
            own.add(number)
        likelihood[number] = max((_without_help(verdict), *(one.likelihood for one in unaided[-1:])))
    company = () if own else tuple(dict.fromkeys(one.mark for found in met.values() for one in found))
    marks = {}
    for number in numbers:
        found = tuple(dict.fromkeys(one.mark for one in met[number])) or company
        if number not in own and found:
            ask = " or ".join(sorted({one.ask for one in found}))
            marks[number] = found[0] if len(found) == 1 else Mark(ask=ask, any_of=found)
    return SingledOut(met, marks, likelihood)


def _unaided(store: Store, number: int) -> list[Verdict]:
    """What was thought of a mail before intelligence met it."""
    return [one.verdict for one in store.verdicts(number) if not one.verdict.indicator]


def _alarms_without_help(verdict: Verdict, threshold: float) -> bool:
    """Whether it would alarm without what intelligence lent it; of fraud that is not known afterwards."""
    least = min(max(threshold, 1e-6), 1 - 1e-6)
    return verdict.indicator and verdict.log_odds - _lent(verdict) >= log(least / (1 - least))


def _without_help(verdict: Verdict) -> float:
    nats = min(max(verdict.log_odds - _lent(verdict), -40.0), 40.0)
    return 1 / (1 + exp(-nats)) if verdict.indicator else verdict.likelihood


def _lent(verdict: Verdict) -> float:
    return sum(reason.weight for reason in verdict.for_ if reason.detector == DETECTOR)


def _met(store: Store, number: int, sources: dict[str, IntelSource | None]) -> Iterator[Met]:
    """What alarms on a mail: the stricter mark of indicator and source; RED where neither is kept any more."""
    for hit in store.hits(number=number):
        if not hit.alarms:
            continue
        one = store.indicator(hit.indicator)
        if one is None:
            yield Met(hit.found_s, _GONE, hit.seen.value)
        elif not one.revoked:
            if one.source not in sources:
                sources[one.source] = _source(store, one.source)
            source = sources[one.source]
            name = source.name if source is not None else one.source
            tlp = stricter(one.tlp, source.tlp if source is not None else "RED")
            # A source releases all of its own at once: a notice names no single indicator.
            yield Met(hit.found_s, Mark(tlp, one.pap, name, name, one.source), hit.seen.value)


def _source(store: Store, id: str) -> IntelSource | None:
    body = store.get("source", id)
    if body is None:
        return None
    try:
        return msgspec.msgpack.decode(body, type=IntelSource)
    except msgspec.DecodeError:
        return None
