"""What a part holds: its bytes behind the transfer encoding, its text behind the charset."""

from __future__ import annotations

from tocsin.mail.charsets import declared_in_html, decode_text
from tocsin.mail.transfer import undo
from tocsin.model.message import Message, Part

MAX_DECODED = 64 << 20
_MARKUP = (
    "text/html",
    "application/xhtml+xml",
    "text/xml",
    "application/xml",
    "image/svg+xml",
    "text/x-amp-html",
)


def part_bytes(message: Message, part: Part) -> bytes:
    """The part's bytes, transfer encoding undone, from at most 64 MiB of encoded body. Never raises."""
    if part.data is not None:
        return part.data
    known = message.bodies.get((part.start, part.end, part.encoding))
    if known is not None:
        return known
    return undo(message.raw[part.start : min(part.end, part.start + MAX_DECODED)], part.encoding)


def part_text(message: Message, part: Part) -> str:
    """The part's text: charset of the header, else of the document itself, else guessed. Never raises.

    Unknown and broken charsets are read as UTF-8 where valid, else as windows-1252. The text holds no lone
    surrogates; line ends stay as they are.
    """
    return text_of(part_bytes(message, part), part.media_type, part.params.get("charset", ""))


def text_of(data: bytes, media_type: str, charset: str) -> str:
    """The text of decoded bytes, by the rules of `part_text`."""
    if not charset and media_type in _MARKUP:
        charset = declared_in_html(data)
    return decode_text(data, charset)
