"""Bring intelligence over the network, from the hosts that the operator named and no other."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from tocsin.app.intel_files import MAX_FILES, Part, unpacked
from tocsin.exchange.entries import UnreadableIntel
from tocsin.exchange.misp_in import manifest_of

MAX_TOTAL_BYTES = 512 * 1024 * 1024  # of all events of a feed in one fetching; the next one brings the rest
_SCHEMES = ("https://", "http://", "taxii+https://", "taxii+http://")
_COLLECTION = re.compile(r"/collections/[^/?#]+(?:/objects)?/?$")  # TAXII 2.1, section 5


class PollState(msgspec.Struct, frozen=True):
    """What is kept of an address between polls: how far it was read, and what was said when it was added.

    `state` is a TAXII collection's as `connect.taxii` gives it; `events` are a MISP feed's, with the time of each.
    """

    etag: str = ""
    last_modified: str = ""
    state: bytes = b""
    events: dict[str, str] = {}
    confidence: int | None = None
    valid_days: int | None = None


class Fetched(msgspec.Struct, frozen=True):
    """What an address gave; `parts` is () where there is nothing new.

    `whole` tells that it is all there is, not what is new since the last time; `problems` are events that could not be
    fetched.
    """

    parts: tuple[Part, ...]
    state: PollState
    sha256: str = ""
    format: str = ""  # "taxii", or "" to be told by content
    whole: bool = True
    problems: tuple[str, ...] = ()


def is_address(location: str) -> bool:
    """Whether a location is an address to fetch from, not a path."""
    return location.lower().startswith(_SCHEMES)


def fetch_source(location: str, hosts: tuple[str, ...], state: PollState) -> Fetched:
    """Fetch a file, the new events of a MISP feed, or what is new in a TAXII collection.

    An address that ends in / is a feed's, one of /collections/ID a TAXII collection's. Raises UnreadableIntel, in
    words, for a host that is not among `hosts` and for whatever goes wrong on the way.
    """
    from tocsin.connect.fetch import FetchError

    try:
        if location.lower().startswith("taxii+") or _COLLECTION.search(location):
            return _collection(location, hosts, state)
        if location.endswith(("/", "/manifest.json")):
            return _feed(location.removesuffix("manifest.json"), hosts, state)
        return _file(location, hosts, state)
    except FetchError as error:
        raise UnreadableIntel(str(error)) from error


def _file(location: str, hosts: tuple[str, ...], state: PollState) -> Fetched:
    from tocsin.connect.credentials import login_for
    from tocsin.connect.fetch import Freshness, allowed, fetch

    login = login_for(allowed(location, hosts).host)
    got = fetch(location, hosts, login=login, freshness=Freshness(state.etag, state.last_modified))
    kept = msgspec.structs.replace(state, etag=got.freshness.etag, last_modified=got.freshness.last_modified)
    if got.unchanged:
        return Fetched((), state)
    name = location.partition("?")[0].rpartition("/")[2] or location
    return Fetched(tuple(unpacked(name, got.body)), kept, hashlib.sha256(got.body).hexdigest())


def _feed(base: str, hosts: tuple[str, ...], state: PollState) -> Fetched:
    from tocsin.connect.credentials import login_for
    from tocsin.connect.fetch import FetchError, allowed, fetch

    login = login_for(allowed(base, hosts).host)
    manifest = fetch(base + "manifest.json", hosts, login=login).body
    named = manifest_of(manifest)
    if named is None:
        raise UnreadableIntel(f"{base}manifest.json: is no manifest of a MISP feed; check the address")
    if len(named) > MAX_FILES:
        raise UnreadableIntel(
            f"{base}: names {len(named):,} events, more than {MAX_FILES:,}; take a part of the feed"
        )
    times = dict(_times(manifest))
    parts: list[Part] = []
    problems: list[str] = []
    total = 0
    events = {event: time for event, time in state.events.items() if event in times}
    for event in named:
        if state.events.get(event) == times[event] and times[event]:
            continue
        if total > MAX_TOTAL_BYTES:
            problems.append(f"{base}: more than {MAX_TOTAL_BYTES:,} bytes at once; poll again for the rest")
            break
        try:
            body = fetch(f"{base}{event}.json", hosts, login=login).body
        except FetchError as error:
            problems.append(f"{event}.json: {error}")
            continue
        total += len(body)
        parts.append((f"{event}.json", body))
        events[event] = times[event]
    digest = hashlib.sha256(manifest).hexdigest()
    kept = msgspec.structs.replace(state, events=events)
    return Fetched(tuple(parts), kept, digest, "misp", len(parts) == len(named), tuple(problems))


class _Listed(msgspec.Struct, frozen=True):
    timestamp: Any = ""


def _times(manifest: bytes) -> Iterator[tuple[str, str]]:
    for event, raw in msgspec.json.decode(manifest, type=dict[str, msgspec.Raw]).items():
        try:
            yield event, str(msgspec.json.decode(raw, type=_Listed).timestamp)
        except (msgspec.DecodeError, RecursionError):
            yield event, ""


def _collection(location: str, hosts: tuple[str, ...], state: PollState) -> Fetched:
    from tocsin.connect.taxii import poll

    got = poll(location, hosts, state.state)
    digest = hashlib.sha256()
    for _, page in got.pages:
        digest.update(page)
    return Fetched(
        got.pages,
        msgspec.structs.replace(state, state=got.state),
        digest.hexdigest() if got.pages else "",
        "taxii",
        False,
        (got.problem,) if got.problem else (),
    )
