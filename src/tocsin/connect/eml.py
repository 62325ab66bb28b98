"""One mail in one file: .eml with all its accidents, and Apple Mail's .emlx."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from xml.parsers.expat import ExpatError

from tocsin.connect.feed import Feed
from tocsin.connect.folder_names import printable
from tocsin.connect.limits import ReadLimits
from tocsin.connect.mail_marks import labels_of, status_flags
from tocsin.connect.place import Place
from tocsin.model.source import RawMail, ReadError

_BOM = b"\xef\xbb\xbf"
_APPLE_FLAGS = ((1 << 0, "S"), (1 << 1, "T"), (1 << 2, "R"), (1 << 4, "F"), (1 << 6, "D"), (1 << 8, "P"))


def read_eml(feed: Feed, place: Place, limits: ReadLimits) -> Iterator[RawMail | ReadError]:
    """The one mail of a file, its byte order mark and leading blank lines removed, all else as found."""
    raw = feed.take(limits.max_mail_bytes + 1)
    if len(raw) > limits.max_mail_bytes:
        yield too_large(place, limits)
        return
    yield loose_mail(place, raw.removeprefix(_BOM).lstrip(b"\r\n"))


def read_emlx(feed: Feed, place: Place, limits: ReadLimits) -> Iterator[RawMail | ReadError]:
    """The mail between the length line and the property list of an .emlx; the list gives the flags."""
    line_end = feed.peek(32).find(b"\n") + 1
    stated = int(feed.take(line_end))
    if stated > limits.max_mail_bytes:
        yield too_large(place, limits)
        return
    raw = feed.take(stated)
    if len(raw) < stated:
        yield loose_mail(place, raw)
        yield ReadError(
            "truncated",
            place.label,
            f"The file states a mail of {stated} bytes and holds {len(raw)}; what is there was read.",
            line_end + len(raw),
        )
        return
    yield loose_mail(place, raw, _apple_flags(feed.take(1024 * 1024)))


def loose_mail(place: Place, raw: bytes, flags: str = "") -> RawMail:
    """The value for a mail that is a file or a member of its own."""
    labels = labels_of(raw)
    return RawMail(
        source=place.label,
        mailbox=place.shelf,
        raw=raw,
        folder=printable(labels[0]) if labels and labels[0] else place.folder,
        flags=flags or place.flags or status_flags(raw),
        outgoing=place.outgoing or bool(labels and labels[1]),
    )


def too_large(place: Place, limits: ReadLimits) -> ReadError:
    """The error for a mail over the limit."""
    return ReadError(
        "mail-too-large",
        place.label,
        f"The mail is larger than {limits.max_mail_bytes // 2**20} MiB and was passed over.",
    )


def _apple_flags(tail: bytes) -> str:
    if not tail.lstrip().startswith(b"<?xml"):
        return ""
    try:
        bits = plistlib.loads(tail.strip(), fmt=plistlib.FMT_XML).get("flags")
    except (
        ExpatError,
        ValueError,
        AttributeError,
        plistlib.InvalidFileException,
        TypeError,
        KeyError,
        IndexError,
    ):
        return ""
    if not isinstance(bits, int):
        return ""
    return "".join(letter for bit, letter in _APPLE_FLAGS if bits & bit) or "U"
