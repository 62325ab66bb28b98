"""A whole exercise: scenarios, people and a seed to mails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from tocsin.exercise import ages, compose, plan
from tocsin.model.scenario import Cast, ExerciseMail, MailboxOwner, Scenario


class Made(msgspec.Struct, frozen=True):
    """The mails of an exercise in order of time, and when a part of its domains was registered."""

    mails: tuple[ExerciseMail, ...]
    registered: dict[str, date]


def exercise(
    parts: Sequence[tuple[Scenario, float]],
    cast: Cast,
    people: Sequence[MailboxOwner],
    seed: int,
    start: str,
    days: int,
) -> Made:
    """All mails of these scenarios, each with its scale.

    `start` is the first day as YYYY-MM-DD, `days` the length of the period. The same arguments give the same
    bytes. Raises KeyError with the name of a slot, service or text group that the cast doesn't have.
    """
    first = datetime.strptime(start, "%Y-%m-%d")
    threads = [
        (scenario, thread)
        for scenario, scale in parts
        for thread in plan.threads(scenario, cast, people, seed, scale, first, days)
    ]
    found: list[ExerciseMail] = []
    for scenario, thread in threads:
        found += compose.mails(scenario, cast, thread, seed)
    return Made(tuple(compose.ordered(found)), dict(ages.registered(threads, cast, seed, start)))
