"""How programs and providers treat pictures in mail, from the package's own table."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import msgspec

from tocsin.model.people import Contact
from tocsin.respond.exposure import Habit


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: str
    pictures: str
    source: str
    domains: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    proxy: bool = False
    early: bool = False


@cache
def _table() -> tuple[_Written, ...]:
    text = resources.files("tocsin").joinpath("data", "habits.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["habit"], tuple[_Written, ...])


def habits() -> tuple[Habit, ...]:
    """All that are known, in the order of data/habits.toml."""
    return tuple(map(_habit, _table()))


def habits_for(contact: Contact, address: str) -> tuple[Habit, ...]:
    """Those of the programs that the person reads with, else those that the address's provider suggests."""
    named = [one for one in _table() if set(contact.reads_with) & {one.id, one.name.lower(), *one.programs}]
    if contact.reads_with:
        return tuple(map(_habit, named))
    domain = address.rpartition("@")[2]
    return tuple(_habit(one) for one in _table() if domain in one.domains)


def _habit(one: _Written) -> Habit:
    return Habit(one.id, one.name, one.pictures, one.proxy, one.early, one.source)
