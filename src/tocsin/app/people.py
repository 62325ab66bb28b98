"""Reads people.toml into People; every mistake in it is said with its place and a suggestion."""

from __future__ import annotations

import datetime
import difflib
import tomllib
from pathlib import Path
from typing import Any

from tocsin.model.people import Event, Owner, People

MAX_BYTES = 64 * 1024 * 1024

_TEXTS = ("name", "organisation", "country", "sector")
_LISTS = ("addresses", "unpublished", "languages", "topics")
_KEYS = (
    "name", "addresses", "unpublished", "organisation", "sector", "country", "languages", "topics", "protected", "event"
)  # fmt: skip
_EVENT_KEYS = ("name", "day", "topics")


class PeopleError(ValueError):
    """people.toml cannot be used; the message says where, what was expected and what to do."""


def load_people(path: Path) -> People:
    """The people of this file. Raises PeopleError; format in docs/people.md."""
    try:
        with path.open("rb") as file:  # bounded: a device named by mistake has no end
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            size = f"more than {MAX_BYTES // 1024**2} MiB"
            raise PeopleError(f"{path}: is {size}, no list of people; check the path given to --people")
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise PeopleError(
            f"{path}: cannot be read ({error.strerror}); check the path given to --people"
        ) from error
    except UnicodeDecodeError as error:
        raise PeopleError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    return parse_people(text, str(path))


def parse_people(text: str, source: str = "people.toml") -> People:
    """The people written in this TOML text; `source` is named in errors. Raises PeopleError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PeopleError(f"{source}: is not valid TOML: {error}") from error
    for key in document:
        if key != "person":
            raise PeopleError(f"{source}: unknown key {key!r}; {_suggest(key, ('person',), '[[person]]')}")
    entries = document.get("person", [])
    if not isinstance(entries, list):
        raise PeopleError(f"{source}: write [[person]] with two brackets, one table a person")
    owners: list[Owner] = []
    seen: dict[str, str] = {}
    for number, entry in enumerate(entries, 1):
        owner = _owner(entry, f"{source}: person {number}")
        for address in owner.addresses:
            if address in seen:
                raise PeopleError(f"{source}: {address} belongs to both {seen[address]} and {owner.name}")
            seen[address] = owner.name
        owners.append(owner)
    return People(tuple(owners), source)


def _owner(entry: object, place: str) -> Owner:
    if not isinstance(entry, dict):
        raise PeopleError(f"{place}: expected a table that starts with [[person]]")
    for key in entry:
        if key not in _KEYS:
            raise PeopleError(f"{place}: unknown key {key!r}; {_suggest(key, _KEYS, ', '.join(_KEYS))}")
    texts = {key: _text(entry, key, place) for key in _TEXTS}
    lists = {key: _list(entry, key, place) for key in _LISTS}
    unpublished = tuple(address.strip().lower() for address in lists["unpublished"])
    addresses = tuple(dict.fromkeys((*(a.strip().lower() for a in lists["addresses"]), *unpublished)))
    if not addresses:
        raise PeopleError(f'{place}: no addresses; write addresses = ["name@example.org"]')
    for address in addresses:
        local, at, domain = address.rpartition("@")
        if not (local and at and domain) or any(c.isspace() for c in address):
            raise PeopleError(f"{place}: {address!r} is not a mail address; expected name@domain")
    protected = entry.get("protected", True)
    if not isinstance(protected, bool):
        raise PeopleError(f"{place}: protected is true or false, without quotes")
    domain = addresses[0].rpartition("@")[2]
    return Owner(
        addresses=addresses,
        name=texts["name"] or addresses[0],
        organisation=texts["organisation"] or domain,
        protected=protected,
        country=texts["country"],
        languages=tuple(language.lower() for language in lists["languages"]),
        topics=lists["topics"],
        unpublished=unpublished,
        events=_events(entry.get("event", []), place),
        sector=texts["sector"],
    )


def _events(entries: object, place: str) -> tuple[Event, ...]:
    if not isinstance(entries, list):
        raise PeopleError(f"{place}: write [[person.event]] with two brackets, one table an event")
    return tuple(_event(entry, f"{place}, event {number}") for number, entry in enumerate(entries, 1))


def _event(entry: object, place: str) -> Event:
    if not isinstance(entry, dict):
        raise PeopleError(f"{place}: expected a table that starts with [[person.event]]")
    for key in entry:
        if key not in _EVENT_KEYS:
            raise PeopleError(
                f"{place}: unknown key {key!r}; {_suggest(key, _EVENT_KEYS, ', '.join(_EVENT_KEYS))}"
            )
    name = _text(entry, "name", place)
    if not name:
        raise PeopleError(f'{place}: no name; write name = "Vote on the resolution"')
    day = entry.get("day", "")
    try:  # TOML knows dates of its own, and people put quotes around them
        read = day if type(day) is datetime.date else datetime.date.fromisoformat(str(day))
    except ValueError:
        raise PeopleError(f"{place}: day is {day!r}; expected a date such as 2021-02-17") from None
    return Event(name, read.isoformat(), _list(entry, "topics", place))


def _text(entry: dict[str, Any], key: str, place: str) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise PeopleError(f'{place}: {key} is a text in quotes, as in {key} = "…"')
    return value.strip()


def _list(entry: dict[str, Any], key: str, place: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise PeopleError(f'{place}: {key} is a list of texts, as in {key} = ["…"]')
    return tuple(value)


def _suggest(key: str, known: tuple[str, ...], otherwise: str) -> str:
    close = difflib.get_close_matches(key, known, 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else f"known here: {otherwise}"
