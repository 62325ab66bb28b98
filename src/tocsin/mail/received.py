"""Received fields (RFC 5321 4.4): who handed the mail to whom, as far as the field says it."""

from __future__ import annotations

import re

import msgspec

from tocsin.mail.dates import parse_date

_FROM = re.compile(r"^\s*(?:\(?qmail \d+ invoked [^)]*\)?|from\s+([^\s;()\[\]]+)?)", re.I)
_BY = re.compile(r"(?:^|[\s)])by\s+([^\s;()\[\]]+)", re.I)
_WITH = re.compile(r"(?:^|[\s)])with\s+([^\s;()]+)", re.I)
_ADDRESS = re.compile(
    r"\[(?:IPv6:)?((?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]+)(?:%[^\]]*)?\]"
    r"|(?<![\w.:-])((?:\d{1,3}\.){3}\d{1,3})(?![\w.-])"
    r"|(?<![\w.:-])((?:[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f:.]+)",
    re.I,
)


class Received(msgspec.Struct, frozen=True, gc=False):
    """One hop; empty strings and None where the field does not say."""

    from_host: str
    from_ip: str
    by_host: str
    protocol: str
    time_s: float | None


def parse_received(value: str) -> Received:
    """The hop that a Received field describes.

    `from_host` is the name that the sender gave (HELO), lower-case; `from_ip` the address that the receiver
    saw; `protocol` in upper case ("ESMTPS").
    """
    value = value[:4000]
    text, semicolon, date = value.rpartition(";")
    if not semicolon:
        text, date = value, ""
    by = _BY.search(text)
    sender = text[: by.start()] if by is not None else text
    origin = _FROM.match(sender)
    host = (origin[1] or "") if origin is not None else ""
    addresses = list(_ADDRESS.finditer(sender)) if origin is not None else []
    bracketed = [found[1] for found in addresses if found[1]]
    bare = [found[2] or found[3] for found in addresses if not found[1]]
    with_ = _WITH.search(text, by.end() if by is not None else 0)
    return Received(
        host.strip("<>").rstrip(".").lower(),
        (bracketed or bare or [""])[-1].lower(),
        by[1].rstrip(".").lower() if by is not None else "",
        with_[1].upper() if with_ is not None else "",
        parse_date(date) if date else None,
    )
