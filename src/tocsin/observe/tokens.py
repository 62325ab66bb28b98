"""Does a URL know its reader? Encodings of the reader's addresses, echoed identifiers, and random tokens."""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from tocsin.mail.url import Url
from tocsin.model.observation import Personal
from tocsin.observe.digests import DIGEST_RUN, SHORTEST_DIGEST, Reader, checksums_of, digests_of
from tocsin.observe.randomness import MIN_RANDOM, looks_random

MAX_ADDRESSES = 32  # beyond: a conversation with many readers, whose later ones are not looked for
# Local parts that say nothing about who reads, or that URLs hold for other reasons.
_COMMON_WORDS = (
    " abuse account accounts admin administrator alert alerts anonymous archive billing blog bounce"
    " calendar campaign client company contact contacts customer data default desk direct director dpo"
    " editor editorial email enquiries events finance forum general group guest hello help helpdesk home"
    " hostmaster image images inbox index info jobs kontakt legal list lists login mail mailbox main"
    " manager marketing media member members message news newsdesk newsletter newsletters noreply"
    " notification notifications office online open order orders page pixel post postmaster press presse"
    " privacy public reader reception redaction redaktion register reply reports root sales secretariat"
    " security sender service services shop signup spam staff store subscribe support system team test"
    " tips track tracking undisclosed-recipients unsubscribe user users view webmaster welcome work"
)
_COMMON_LOCALS = frozenset(_COMMON_WORDS.split())


class Needles(msgspec.Struct, frozen=True, gc=False):
    """What would give a reader away, built once for all URLs of a mail.

    `exact` maps alphanumeric runs to what they mean; `within` are substrings of the lower-cased URL,
    `within_cased` of the URL as it is; `echoes` are identifiers that the mail's own headers hold. Digests are
    computed when a URL first has a run that could be one.
    """

    readers: tuple[Reader, ...] = ()
    exact: dict[bytes, Personal] = {}
    within: tuple[str, ...] = ()
    within_cased: tuple[str, ...] = ()
    cased: tuple[tuple[str, str], ...] = ()  # (base64 core, address)
    echoes: frozenset[bytes] = frozenset()


NO_NEEDLES = Needles()


def needles_for(addresses: Iterable[str], message_tokens: Iterable[str] = ()) -> Needles:
    """Needles for the readers of a mail; cheap when the same readers came before.

    `addresses` without display names, at most `MAX_ADDRESSES` are used. `message_tokens` are values of
    Message-ID, Return-Path and List-Unsubscribe, raw: their identifiers are cut out here, of 8 characters at
    least; words, dates and host names are none.
    """
    needles = _address_needles(tuple(addresses)[:MAX_ADDRESSES])
    echoes = frozenset().union(*map(_identifiers, filter(None, message_tokens)))
    if not echoes:
        return needles
    return Needles(
        needles.readers, needles.exact, needles.within, needles.within_cased, needles.cased, echoes
    )


def needed(blob: str, needles: Needles) -> Needles | None:
    """What `find_personal` must look for in each URL of a blob (joined by spaces); None: it would find nothing.

    One look at all URLs of a part spares most mails the look at each of them.
    """
    if needles.readers or needles.echoes:
        pieces = _pieces(blob)
        if _may_hold(blob, pieces, needles):
            return needles
        if not needles.echoes.isdisjoint(pieces):
            return Needles(echoes=needles.echoes)
    return NO_NEEDLES if _random_runs(blob) else None


def find_personal(url: Url, needles: Needles, *, hidden: bool = False) -> Personal | None:
    """How a URL knows its reader, or None.

    An encoded address is told first, then an echo of the mail's own identifiers (kind "echo"), then a random
    token ("high-entropy") in a path segment, query value, fragment or sub-domain label. Random names of
    pictures, fonts and styles are the rule on content networks and do not count, unless the picture is
    `hidden`.
    """
    href = url.href
    if needles is not NO_NEEDLES:
        pieces = _pieces(href)
        personal = None
        if needles.readers and _may_hold(href, pieces, needles):
            personal = _find_address(href, needles)
        personal = personal or _find_echo(url, pieces, needles)
        if personal is not None:
            return personal
    runs = _random_runs(href)
    return _find_random(url, runs, hidden) if runs else None


_LONG_RUN = re.compile(rf"[A-Za-z0-9]{{{MIN_RANDOM},}}+")


def _random_runs(text: str) -> list[str]:
    return [run for run in _LONG_RUN.findall(text) if looks_random(run)]


_NON_ALNUM = bytes(i if i < 128 and chr(i).isalnum() else 32 for i in range(256))


def _pieces(text: str) -> list[bytes]:
    """The ASCII alphanumeric runs of a text."""
    return text.encode("utf-8", "replace").translate(_NON_ALNUM).split()


# Escapes of characters that addresses and digests consist of; "%40" is looked for by itself.
_HIDING_ESCAPE = re.compile(r"%(?:2[BDEbde]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|25)")


def _may_hold(text: str, pieces: list[bytes], needles: Needles) -> bool:
    if not needles.readers:
        return False
    if not needles.exact.keys().isdisjoint(pieces):
        return True
    for needle in needles.within_cased:
        if needle in text:
            return True
    lower = text.lower()
    for needle in needles.within:
        if needle in lower:
            return True
    if not checksums_of(needles.readers).keys().isdisjoint(pieces):
        return True
    if DIGEST_RUN.search(text) and not digests_of(needles.readers).keys().isdisjoint(pieces):
        return True
    if "%" in text and _HIDING_ESCAPE.search(text):
        plain = unquote(unquote(text))
        if plain != text:
            return _may_hold(plain.replace("%", " "), _pieces(plain), needles)
    return False


@lru_cache(maxsize=1024)
def _address_needles(addresses: tuple[str, ...]) -> Needles:
    known = [found for found in map(_needles_of, dict.fromkeys(addresses)) if found is not None]
    if not known:
        return Needles()
    exact: dict[bytes, Personal] = {}
    for found in reversed(known):  # the first reader wins
        exact.update(found.exact)
    return Needles(
        tuple(reader for found in known for reader in found.readers),
        exact,
        tuple(dict.fromkeys(needle for found in known for needle in found.within)),
        tuple(dict.fromkeys(needle for found in known for needle in found.within_cased)),
        tuple(dict.fromkeys(pair for found in known for pair in found.cased)),
    )


@lru_cache(maxsize=4096)
def _needles_of(written: str) -> Needles | None:
    written = written.strip()
    local, at, domain = written.rpartition("@")
    if not at or not local or not domain or len(written) > 320:
        return None
    address = written.lower()
    lower_local, lower_domain = local.lower(), domain.lower()
    alone = len(local) >= 4 and lower_local not in _COMMON_LOCALS
    exact: dict[bytes, Personal] = {}
    for spelling in {lower_local, local} if alone else ():
        coded = spelling.encode("utf-8", "replace")
        exact[base64.b64encode(coded).rstrip(b"=")] = Personal("base64-local", address)
        exact[coded.hex().encode()] = exact[coded.hex().upper().encode()] = Personal("hex-local", address)

    within = [codecs.encode(lower_domain, "rot13"), address.encode("utf-8", "replace").hex()]
    within.append(written.encode("utf-8", "replace").hex())
    if alone:
        within.append(lower_local)
    else:
        within += [lower_local + joint + lower_domain for joint in ("@", "%40", "%2540", "=", "%3d")]
    cores = tuple(dict.fromkeys(core for spelling in (address, written) for core in _base64_cores(spelling)))
    return Needles(
        (Reader(address, lower_local, lower_domain, alone, written),),
        exact,
        tuple(dict.fromkeys(within)),
        cores,
        tuple((core, address) for core in cores),
    )


def _base64_cores(text: str) -> list[str]:
    """What base64 always makes of a text that starts 0, 1 or 2 bytes into a group, without its ends."""
    coded = text.encode("utf-8", "replace")
    cores = []
    for shift in range(3):
        body = base64.b64encode(b"\0" * shift + coded)
        whole = (shift + len(coded)) // 3 * 4
        cores.append(body[(0, 2, 3)[shift] : whole].decode())
    return cores


def _find_address(href: str, needles: Needles) -> Personal | None:
    plain = unquote(href)
    twice = unquote(plain)
    for text in dict.fromkeys((href, plain, twice)):
        found = _find_plain(text, "plain" if text is href else "percent", needles)
        if found is not None:
            return found
    for text in dict.fromkeys((href, plain, twice)):
        found = _find_encoded(text, needles)
        if found is not None:
            return found
    return None


_DELIMITERS = re.compile(r"[/?&=#;,:|]+")


def _find_plain(text: str, kind: str, needles: Needles) -> Personal | None:
    lower = text.lower()
    for reader in needles.readers:
        if reader.local not in lower:
            continue
        if reader.address in lower or f"{reader.local}={reader.domain}" in lower:
            return Personal(kind, reader.address)
        if f"{reader.local}%40{reader.domain}" in lower:
            return Personal("percent", reader.address)
    segments: set[str] | None = None
    for reader in needles.readers:
        if reader.alone and reader.local in lower:
            if segments is None:
                segments = set(_DELIMITERS.split(lower.partition("://")[2]))
                host = lower.partition("://")[2].partition("/")[0]
                segments.update(host.split(".")[:-2])
            if reader.local in segments:
                return Personal(f"{kind}-local", reader.address)
    return None


_JOINTS = "-_"
_BASE64_RUN = re.compile(r"[A-Za-z0-9_\-]*")


def _find_encoded(text: str, needles: Needles) -> Personal | None:
    for core, address in needles.cased:
        at = text.find(core)
        if at >= 0:
            start = len(text[:at]) - len(text[:at].rstrip(_JOINTS + _ALNUM))
            run = _BASE64_RUN.match(text, at - start)
            url_safe = run is not None and ("-" in run[0] or "_" in run[0])
            return Personal("base64url" if url_safe else "base64", address)
    lower = text.lower()
    for reader in needles.readers:
        for spelling in (reader.address, reader.written):
            if spelling.encode("utf-8", "replace").hex() in lower:
                return Personal("hex", reader.address)
        turned = codecs.encode(reader.address, "rot13")
        if turned in lower or turned.replace("@", "%40") in lower:
            return Personal("rot13", reader.address)
    for piece in _pieces(text):
        known = needles.exact.get(piece) or checksums_of(needles.readers).get(piece)
        if known is None and len(piece) >= SHORTEST_DIGEST:
            known = digests_of(needles.readers).get(piece)
        if known is not None:
            return known
    return None


_ALNUM = "".join(chr(i) for i in range(128) if chr(i).isalnum())


_WORDS = re.compile(r"[A-Za-z0-9]{8,}+")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d*")


@lru_cache(maxsize=1024)
def _identifiers(value: str) -> tuple[bytes, ...]:
    """Runs that can only stand in two places because one was copied from the other."""
    if "@" in value and "://" not in value:
        value = value.rpartition("@")[0]
    elif "://" in value:
        value = " ".join(part.partition("/")[2] for part in value.split("://")[1:])
    return tuple(
        word.encode()
        for word in _WORDS.findall(value[:4000])
        if not word.isalpha()
        and (not word.isdigit() or (len(word) >= 10 and not _DATE.match(word)))
        and len(set(word)) > 4
        and not word.startswith("eyJ")  # JSON in base64: the head of every JWT
    )


def _find_echo(url: Url, pieces: list[bytes], needles: Needles) -> Personal | None:
    if not needles.echoes.isdisjoint(pieces):
        for piece in pieces:
            if piece in needles.echoes and piece.decode().lower() not in url.site:
                return Personal("echo", piece.decode())
    return None


_STATIC = (
    *(".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif", ".bmp", ".ico"),
    *(".css", ".js", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".mp4", ".webm"),
)
# File names that say "the address is what matters": then the folder may hold the token.
_PIXEL_NAME = re.compile(
    r"/(?:1x1|b|beacon|blank|c|clear|contact|dot|e|footer|header|i|image|img|index|logo|m|o|open|opened|p|photo|picture"
    r"|pix|pixel|px|read|s|seen|spacer|t|track|tracker|tracking|transparent|view|zero)\.[a-z0-9]{2,5}$"
)
# Query parameters by which content networks name versions and signatures of a file.
_VERSION_PARAMETER = re.compile(
    r"(?:^|&)(?:v|ver|version|rev|hash|h|itok|cb|t|s|w|sig|signature|x-amz-[a-z-]+|ixid|ixlib|etag|fit|crop)"
    r"=[^&]*",
    re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def _find_random(url: Url, runs: list[str], hidden: bool) -> Personal | None:
    path, _, query = url.path_query.partition("?")
    lower = path.lower()
    if not hidden and lower.endswith(_STATIC):
        query = _VERSION_PARAMETER.sub("", query)
        if not _PIXEL_NAME.search(lower):
            path = ""
    labels = url.host[: -len(url.site)] if url.site else ""
    places = (path, query, url.fragment, labels)
    for run in runs:
        for place in places:
            at = place.find(run)
            if at >= 0:
                return Personal("high-entropy", _whole_token(place, at, len(run)))
    return None


def _whole_token(place: str, at: int, length: int) -> str:
    """The identifier around a random run: base64url and UUIDs have hyphens and underscores in them."""
    if place[at - 1 : at] in _JOINTS or place[at + length : at + length + 1] in _JOINTS:
        start = len(place[:at].rstrip(_JOINTS + _ALNUM))
        run = _BASE64_RUN.match(place, start)
        token = run[0] if run is not None else ""
        uuid = _UUID.search(token) if len(token) >= 36 else None
        return uuid[0] if uuid is not None else token
    return place[at : at + length]
