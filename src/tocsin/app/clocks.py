"""Clocks of rules: which there are, and when what is due; a person starts one, nothing here says that it applies."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import msgspec

from tocsin.model.case import Deadline, Rule

_HOUR_S = 3_600.0


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    what: str
    hours: float
    after: bool = False


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    title: str
    about: str
    doubt: str
    source: str
    steps: tuple[_Step, ...]


@cache
def rules() -> tuple[Rule, ...]:
    """The rules of data/clocks.toml, in the order of the file. Raises msgspec.ValidationError for another shape."""
    text = resources.files("tocsin").joinpath("data", "clocks.toml").read_text(encoding="utf-8")
    written = msgspec.convert(tomllib.loads(text)["rule"], tuple[_Written, ...])
    return tuple(
        Rule(one.id, one.title, one.about, one.doubt, one.source, _hours(one.steps)) for one in written
    )


def find_rule(id: str) -> Rule:
    """The rule with this id. Raises KeyError."""
    return {one.id: one for one in rules()}[id]


def deadlines_of(rule: Rule, started_s: float) -> tuple[Deadline, ...]:
    """What is due when: hours are hours, whatever clocks on walls do meanwhile."""
    return tuple(Deadline(what, started_s + hours * _HOUR_S) for what, hours in rule.steps)


def _hours(steps: tuple[_Step, ...]) -> tuple[tuple[str, float], ...]:
    """Hours from the start of the clock."""
    found: list[tuple[str, float]] = []
    for step in steps:
        base = found[-1][1] if step.after and found else 0.0
        found.append((step.what, base + step.hours))
    return tuple(found)
