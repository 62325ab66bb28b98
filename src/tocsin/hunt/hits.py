"""Hits: which indicators one mail meets, by what, and whether that alarms."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.hunt.match import Shown, Uncompiled, evaluate
from tocsin.model.intel import Hit, Indicator

# Strangers write the same subject and use the same program: shown, but no alarm by themselves.
_COMMON = {
    "subject": "a subject alone proves little: strangers write the same",
    "mailer": "the name of a mail program alone proves little: strangers use the same",
}


def hits_of(
    number: int, time_s: float | None, shown: Shown, indicators: Iterable[Indicator], found_s: float
) -> list[Hit]:
    """A hit for each of the indicators that the mail meets; each indicator once, by its most telling match.

    `time_s` is when the mail came. An expression that cannot be searched for meets nothing here: who asks has listed
    it before.
    """
    hits: list[Hit] = []
    for indicator in indicators:
        try:
            met = evaluate(indicator.pattern, shown)
        except Uncompiled:
            continue
        if met is None:
            continue
        match, seen = met
        excuse = excuse_of(indicator, match, time_s)
        hits.append(Hit(indicator.id, number, match, seen, found_s, not excuse, excuse))
    return hits


def excuse_of(indicator: Indicator, match: str, time_s: float | None) -> str:
    """Why a hit does not alarm, a clause for people; "" if it does.

    Mail from before `valid_from_s` alarms: old mail is what new intelligence is for.
    """
    if indicator.revoked:
        return "its source has withdrawn it"
    if indicator.warning:
        return f"strangers share it ({indicator.warning})"
    until_s = indicator.valid_until_s
    if until_s is not None and time_s is not None and time_s > until_s:
        return "it had run out when the mail came"
    return _COMMON.get(match, "")
