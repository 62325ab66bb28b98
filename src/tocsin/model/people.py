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


class Way(msgspec.Struct, frozen=True):
    """A way to reach somebody: `kind` of "telephone", "letter", "in-person", "messenger" or "mail"; `to` as written."""

    kind: str
    to: str
    note: str = ""


class Delegate(msgspec.Struct, frozen=True):
    """Somebody else who reads a mailbox: staff, a substitute. `address` is "" where they have none of their own."""

    name: str
    role: str = ""
    address: str = ""
    languages: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()


class Contact(msgspec.Struct, frozen=True):
    """How a person is reached and what they agreed to; nothing of it takes part in judging mail.

    `person` is the first address of the Owner. `private` are those of the addresses that are outside the
    organisation. `mandate` is on what ground their mail is looked at, `consent` what they agreed to and when.
    `retention_days` is how long their mail is kept, None for the store's own period. `pictures` tells whether their
    program draws remote pictures: "shown", "blocked" or "" for not known; `reads_with` names programs or providers.
    """

    person: str
    private: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    delegates: tuple[Delegate, ...] = ()
    mandate: str = ""
    consent: str = ""
    retention_days: int | None = None
    reads_with: tuple[str, ...] = ()
    pictures: str = ""


class People(msgspec.Struct, frozen=True):
    """Everyone named in people.toml, in the order of the file; `source` is the path it came from.

    `contacts` holds at most one a person; `renamed` are pairs of domains, the former and the present one.
    `address_key` is the key of addresses that are kept as hashes ("hash:…"), b"" where they are kept as they are.
    """

    owners: tuple[Owner, ...] = ()
    source: str = ""
    contacts: tuple[Contact, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    address_key: bytes = b""
