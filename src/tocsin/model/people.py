"""The people whose mail is read, and the organisations they belong to."""

from __future__ import annotations

import msgspec


class Event(msgspec.Struct, frozen=True):
    """Something in a person's work that others could know of: a vote, a hearing, a journey.

    `day` is a date, "2021-02-17"; `topics` are words by which mail about it can be told, besides its name.
    """

    name: str
    day: str
    topics: tuple[str, ...] = ()


class Owner(msgspec.Struct, frozen=True):
    """The person a mailbox belongs to.

    `addresses` are lower-case and the first is the one people know; `organisation` is whatever groups people who
    sit in one house (parliament, newsroom, ministry): reach is counted by it. `protected` is False for readers who
    are scanned only as a comparison. `topics` are free words; `languages` ISO 639-1 codes; `country` ISO 3166;
    `sector` a free word, as in "parliament" or "press". `unpublished` are those of the addresses that are found
    nowhere in public.
    """

    addresses: tuple[str, ...]
    name: str = ""
    organisation: str = ""
    protected: bool = True
    country: str = ""
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    unpublished: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    sector: str = ""


class People(msgspec.Struct, frozen=True):
    """Everyone named in people.toml, in the order of the file; `source` is the path it came from."""

    owners: tuple[Owner, ...] = ()
    source: str = ""
