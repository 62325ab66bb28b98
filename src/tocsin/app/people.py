"""Reads people.toml into People; every mistake in it is said with its place and a suggestion."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path
from typing import Any

from tocsin.app.matching import AddressBook
from tocsin.app.people_contacts import KEYS as CONTACT_KEYS
from tocsin.app.people_contacts import contact_of_entry, renamed_domains
from tocsin.app.people_fields import PeopleError, address, known_keys, suggest, tables, text, texts
from tocsin.model.people import Contact, Event, Owner, People

__all__ = ["MAX_BYTES", "PeopleError", "load_people", "parse_people"]

MAX_BYTES = 64 * 1024 * 1024

_TEXTS = ("name", "organisation", "country", "sector")
_LISTS = ("addresses", "unpublished", "languages", "topics")
_KEYS = (
    "name", "addresses", "unpublished", "organisation", "sector", "country", "languages", "topics", "protected",
    "event", *CONTACT_KEYS,
)  # fmt: skip
_EVENT_KEYS = ("name", "day", "topics")


def load_people(path: Path) -> People:
    """The people of this file, sealed or not. Raises PeopleError; format in docs/people.md.

    The key of a sealed list may lie in the system's keyring, which is asked over a socket: call before the network is
    closed.
    """
    try:
        with path.open("rb") as file:  # bounded: a device named by mistake has no end
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PeopleError(
            f"{path}: cannot be read ({error.strerror}); check the path given to --people"
        ) from error
    if len(data) > MAX_BYTES:
        size = f"more than {MAX_BYTES // 1024**2} MiB"
        raise PeopleError(f"{path}: is {size}, no list of people; check the path given to --people")
    text, key = read_people_text(data, path)
    return parse_people(text, str(path), key)


def read_people_text(data: bytes, path: Path) -> tuple[str, bytes]:
    """The TOML of a list, and the key of its hashes where it keeps addresses so, else b"". Raises PeopleError."""
    key = b""
    if data.startswith(b"TOCSIN-PEOPLE-"):
        from tocsin.app.people_sealed import HASHED, unseal

        data, key = unseal(data, path)
        key = key if f'"{HASHED}'.encode() in data else b""
    try:
        return data.decode("utf-8-sig"), key
    except UnicodeDecodeError as error:
        raise PeopleError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def parse_people(written: str, source: str = "people.toml", address_key: bytes = b"") -> People:
    """The people written in this TOML text; `source` is named in errors, `address_key` is that of hashed addresses.

    Raises PeopleError.
    """
    try:
        document = tomllib.loads(written)
    except tomllib.TOMLDecodeError as error:
        raise PeopleError(f"{source}: is not valid TOML: {error}") from error
    for key in document:
        if key not in ("person", "matching"):
            raise PeopleError(
                f"{source}: unknown key {key!r}; {suggest(key, ('person', 'matching'), '[[person]], [matching]')}"
            )
    entries = document.get("person", [])
    if not isinstance(entries, list):
        raise PeopleError(f"{source}: write [[person]] with two brackets, one table a person")
    owners: list[Owner] = []
    contacts: list[Contact] = []
    seen: dict[str, str] = {}
    for number, entry in enumerate(entries, 1):
        place = f"{source}: person {number}"
        owner = _owner(entry, place)
        for one in owner.addresses:
            if one in seen:
                raise PeopleError(f"{source}: {one} belongs to both {seen[one]} and {owner.name}")
            seen[one] = owner.name
        owners.append(owner)
        contact = contact_of_entry(entry, owner.addresses[0], owner.addresses, place)
        if contact is not None:
            contacts.append(contact)
    people = People(
        tuple(owners),
        source,
        tuple(contacts),
        renamed_domains(document.get("matching", {}), source),
        address_key,
    )
    for form, names in AddressBook(people).shared.items():
        raise PeopleError(
            f"{source}: {' and '.join(names)} have addresses that come to one mailbox ({form}); join the people, or "
            "take one address out"
        )
    return people


def _owner(entry: object, place: str) -> Owner:
    table = known_keys(entry, _KEYS, place, "[[person]]")
    lines = {key: text(table, key, place) for key in _TEXTS}
    lists = {key: texts(table, key, place) for key in _LISTS}
    unpublished = tuple(one.strip().lower() for one in lists["unpublished"])
    addresses = tuple(dict.fromkeys((*(one.strip().lower() for one in lists["addresses"]), *unpublished)))
    if not addresses:
        raise PeopleError(f'{place}: no addresses; write addresses = ["name@example.org"]')
    for one in addresses:
        address(one, place)
    protected = table.get("protected", True)
    if not isinstance(protected, bool):
        raise PeopleError(f"{place}: protected is true or false, without quotes")
    domain = addresses[0].rpartition("@")[2]
    return Owner(
        addresses=addresses,
        name=lines["name"] or addresses[0],
        organisation=lines["organisation"] or domain,
        protected=protected,
        country=lines["country"],
        languages=tuple(language.lower() for language in lists["languages"]),
        topics=lists["topics"],
        unpublished=unpublished,
        events=_events(table, place),
        sector=lines["sector"],
    )


def _events(entry: dict[str, Any], place: str) -> tuple[Event, ...]:
    found = tables(entry, "event", place, "[[person.event]]")
    return tuple(_event(one, f"{place}, event {number}") for number, one in enumerate(found, 1))


def _event(entry: object, place: str) -> Event:
    table = known_keys(entry, _EVENT_KEYS, place, "[[person.event]]")
    name = text(table, "name", place)
    if not name:
        raise PeopleError(f'{place}: no name; write name = "Vote on the resolution"')
    day = table.get("day", "")
    try:  # TOML knows dates of its own, and people put quotes around them
        read = day if type(day) is datetime.date else datetime.date.fromisoformat(str(day))
    except ValueError:
        raise PeopleError(f"{place}: day is {day!r}; expected a date such as 2021-02-17") from None
    return Event(name, read.isoformat(), texts(table, "topics", place))
