"""Clocks of rules: which there are, and when what is due; a person starts one, nothing here says that it applies."""

from __future__ import annotations

import tomllib
from calendar import monthrange
from datetime import UTC, datetime
from functools import cache
from importlib import resources

import msgspec

from tocsin.model.case import Deadline, Rule

_HOUR_S = 3_600.0


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of data/clocks.toml, in the order of the file. Raises msgspec.ValidationError for another shape."""
    text = resources.files("tocsin").joinpath("data", "clocks.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["rule"], tuple[Rule, ...])


def find_rule(id: str) -> Rule:
    """The rule with this id. Raises KeyError."""
    return {one.id: one for one in rules()}[id]


def deadlines_of(rule: Rule, started_s: float) -> tuple[Deadline, ...]:
    """What is due when: hours are hours, whatever clocks on walls do meanwhile; months are the calendar's, in UTC."""
    found: list[Deadline] = []
    for step in rule.steps:
        base_s = found[-1].due_s if step.after and found else started_s
        found.append(Deadline(step.what, _later(base_s, step.months) + step.hours * _HOUR_S))
    return tuple(found)


def _later(time_s: float, months: int) -> float:
    """The same day and time so many months later, or the month's last day where it has no such day."""
    if not months:
        return time_s
    start = datetime.fromtimestamp(time_s, UTC)
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1])).timestamp()
