"""TAXII 2.1 (OASIS): what is new in the collections of a server, page by page, resumed where it stopped.

Spoken over `connect.fetch`, which holds to the configured hosts: the published client follows redirects to anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from urllib.parse import quote, urlencode, urljoin

import msgspec

from tocsin.connect.credentials import login_for
from tocsin.connect.fetch import MAX_BYTES, Fetched, FetchError, allowed, fetch

MEDIA = "application/taxii+json;version=2.1"
PAGE = 1_000  # objects asked for at once; servers may give fewer
MAX_PAGES = 20_000  # of one poll; the next one goes on from there
MAX_COLLECTIONS = 1_000
_Kind = TypeVar("_Kind")
_COLLECTION = re.compile(r"^(.*/collections/[^/?#]+)(?:/(?:objects|manifest)?/?)?$")


class Collection(msgspec.Struct, frozen=True):
    """A collection that may be read: its address, its id at the server and its title."""

    url: str
    id: str
    title: str


class Progress(msgspec.Struct, frozen=True):
    """How far one collection was read: everything added up to this time was taken in, as the server writes times.

    A page mark of the server is never kept: some servers hand out what stands behind one only once, so that a page
    that was lost on the way would be lost for good.
    """

    added_after: str = ""


class Polled(msgspec.Struct, frozen=True):
    """What a poll brought: of each collection with something new its title and all its pages as one bundle.

    `state` is what to hand in the next time. `complete` is False where something stopped it on the way; `problem` then
    says what. What had come is in `pages`, and `state` goes on after it.
    """

    pages: tuple[tuple[str, bytes], ...]
    state: bytes
    complete: bool = True
    problem: str = ""


class _Envelope(msgspec.Struct, frozen=True):
    more: bool = False
    next: str | int = ""
    objects: list[msgspec.Raw] = []


class _Dated(msgspec.Struct, frozen=True):
    date_added: str = ""


class _Manifest(msgspec.Struct, frozen=True):
    more: bool = False
    next: str | int = ""
    objects: list[_Dated] = []


class _Listed(msgspec.Struct, frozen=True):
    id: str
    title: str = ""
    can_read: bool = True


class _Resource(msgspec.Struct, frozen=True):
    """A discovery, an API root or a list of collections: told apart by what it has."""

    api_roots: list[str] | None = None
    default: str = ""
    versions: list[str] | None = None
    collections: list[_Listed] | None = None


class _Server:
    """Requests to one server, all to the host of its address, with that host's login."""

    def __init__(self, url: str, hosts: tuple[str, ...], timeout_s: float) -> None:
        self.host = allowed(url, hosts).host
        self._hosts = hosts
        self._timeout_s = timeout_s
        self._login = login_for(self.host)

    def get(self, url: str, max_bytes: int = MAX_BYTES) -> Fetched:
        there = allowed(url, self._hosts)
        if there.host != self.host:
            raise FetchError(
                f"{self.host}: names {there.host}, another host, which is not asked; "
                "if that is right, add its own address"
            )
        answer = fetch(
            url,
            self._hosts,
            accept=MEDIA,
            login=self._login,
            max_bytes=max_bytes,
            timeout_s=self._timeout_s,
        )
        kind = answer.headers.get("content-type", "").replace(" ", "").lower()
        if not kind.startswith("application/taxii+json"):
            raise FetchError(
                f"{self.host}: answers with {kind[:60] or 'no type'}, which is no TAXII 2.1; check the address"
            )
        return answer


def collections(url: str, hosts: tuple[str, ...], *, timeout_s: float = 30.0) -> tuple[Collection, ...]:
    """The collections that may be read at the address of a server, an API root or one collection. Raises FetchError."""
    return _collections(_Server(_plain(url), hosts, timeout_s), _plain(url))


def poll(
    url: str, hosts: tuple[str, ...], state: bytes = b"", *, page: int = PAGE, timeout_s: float = 30.0
) -> Polled:
    """What was added to the collections at an address since `state`, which an earlier poll gave.

    Raises FetchError where nothing came at all. An object that a server adds anew (a new version) comes again.
    """
    server = _Server(_plain(url), hosts, timeout_s)
    progress = _decoded(state)
    bundles: list[tuple[str, bytes]] = []
    problems: list[str] = []
    budget = MAX_BYTES
    found = _collections(server, _plain(url))
    for one in found:
        objects: list[bytes] = []
        ended = gone = False
        try:
            for new, reached, last_page in _pages(
                server, one, progress.get(one.id, Progress()), page, budget
            ):
                progress[one.id] = reached
                objects += new
                ended = last_page
                budget -= sum(map(len, new))
        except FetchError as error:
            ended = True
            gone = isinstance(error.__cause__, OSError)
            problems.append(str(error) if len(found) == 1 else f"{error} (collection {one.title or one.id})")
        if objects:
            bundles.append(
                (one.title or one.id, b'{"type":"bundle","objects":[' + b",".join(objects) + b"]}")
            )
        if not ended:
            problems.append(f"{server.host}: has more than is taken at once; poll again to go on")
        if gone or not ended:
            break
    if problems and not bundles and progress == _decoded(state):
        raise FetchError("; ".join(problems[:3]))
    return Polled(tuple(bundles), msgspec.msgpack.encode(progress), not problems, "; ".join(problems[:3]))


def _plain(url: str) -> str:
    """The address without the mark that it is TAXII."""
    return url[6:] if url.lower().startswith("taxii+") else url


def _decoded(state: bytes) -> dict[str, Progress]:
    """The state of earlier polls; one that cannot be read means to start anew, which loses nothing."""
    try:
        return msgspec.msgpack.decode(state, type=dict[str, Progress]) if state else {}
    except msgspec.DecodeError:
        return {}


def _collections(server: _Server, url: str) -> tuple[Collection, ...]:
    match = _COLLECTION.match(url)
    if match is not None:
        listed = _decode(server, server.get(match[1] + "/").body, _Listed)
        if not listed.can_read:
            raise FetchError(
                f"{server.host}: does not let this account read the collection {listed.title!r:.100}"
            )
        return (Collection(match[1] + "/", listed.id, listed.title),)
    found: dict[str, Collection] = {}
    roots = _roots(server, url)
    for root in roots:
        listing = urljoin(root, "collections/")
        resource = _decode(server, server.get(listing).body, _Resource)
        for one in (resource.collections or [])[:MAX_COLLECTIONS]:
            if one.can_read:
                found.setdefault(
                    one.id, Collection(urljoin(listing, quote(one.id, safe="") + "/"), one.id, one.title)
                )
    if not found:
        raise FetchError(f"{server.host}: has no collection that this account may read; ask its operator")
    return tuple(found.values())


def _roots(server: _Server, url: str) -> list[str]:
    url = url.rstrip("/") + "/"
    if url.endswith("/collections/"):
        return [url.removesuffix("collections/")]
    resource = _decode(server, server.get(url).body, _Resource)
    if resource.api_roots is not None:
        roots = [urljoin(url, root.rstrip("/") + "/") for root in resource.api_roots[:100]]
        if not roots:
            raise FetchError(f"{server.host}: names no API root; give the address of one")
        return roots
    if resource.versions is None:
        raise FetchError(
            f"{server.host}: is neither a TAXII 2.1 server nor an API root there; check the address"
        )
    return [url]


def _pages(
    server: _Server, one: Collection, start: Progress, page: int, budget: int
) -> Iterator[tuple[list[bytes], Progress, bool]]:
    """The objects of each page, with how far that is, and whether it is the last one."""
    after, token, last, before = start.added_after, "", "", b""
    for _ in range(MAX_PAGES):
        query = {"limit": str(page)}
        if after:
            query["added_after"] = after
        if token:
            query["next"] = token
        answer = server.get(f"{one.url}objects/?{urlencode(query)}", max(1, budget))
        envelope = _decode(server, answer.body, _Envelope)
        said = answer.headers.get("x-taxii-date-added-last", "")[:60]
        last = said or last
        objects = [bytes(raw) for raw in envelope.objects]
        if not envelope.more:
            if objects and not said:
                last = _last_added(server, one, after) or last
            yield objects, Progress(last or after), True
            return
        resumed = _just_before(last) or after
        if (answer.body == before) or not (envelope.next or resumed > after):
            raise FetchError(f"{server.host}: says there is more and gives the same again; tell its operator")
        yield objects, Progress(resumed), False
        budget -= len(answer.body)
        if budget <= 0:
            return
        before, token = answer.body, str(envelope.next or "")
        if not token:
            after = resumed  # a server without page marks: go on by time


def _just_before(moment: str) -> str:
    """The time a microsecond earlier, so that what was added at the same time comes again; "" for what is no time."""
    try:
        time = datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(UTC) - timedelta(
            microseconds=1
        )
    except (ValueError, OverflowError):
        return ""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _last_added(server: _Server, one: Collection, added_after: str) -> str:
    """When the newest object was added, by the manifest, for servers that do not say it with the objects."""
    found = token = ""
    for _ in range(MAX_PAGES):
        query = {"limit": str(PAGE)}
        query |= {"added_after": added_after} if added_after else {}
        query |= {"next": token} if token else {}
        answer = server.get(f"{one.url}manifest/?{urlencode(query)}")
        manifest = _decode(server, answer.body, _Manifest)
        newest = max([found, *(entry.date_added[:60] for entry in manifest.objects)])
        if not manifest.more or not manifest.next or newest == found:
            return newest
        found, token = newest, str(manifest.next)
    return found


def _decode(server: _Server, body: bytes, kind: type[_Kind]) -> _Kind:
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FetchError(f"{server.host}: its answer is no TAXII 2.1 ({error!s:.120})") from error
