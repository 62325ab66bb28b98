"""Address fields: names and addresses as people and mailers write them, tricks included."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from tocsin.mail.headers import decode_words

_SIMPLE = re.compile(
    r'^\s*(?:"([^"\\<>@]*)"|([^"\\<>@,;:()=?]*?))\s*<\s*([^\s<>@,;:"()\\\[\]]+)@([A-Za-z0-9._-]+)\s*>\s*$'
)
_BARE = re.compile(r"^\s*([^\s<>@,;:\"()\\\[\]=?]+)@([A-Za-z0-9._-]+)\s*$")
_TOKEN = re.compile(
    r"""("(?:[^"\\]|\\.)*")|(=\?[^?\s]{0,60}\?[bBqQ]\?[^?]*\?=)|(<[^<>]*>?)|([,;])|(:)|(\()|(\[[^\]\s]*\]?)"""
    r"""|([^\s",;:<>()\[=]+|=(?!\?)|.)|(\s+)""",
    re.S,
)
_PAREN = re.compile(r"[()]|\\.", re.S)
_QUOTED_PAIR = re.compile(r"\\(.)", re.S)
_MAILBOX = re.compile(r"[^\s<>,;:\"()\[\]]+@[^\s<>,;:\"()@]+")
_MAX_WORDS = 400
_SHORT = 320  # characters of a value that is remembered
_COMMENT = re.compile(r"\([^()]*\)")
_BLANK_NEAR_DOT = re.compile(r"[ \t]*([.@])[ \t]*(?=\S)")
_ROUTE = re.compile(r"^@[^:]*:")


class Address(msgspec.Struct, frozen=True, gc=False):
    """One mailbox: decoded display name, address as written (trimmed), its domain normalised."""

    name: str
    address: str
    domain: str


def parse_addresses(value: str, limit: int = 10_000) -> tuple[Address, ...]:
    """The mailboxes of an address field (RFC 5322 3.4), groups flattened, at most `limit`; never raises.

    Names are decoded. An address that stands in the display name stays in the name. Entries that hold no
    address are joined to the next name when a comma was not quoted ("Doe, Jane <j@…>"), else left out.
    """
    return _short_field(value)[:limit] if len(value) <= _SHORT else _parse(value, limit)


@lru_cache(maxsize=2048)  # few people write to one mailbox, and to few
def _short_field(value: str) -> tuple[Address, ...]:
    return _parse(value, _SHORT)


def _parse(value: str, limit: int) -> tuple[Address, ...]:
    if (simple := _SIMPLE.match(value)) is not None:
        local, host = simple[3], simple[4]
        name = simple[1] if simple[1] is not None else simple[2]
        return (Address(" ".join(decode_words(name).split()), f"{local}@{host}", _domain(host)),)
    if (bare := _BARE.match(value)) is not None:
        return (Address("", f"{bare[1]}@{bare[2]}", _domain(bare[2])),)
    found: list[Address] = []
    words: list[str] = []  # display name so far
    comment = ""
    angle: str | None = None
    may_hold = False  # an address may stand outside brackets in these words
    position = 0
    size = len(value)
    while position < size:
        token = _TOKEN.match(value, position)
        if token is None:
            break
        position = token.end()
        kind = token.lastindex
        text = token.group()
        if kind == 3:
            if angle:  # two bracketed addresses without a comma
                _close(found, words, comment, angle)
                words, comment = [], ""
            angle = text.strip("<> \t\r\n")
            if angle.endswith("@"):
                words.append(angle)
                angle = None
        elif kind == 4:
            if (angle or may_hold) and _close(found, words, comment, angle):
                words = []
            elif words:
                words.append(", " if text == "," else "; ")
            if len(words) > _MAX_WORDS:
                words = []
            may_hold = False
            comment, angle = "", None
            if len(found) >= limit:
                return tuple(found[:limit])
        elif kind == 5:
            if angle is None and not any("@" in word for word in words):
                words = []  # the name of a group
            else:
                words.append(text)
        elif kind == 6:
            comment, position = _comment(value, position)
        elif kind == 1:
            words.append(_QUOTED_PAIR.sub(r"\1", text[1:-1]))
            may_hold = may_hold or "@" in text or "=?" in text
            if value[position : position + 1] != "@":
                words.append(" ")
        else:
            words.append(text)
            may_hold = may_hold or "@" in text or kind == 2
    _close(found, words, comment, angle)
    return tuple(found[:limit])


def _close(found: list[Address], words: list[str], comment: str, angle: str | None) -> bool:
    """Adds the mailbox that the pieces make, if they hold one."""
    name = " ".join(decode_words("".join(words)).split())
    if angle:
        address = _ROUTE.sub("", angle)
        if "(" in address:
            address = _COMMENT.sub("", address)
        if " " in address and "@" in address:
            address = _BLANK_NEAR_DOT.sub(r"\1", address)
        if "@" not in address and (inner := _MAILBOX.search(name)) is not None:
            address = inner.group()
        elif "=?" in address:
            address = decode_words(address).strip()
    elif (inner := _MAILBOX.search(name)) is not None:
        address = inner.group()
        name = " ".join((name[: inner.start()] + " " + name[inner.end() :]).split()) or decode_words(comment)
    elif "@" in name:
        address, name = name.replace(" ", ""), decode_words(comment)
    else:
        return False
    address = address.strip(" .\t'\"") if address[:1] in " .\t'" else address.rstrip(" .\t'>")
    if not name and comment:
        name = " ".join(decode_words(comment).split())
    if not address or (" " in address and "@" not in address):
        return False
    found.append(
        Address(
            name.strip("'\" ,;<>"), address, _domain(address.rpartition("@")[2]) if "@" in address else ""
        )
    )
    return True


def _comment(value: str, position: int) -> tuple[str, int]:
    depth = 1
    start = position
    while depth:
        paren = _PAREN.search(value, position)
        if paren is None:
            return value[start:], len(value)
        position = paren.end()
        depth += {"(": 1, ")": -1}.get(paren.group(), 0)
    return value[start : position - 1], position


def _domain(host: str) -> str:
    host = host.strip(" .\t[]").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii") if len(host) < 254 else host
    except UnicodeError:
        return host


def normalise(address: str) -> str:
    """The address for comparison: lower-case, its domain in ASCII (IDNA), no blanks or closing dot."""
    return _short_address(address) if len(address) <= _SHORT else _normalised(address)


@lru_cache(maxsize=4096)
def _short_address(address: str) -> str:
    return _normalised(address)


def _normalised(address: str) -> str:
    local, at, host = address.strip(" \t\r\n<>").rpartition("@")
    return f"{local.lower()}@{_domain(host)}" if at else host.lower()
