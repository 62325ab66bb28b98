"""Identifiers that name a copy without being an address: those that headers repeat, and random ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from tocsin.mail.url import Url
from tocsin.model.observation import Personal

_WORDS = re.compile(r"[A-Za-z0-9]{8,}+")
# A day with or without the time of day; seconds or milliseconds since 1970, from 2001 to 2033.
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d*|1\d{9}|1\d{12}")
_NUMBERED_WORD = re.compile(r"[A-Za-z]{3,}\d{1,5}")


@lru_cache(maxsize=1024)
def identifiers(value: str) -> tuple[bytes, ...]:
    """The runs of a header's value that can only stand in two places because one was copied from the other."""
    if "@" in value and "://" not in value:
        value = value.rpartition("@")[0]
    elif "://" in value:
        value = " ".join(part.partition("/")[2] for part in value.split("://")[1:])
    return tuple(
        word.encode()
        for word in _WORDS.findall(value[:4000])
        if not word.isalpha()
        and (not word.isdigit() or (len(word) >= 10 and not _DATE.fullmatch(word)))
        and len(set(word)) > 4
        and not _NUMBERED_WORD.fullmatch(word)
        and not word.startswith("eyJ")  # JSON in base64: the head of every JWT
    )


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
_TOKEN = re.compile(r"(?:[A-Za-z0-9_\-]|%2[BbFf])+")
_NEXT_TO = re.compile(r"[_\-]|%2[BbFf]")


def _telling_places(url: Url, hidden: bool) -> tuple[str, str, str, str]:
    """Where in a URL an identifier can name a reader: path, query, fragment, labels below the site.

    Pictures, fonts and styles bear names of accounts, folders and versions; unless the picture is `hidden`, or called
    like one that only counts, their path and the parameters of content networks are left out.
    """
    path, _, query = url.path_query.partition("?")
    lower = path.lower()
    if not hidden and lower.endswith(_STATIC):
        query = _VERSION_PARAMETER.sub("", query)
        if not _PIXEL_NAME.search(lower):
            path = ""
    return path, query, url.fragment, url.host[: -len(url.site)] if url.site else ""


def find_echo(url: Url, words: Iterable[bytes], hidden: bool) -> Personal | None:
    """The first of these runs that stands where it can name a reader."""
    places = _telling_places(url, hidden)
    for word in map(bytes.decode, words):
        if any(word in place for place in places):
            return Personal("echo", word)
    return None


def find_random(url: Url, random: Iterable[bytes], hidden: bool) -> Personal | None:
    """The first of these random runs, in their order in the URL, that can name a reader where it stands."""
    places = _telling_places(url, hidden)
    for run in map(bytes.decode, random):
        for place in places:
            at = place.find(run)
            if at >= 0:
                return Personal("high-entropy", _whole_token(place, at, at + len(run)))
    return None


def _whole_token(place: str, start: int, end: int) -> str:
    """The identifier around a random run: base64 has two further signs, UUIDs have hyphens in them."""
    if (
        not _NEXT_TO.match(place, end)
        and not _NEXT_TO.match(place, start - 1)
        and place[start - 3 : start - 1] != "%2"
    ):
        return place[start:end]
    for match in _TOKEN.finditer(place):
        if match.end() >= end:
            uuid = _UUID.search(match[0]) if match.end() - match.start() >= 36 else None
            return uuid[0] if uuid is not None else match[0]
    return place[start:end]
