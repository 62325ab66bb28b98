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
    note: str = ""


@cache
def _table() -> tuple[_Written, ...]:
    text = resources.files("tocsin").joinpath("data", "habits.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["habit"], tuple[_Written, ...])


def habits() -> tuple[Habit, ...]:
    """All that are known, in the order of data/habits.toml."""
    return tuple(map(_habit, _table()))


def habits_for(contact: Contact, address: str) -> tuple[Habit, ...]:
    """Those of the programs that the person reads with, else those that the address's provider suggests.

    None where a program is named that the table does not know: it may show pictures where the others do not.
    """
    wanted = {name.strip().lower() for name in contact.reads_with}
    if wanted:
        found = {name: one for name in wanted for one in _table() if name in _names(one)}
        return (
            tuple(_habit(one) for one in _table() if one in found.values())
            if len(found) == len(wanted)
            else ()
        )
    domain = address.rpartition("@")[2].lower()
    return tuple(_habit(one) for one in _table() if domain in one.domains)


def _names(one: _Written) -> set[str]:
    return {one.id, one.name.lower(), *one.programs}


def _habit(one: _Written) -> Habit:
    return Habit(one.id, one.name, one.pictures, one.proxy, one.early, one.source)
