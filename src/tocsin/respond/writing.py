"""Bodies and header fields as they are written into a mail."""

from __future__ import annotations

import binascii
import hashlib
import re

from tocsin.mail.body import part_bytes
from tocsin.model.message import Message, Part

_DASHES = re.compile(rb"(?m)^-")
_UNSAFE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")
_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


def quoted_printable(text: str, newline: bytes) -> bytes:
    """A text as UTF-8 in quoted-printable; no line of it starts with "-", so none is a boundary."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    data = binascii.b2a_qp(lines.encode("utf-8", "replace"), istext=True)
    return _DASHES.sub(b"=2D", data).replace(b"\n", newline)


def base64_lines(data: bytes, newline: bytes) -> bytes:
    """Bytes in base64, 76 characters a line."""
    encoded = binascii.b2a_base64(data, newline=False)
    return newline.join(encoded[at : at + 76] for at in range(0, len(encoded), 76))


def quoted(value: str) -> str:
    """A parameter value between quotation marks, what is not plain ASCII replaced."""
    return '"' + _UNSAFE.sub("_", value)[:200] + '"'


def note(message: Message, part: Part) -> str:
    """What stands where a file was: its name, size and digest."""
    data = part_bytes(message, part)
    name = _SHOWN.sub(" ", part.filename)[:200] or "without a name"
    return (
        "[Tocsin put a file of this mail under seal, since opening it could tell its sender.\n"
        f"Name: {name}\nType: {_SHOWN.sub(' ', part.media_type)[:100]}\nSize: {len(data)} bytes\n"
        f"SHA-256: {hashlib.sha256(data).hexdigest()}\nThe original mail is kept sealed.]"
    )
