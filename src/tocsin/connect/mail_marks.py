"""What mailboxes write into the mails they keep: labels, flags, and the signs that one was cut off."""

from __future__ import annotations

import contextlib
import re
from email.errors import HeaderParseError
from email.header import decode_header

from tocsin.connect.folder_names import is_inbox, is_sent

_HEADER_BYTES = 64 * 1024
_LABELS = re.compile(rb"^X-Gmail-Labels:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"^(?:X-)?Status:[ \t]*([A-Za-z]{1,8})", re.MULTILINE)
_MOZILLA = re.compile(rb"^X-Mozilla-Status:[ \t]*([0-9A-Fa-f]{4})", re.MULTILINE)
_BOUNDARY = re.compile(
    rb"^Content-Type:[ \t]*(?:\r?\n[ \t]+)?multipart/(?:[^\r\n]|\r?\n[ \t])*?boundary[ \t]*=[ \t]*"
    rb'(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))',
    re.IGNORECASE | re.MULTILINE,
)
_STATUS_FLAGS = {"R": "S", "A": "R", "F": "F", "T": "D", "D": "T"}  # mbox letter: Maildir letter
_MOZILLA_FLAGS = ((0x0001, "S"), (0x0002, "R"), (0x0004, "F"), (0x0008, "T"), (0x1000, "P"))


def header_end(data: bytes, start: int = 0, stop: int | None = None) -> int:
    """Where the line end before the blank line after a header lies, -1 where none is found within 64 KiB.

    The mail is `data[start:stop]`; the result is an offset in `data`.
    """
    limit = min(len(data) if stop is None else stop, start + _HEADER_BYTES)
    unix = data.find(b"\n\n", start, limit)
    dos = data.find(b"\n\r\n", start, unix if unix >= 0 else limit)
    if dos >= 0:
        return dos
    if unix < 0 and data.find(b"\n", start, limit) < 0:
        return data.find(b"\r\r", start, limit)
    return unix


def labels_of(raw: bytes) -> tuple[str, bool] | None:
    """The folder that Gmail's export labels stand for and whether the owner sent the mail; None without
    labels."""
    at = raw.find(b"X-Gmail-Labels:", 0, 4096)  # Gmail writes it among the first fields
    if at < 0:
        return None
    match = _LABELS.match(raw, at)
    if match is None or (at and raw[at - 1 : at] not in (b"\n", b"\r")):
        return None
    text = re.sub(rb"\r?\n[ \t]+", b" ", match[1]).strip().decode("utf-8", "replace")
    with contextlib.suppress(HeaderParseError, LookupError, ValueError):
        text = "".join(
            piece.decode(charset or "utf-8", "replace") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(text)
        )
    labels = [label.strip().strip('"') for label in text.split(",")]
    sent = [label for label in labels if is_sent(label)]
    inbox = [label for label in labels if is_inbox(label)]
    return (sent or inbox or [""])[0], bool(sent)


def status_flags(raw: bytes) -> str:
    """Flags from Status, X-Status and X-Mozilla-Status, as in a Maildir's file names; "U" where these fields set none,
    "" without them.
    """
    if raw.find(b"Status:", 0, _HEADER_BYTES) < 0:
        return ""
    end = header_end(raw)
    if raw.find(b"Status:", 0, end if end >= 0 else _HEADER_BYTES) < 0:
        return ""
    head = raw[: end if end >= 0 else _HEADER_BYTES]
    found: set[str] = set()
    kept = False
    for match in _STATUS.finditer(head):
        kept = True
        found.update(_STATUS_FLAGS.get(letter, "") for letter in match[1].decode("ascii"))
    mozilla = _MOZILLA.search(head)
    if mozilla:
        kept = True
        bits = int(mozilla[1], 16)
        found.update(letter for bit, letter in _MOZILLA_FLAGS if bits & bit)
    return "".join(sorted(found - {""})) or ("U" if kept else "")


def truncation(raw: bytes, *, alone: bool) -> str:
    """Why this mail, the last of its mailbox, looks cut off; "" when it does not.

    Told by a header that the end of the file ends, or a multipart boundary that is never closed. A mail
    `alone` in its file may well have been sent without its last boundary; there the last line must be cut,
    too.
    """
    end = header_end(raw)
    if end < 0:
        return (
            "it ends inside the header"
            if len(raw) < _HEADER_BYTES and not (alone and raw[-1:] in b"\r\n")
            else ""
        )
    if alone and raw[-1:] in b"\r\n":
        return ""
    match = _BOUNDARY.search(raw, 0, end + 1)
    if match and raw.rfind(b"--" + (match[1] or match[2]).rstrip() + b"--") < 0:
        return "its last multipart boundary is missing"
    return ""
