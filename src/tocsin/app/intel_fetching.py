"""Bring intelligence over the network, from the hosts that the operator named and no other."""

from __future__ import annotations

import hashlib

import msgspec

from tocsin.app.intel_files import Part
from tocsin.exchange.entries import UnreadableIntel

_SCHEMES = ("https://", "http://", "taxii+https://", "taxii+http://")


class PollState(msgspec.Struct, frozen=True):
    """What is kept of an address between polls: how far a collection was read, and what was said when it was added."""

    kind: str = ""  # "taxii", "feed" or "file"
    state: bytes = b""  # as `connect.taxii` gives it
    confidence: int | None = None
    valid_days: int | None = None


class Fetched(msgspec.Struct, frozen=True):
    """What an address gave. `whole` tells that it is all there is, not what is new since the last time."""

    parts: tuple[Part, ...]
    state: PollState
    sha256: str
    format: str = ""  # "taxii", or "" to be told by content
    whole: bool = True


def is_address(location: str) -> bool:
    """Whether a location is an address to fetch from, not a path."""
    return location.lower().startswith(_SCHEMES)


def fetch_source(location: str, hosts: tuple[str, ...], state: PollState) -> Fetched:
    """Fetch a file, all events of a MISP feed, or what is new in a TAXII collection.

    Raises UnreadableIntel, in words, for a host that is not among `hosts` and for whatever goes wrong on the way.
    """
    raise UnreadableIntel(
        f"{location}: cannot be fetched yet ({len(hosts)}, {state.kind}); {hashlib.sha256().name}"
    )
