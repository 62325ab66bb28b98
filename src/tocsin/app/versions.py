"""Verdicts over time: when a new opinion is another version, and what it is put down to."""

from __future__ import annotations

import msgspec

from tocsin.judge.pointers import Pointer, strongest
from tocsin.model.stored import VerdictVersion
from tocsin.model.verdict import Verdict


class Standing(msgspec.Struct, frozen=True, gc=False):
    """What is compared of the newest version of a mail's verdict."""

    opinion: int
    detectors: frozenset[str]
    alert: bool
    indicator: bool


class Surroundings(msgspec.Struct, frozen=True):
    """What was different in this round of judging: other rules or lists than in the last one, and which."""

    now_s: float
    rules: str
    rules_changed: bool
    intelligence: str


def standing_of(verdict: Verdict) -> Standing:
    """The compared part of a verdict."""
    return Standing(
        hash(_opinion(verdict)),
        frozenset(reason.detector for reason in (*verdict.for_, *verdict.against)),
        verdict.alert,
        verdict.indicator,
    )


def _opinion(verdict: Verdict) -> tuple[object, ...]:
    """What makes another opinion: not the digits of a likelihood, but its band, the class, the alarm, the reasons."""
    return (
        verdict.class_,
        verdict.band,
        verdict.alert,
        verdict.indicator,
        tuple(sorted((reason.detector, reason.weight > 0) for reason in verdict.for_)),
        tuple(sorted(reason.detector for reason in verdict.against)),
        tuple(sorted(verdict.not_evaluated)),
    )


def next_version(
    number: int,
    verdict: Verdict,
    standing: Standing | None,
    surroundings: Surroundings,
    *,
    observed_again: bool,
    partial: bool,
    pointers: tuple[Pointer, ...] = (),
) -> VerdictVersion | None:
    """The version to add to a mail's verdicts, None where the opinion stands."""
    if standing is not None and standing == standing_of(verdict):
        return None
    if standing is None:
        reason, because = "first", "The first time that this mail was judged."
    elif observed_again:
        reason = "observed-again"
        because = "The mail was read again by another version of the program, or with other lists."
    elif pointers and verdict.indicator and not standing.indicator:
        reason, because = "intelligence", strongest(pointers).text
    elif surroundings.rules_changed:
        reason = "rules"
        because = f"It was judged by other rules, lists or settings than before (rules {surroundings.rules})."
    else:
        reason, because = "later-mail", _later(verdict, standing)
    return VerdictVersion(
        number,
        0,
        surroundings.now_s,
        reason,
        because,
        verdict,
        partial=partial,
        intelligence=surroundings.intelligence,
    )


def _later(verdict: Verdict, standing: Standing) -> str:
    """What mail that was read since has added or taken away."""
    said = {reason.detector for reason in (*verdict.for_, *verdict.against)}
    for reason in (*verdict.for_, *verdict.against):
        if reason.detector not in standing.detectors:
            return f"Mail that was read since adds a reason: {reason.text}"
    if standing.detectors - said:
        return "Mail that was read since takes away a reason that spoke before."
    return "Mail that was read since changes how much the reasons weigh."
