"""The names that mails borrow: news outlets, institutions, and whatever an operator adds to them."""

from __future__ import annotations

from typing import Literal

import msgspec

NameKind = Literal[
    "agency",
    "newspaper",
    "broadcaster",
    "magazine",
    "online",
    "parliament",
    "government",
    "eu",
    "international",
    "think-tank",
    "rights",
    "university",
    "party",
    "organisation",
]


class KnownName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One outlet or institution, an entry of outlets.toml, institutions.toml or an operator's own file.

    `domains` are registrable domains (or hosts, where the site is shared) that it really uses for its web site and
    its mail, lower-case ASCII, the best known first; `aliases` are other names it is known by, abbreviations among
    them. `country` is ISO 3166 alpha-2 in upper case, "EU", or "" for international bodies. `source` is a public
    address where name and domain can be checked.
    """

    id: str
    name: str
    kind: NameKind
    domains: tuple[str, ...]
    country: str
    source: str
    aliases: tuple[str, ...] = ()


class Names(msgspec.Struct, frozen=True):
    """Everyone whose name is known, the operator's own first."""

    entries: tuple[KnownName, ...] = ()
