"""The mail services, trackers and rentable hosting that a host name can be recognised as."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Kind = Literal[
    "esp",
    "newsletter",
    "transactional",
    "crm",
    "one-to-one",
    "survey",
    "event",
    "advocacy",
    "helpdesk",
    "press",
    "analytics",
    "ads",
    "image-host",
    "phishing-drill",
    "signature",
]


class Vendor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mail service or tracker, one entry of vendors.toml.

    `hosts` are the suffixes under which its beacons, links and pictures live, `senders` those of its return
    paths, Received hosts and DKIM d=; both lower case, to be matched on label boundaries. `paths` are pieces
    of "path?query" that its open beacon shows on customers' own domains; anyone can copy them, so they say
    less than a host. `headers` are lower-case names of header fields that it alone adds. `source` is where
    that is documented: an https address for the shipped list.
    """

    id: str
    name: str
    kind: Kind
    hosts: tuple[str, ...]
    source: str
    senders: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


class HostingGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Suffixes of one sort of hosting that anyone can use, such as dynamic DNS, and where they are listed."""

    source: str
    hosts: tuple[str, ...]


class Catalogue(msgspec.Struct, frozen=True):
    """Every vendor and hosting group, with the tables that make a look-up a few dictionary reads.

    Made by `observe.vendors.index_catalogue`; the tables map a lower-case host suffix (or header name, or
    piece of a path) to what claims it. `path_pattern` finds any piece of `by_path`; None if there is none.
    """

    vendors: tuple[Vendor, ...]
    hosting: dict[str, HostingGroup]
    by_host: dict[str, Vendor]
    by_sender: dict[str, Vendor]
    by_header: dict[str, Vendor]
    by_path: dict[str, Vendor]
    group_by_host: dict[str, str]
    path_pattern: re.Pattern[str] | None
