"""A whole exercise: scenarios, people and a seed to mails."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tocsin.exercise import compose, plan
from tocsin.model.scenario import Cast, ExerciseMail, MailboxOwner, Scenario


def exercise(
    parts: Sequence[tuple[Scenario, float]],
    cast: Cast,
    people: Sequence[MailboxOwner],
    seed: int,
    start: str,
    days: int,
) -> tuple[ExerciseMail, ...]:
    """All mails of these scenarios, each with its scale, in order of time.

    `start` is the first day as YYYY-MM-DD, `days` the length of the period. The same arguments give the same
    bytes. Raises KeyError with the name of a slot, service or text group that the cast doesn't have.
    """
    first = datetime.strptime(start, "%Y-%m-%d")
    found: list[ExerciseMail] = []
    for scenario, scale in parts:
        for thread in plan.threads(scenario, cast, people, seed, scale, first, days):
            found += compose.mails(scenario, cast, thread, seed)
    return tuple(compose.ordered(found))
