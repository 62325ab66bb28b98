"""Content-Transfer-Encodings undone, as forgivingly as mail clients do it."""

from __future__ import annotations

import binascii
import re

_NOT_BASE64 = bytes(
    sorted(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"))
)
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_SOFT_BREAK = re.compile(rb"=[ \t]*(?:\r\n|\n|\r|\Z)")
_UNUSUAL = re.compile(
    rb"=(?:[ \t]+(?:\r|\n|\Z)|\r(?!\n)|=)"
)  # what binascii would read otherwise than clients do
_DOUBLE = re.compile(rb"=(?==)")
_BASE64_ONLY = re.compile(rb"[A-Za-z0-9+/_-]*")
_PADDING = re.compile(rb"=+")
_UU_BEGIN = re.compile(rb"(?:^|[\r\n])begin(?:-base64)? [0-7]{3,4} ([^\r\n]*)(?:\r\n|\n|\r)")
_LINES = re.compile(rb"[^\r\n]+")
_YENC = re.compile(rb"(?:^|\n)=ybegin [^\r\n]*\r?\n(?:=ypart [^\r\n]*\r?\n)?(.*?)(?:\n=yend|\Z)", re.S)
_YENC_ESCAPE = re.compile(rb"=(.)", re.S)
_YENC_SHIFT = bytes((i - 42) & 0xFF for i in range(256))

IDENTITY = frozenset(("", "7bit", "8bit", "binary", "7-bit", "8-bit", "none", "plain"))
BASE64 = frozenset(("base64", "base-64", "b64", "x-base64", "b"))
QUOTED_PRINTABLE = frozenset(("quoted-printable", "quotedprintable", "quoted_printable", "qp", "q", "quoted"))
UUENCODE = frozenset(("x-uuencode", "uuencode", "x-uue", "uue", "x-uu"))
YENC = frozenset(("x-yenc", "yenc"))
KNOWN = IDENTITY | BASE64 | QUOTED_PRINTABLE | UUENCODE | YENC


def undo(data: bytes, encoding: str) -> bytes:
    """The bytes behind a transfer encoding (RFC 2045 6); unknown ones are handed through. Never raises."""
    if encoding in IDENTITY:
        return data
    if encoding in BASE64:
        return base64_bytes(data)
    if encoding in QUOTED_PRINTABLE:
        return quoted_printable_bytes(data)
    if encoding in UUENCODE:
        return uu_bytes(data)
    if encoding in YENC:
        return _yenc_bytes(data)
    return data


def base64_bytes(data: bytes) -> bytes:
    """Base64 with foreign characters, missing or early padding and the URL-safe alphabet allowed.

    What follows padding is decoded too when it is base64 again (clients differ), and left out when it is
    something else, such as a list footer.
    """
    end = data.find(b"=")
    tail = data[end : end + 80].strip(b"=\r\n \t") if end >= 0 else b""
    if not tail and (end < 0 or len(data) - end < 80) and b"-" not in data and b"_" not in data:
        try:
            return binascii.a2b_base64(data)
        except binascii.Error:
            end = -1
    if end >= 0:
        rest = data[end:].translate(None, b"=\r\n")
        if len(rest) % 4 in (0, 2, 3) and len(rest) > 7 and _BASE64_ONLY.fullmatch(rest):
            end = -1
    head = (data if end < 0 else data[:end]).translate(_URL_SAFE, _NOT_BASE64)
    return b"".join(_base64_piece(piece) for piece in _PADDING.split(head))


def _base64_piece(piece: bytes) -> bytes:
    surplus = len(piece) % 4
    if surplus == 1:
        piece = piece[:-1]
    elif surplus:
        piece += b"=" * (4 - surplus)
    return binascii.a2b_base64(piece)


def quoted_printable_bytes(data: bytes) -> bytes:
    """Quoted-printable with raw 8-bit bytes, blanks after soft breaks, bare CR and stray "=" allowed."""
    if _UNUSUAL.search(data):
        data = _SOFT_BREAK.sub(b"", _DOUBLE.sub(b"=3D", data))
    return binascii.a2b_qp(data)


def uu_bytes(data: bytes) -> bytes:
    """The contents of all uuencoded blocks in the data (lines alone, without "begin", count as one block)."""
    blocks = uu_blocks(data)
    if blocks:
        return b"".join(block for _, block in blocks)
    return _uu_lines(data, 0)[0]


def uu_blocks(data: bytes) -> list[tuple[str, bytes]]:
    """File name and contents of each "begin … end" block."""
    found = []
    position = 0
    while (at := data.find(b"begin", position)) >= 0:
        begin = _UU_BEGIN.match(data, max(at - 1, 0))
        if begin is None:
            position = at + 5
            continue
        block, position = _uu_lines(data, begin.end())
        if block:
            found.append((begin.group(1).decode("utf-8", "replace").strip(), block))
        position = max(position, begin.end() - 1)
    return found


def _uu_lines(data: bytes, start: int) -> tuple[bytes, int]:
    pieces = []
    position = start
    for line in _LINES.finditer(data, start):
        text = line.group()
        if text == b"end" or text.rstrip() in (b"end", b"`", b"===="):
            position = line.end()
            if text.rstrip() == b"`":
                continue
            break
        length = (text[0] - 32) & 63
        needed = (length * 8 + 5) // 6
        filled = len(text.rstrip())  # closing blanks stand for zeros, and get lost on the way
        if not 32 <= text[0] <= 96 or not length > 0 or filled > needed + 6 or len(text) + 8 < needed:
            break
        try:
            pieces.append(binascii.a2b_uu(text[: 1 + needed].rstrip(b"\r\n")))
        except binascii.Error:
            break
        position = line.end()
    return b"".join(pieces), position


def _yenc_bytes(data: bytes) -> bytes:
    found = _YENC.search(data)
    body = (found.group(1) if found else data).translate(None, b"\r\n")
    body = _YENC_ESCAPE.sub(lambda escape: bytes(((escape.group(1)[0] - 64) & 0xFF,)), body)
    return body.translate(_YENC_SHIFT)
