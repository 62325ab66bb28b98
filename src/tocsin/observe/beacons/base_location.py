"""Addresses that only the whole gives: relative URLs that a header field completes, and mails sent in pieces."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tocsin.mail.headers import decode_words
from tocsin.model.message import Message, Part
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, VISIT, Technique

TECHNIQUE = "base-location"

ABOUT = Technique(
    TECHNIQUE,
    "Address completed by a header",
    "open",
    VISIT,
    "`Content-Base`, `Content-Location`; `message/partial`",
    "The body uses addresses without a host, and a header field supplies the host. A filter that reads "
    "the body "
    "alone sees nothing remote.",
    BLOCK_REMOTE,
    "Few programs still honour these fields for content outside the mail.",
    ("RFC 2110 section 5", "RFC 2557 section 5"),
)

_FIELDS = ("content-base", "content-location")
_ABSOLUTE = ("http://", "https://", "ftp://", "//")


def base_of(message: Message, part: Part) -> str | None:
    """Give the base URL that header fields set for a part that has no `<base>` itself, None where none does.

    `Content-Base` outranks `Content-Location`, and a part outranks the containers around it. A piece of a mail
    (`message/partial`) is read as far as it goes, and the verdict says that the other pieces are missing.
    Source: RFC 2110 section 5 and RFC 2557 section 5.
    """
    current: Part | None = part
    steps = 0
    while current is not None and steps <= len(message.parts):
        headers = current.headers if current.parent >= 0 else message.headers
        fields = [header for header in headers if header.name in _FIELDS]
        for name in _FIELDS if fields else ():
            written = next((header.value for header in fields if header.name == name), "")
            value = "".join(decode_words(written).split()).strip('"<>')
            if value.lower().startswith(_ABSOLUTE):
                return value
        current = message.parts[current.parent] if 0 <= current.parent < len(message.parts) else None
        steps += 1
    return None


def locations(message: Message) -> Mapping[str, str]:
    """Give the Content-Location of every part that has one, with its path: those lie in the mail."""
    return {
        header.value.strip(): part.path
        for part in message.parts
        for header in part.headers
        if header.name == "content-location"
    }


def through_header(reference: Reference, base: str) -> Reference:
    """Give a reference as it acts through a header's base: few clients still honour the fields."""
    return msgspec.structs.replace(reference, technique=TECHNIQUE, conditional=True, base=base)
