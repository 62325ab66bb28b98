"""What passes over a mail work with: unfinished parts, doubts about them, limits, and MIME tokens."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from tocsin.mail import transfer
from tocsin.mail.headers import parameter_pairs
from tocsin.model.message import Bodies, Header, Part

NESTED = frozenset(("message/rfc822", "message/global", "message/news", "x-message/rfc822"))
_TYPE = re.compile(r"[!#-'*+.0-9A-Z^-~-]+/[!#-'*+.0-9A-Z^-~-]+$", re.I)
_LOOSE_TYPE = re.compile(r"[\s\"'=:]*([a-z]+/[a-z0-9.+_-]+)", re.I)
_ENCODING = re.compile(r"[\w.-]+")
_MOST_KEPT = 1 << 20
_SHORT = 80  # characters of a Content-Type that is remembered: "text/plain; charset=utf-8" and the like


class Limits(msgspec.Struct, frozen=True):
    """How far a mail is read; what lies beyond becomes a defect."""

    max_parts: int = 12_000
    max_depth: int = 12_000
    max_headers: int = 5_000  # of one header block
    max_header_bytes: int = 4 << 20  # of one header block
    max_decoded: int = 64 << 20  # bytes of one decoded part
    max_unpacked: int = 256 << 20  # bytes of all that was decoded to look inside
    max_unpack_depth: int = 16  # encoded message in encoded message
    max_readings: int = 200  # parts of other readings than the standard one
    max_reread: int = 8  # times the size of the mail that other readings may scan again


class Draft(msgspec.Struct, gc=False):
    """A part while its end is not yet known; fields as in `model.message.Part`."""

    path: str
    reading: str
    parent: int
    headers: tuple[Header, ...]
    media_type: str
    params: dict[str, str]
    encoding: str
    disposition: str
    filename: str
    content_id: str
    start: int
    end: int
    data: bytes | None = None

    def part(self) -> Part:
        return Part(
            self.path, self.reading, self.parent, self.headers, self.media_type, self.params, self.encoding,
            self.disposition, self.filename, self.content_id, self.start, self.end, self.data,
        )  # fmt: skip


def decoded_body(raw: bytes, draft: Draft, most: int, bodies: Bodies) -> bytes:
    """The bytes of a part behind its transfer encoding, from at most `most` encoded ones.

    Texts that had to be decoded are kept in `bodies`, those of up to a megabyte.
    """
    if draft.data is not None:
        return draft.data
    start, end, encoding = draft.start, draft.end, draft.encoding
    if encoding in transfer.IDENTITY:
        return raw[start : min(end, start + most)]
    key = (start, end, encoding)
    if (known := bodies.get(key)) is not None:
        return known
    data = transfer.undo(raw[start : min(end, start + most)], encoding)
    if draft.media_type.startswith("text/") and end - start <= _MOST_KEPT:
        bodies[key] = data
    return data


class Doubt(msgspec.Struct):
    """An ambiguity: its id, the index of the part it concerns, and what the other reading would take."""

    code: str
    index: int
    value: str = ""
    body: int = -1
    encoding: str = ""
    boundary: bytes = b""


class Seed(msgspec.Struct):
    """The first entity of a walk when it is not to be read from its own header block."""

    draft: Draft
    boundary: bytes = b""


def type_of(value: str) -> tuple[str, list[tuple[str, str]], bool]:
    """Media type and raw parameter pairs of a Content-Type value, and whether the type is well formed.

    A malformed type is text/plain, as RFC 2045 5.2 says.
    """
    if len(value) > _SHORT or "oundary" in value:
        return _type_of(value)
    token, short_pairs, formed = _short_type(value)
    return token, list(short_pairs), formed


@lru_cache(maxsize=1024)
def _short_type(value: str) -> tuple[str, tuple[tuple[str, str], ...], bool]:
    token, pairs, formed = _type_of(value)
    return token, tuple(pairs), formed


def _type_of(value: str) -> tuple[str, list[tuple[str, str]], bool]:
    token, pairs = parameter_pairs(value)
    if _TYPE.match(token):
        return token, pairs, True
    return "text/plain", pairs, False


def loose_type(value: str) -> str:
    """The media type that lenient clients read from a malformed Content-Type, or ""."""
    found = _LOOSE_TYPE.match(value)
    if found is not None:
        return found[1].lower()
    word = value.split(";", 1)[0].strip().lower()
    return "text/html" if word in ("html", "text html", "texthtml") else ""


def encoding_of(value: str) -> str:
    """The token of a Content-Transfer-Encoding value, lower-case."""
    found = _ENCODING.search(value)
    return found.group().lower() if found is not None else ""
