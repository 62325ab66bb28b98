"""tar in memory. Source: POSIX pax (IEEE 1003.1, "pax Interchange Format"), GNU tar manual "Basic Tar Format"."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.attached import Member
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.unpacking import Entry, NotUnpacked, Reason, text_of, tidy_name

_BLOCK = 512
_FILES = frozenset(b"0\x007")
_LONGEST_NAME = 65_536
_MOST_BLOCKS = 200_000  # headers looked at, and blocks passed over in search of one


def unpack(data: bytes, allowance: Allowance) -> Iterator[Entry]:
    """Give the regular files of a tar within the allowance.

    A block that should be a header and is not is said once; the search goes on at the next block that is one.
    """
    long_name, long_size = "", -1
    damaged = False
    at = 0
    for _ in range(_MOST_BLOCKS):
        block = data[at : at + _BLOCK]
        at += _BLOCK
        if len(block) < _BLOCK or not block.strip(b"\x00"):
            damaged = damaged or bool(block.strip(b"\x00"))
            break
        if not is_header(block):
            damaged = True
            continue
        size, kind = _number(block[124:136]), block[156]
        if kind in b"LxXKg":
            extended = data[at : at + min(size, _LONGEST_NAME)]
            if kind in b"L":
                long_name = _text(extended)
            elif kind in b"xX":
                name, long_size = _pax(extended)
                long_name = name or long_name
            at += _padded(size)
            continue
        name = long_name or _short_name(block)
        size = long_size if long_size >= 0 else size
        long_name, long_size = "", -1
        if not allowance.take_member():
            yield NotUnpacked(Reason.OVER)
            return
        if kind in _FILES and not name.endswith("/"):
            yield from _file(data[at : at + min(size, allowance.bytes_left)], size, name, allowance)
        at += _padded(size) if kind in _FILES else 0
    else:
        yield NotUnpacked(Reason.OVER)
    if damaged:
        yield NotUnpacked(Reason.DAMAGED)


def _file(data: bytes, size: int, name: str, allowance: Allowance) -> Iterator[Entry]:
    over = len(data) < size and len(data) == allowance.bytes_left
    allowance.take_bytes(len(data))
    if data:
        yield Member(tidy_name(name), data)
    if len(data) < size:
        yield NotUnpacked(Reason.OVER if over else Reason.DAMAGED, tidy_name(name))


def is_header(block: bytes) -> bool:
    """Whether a block of 512 bytes is a header, by the checksum that it states (old archives have no magic)."""
    field = block[148:156].strip(b"\x00 ")
    if len(block) < _BLOCK or not block[0] or not field or len(field) > 7 or field.strip(b"01234567"):
        return False
    return int(field, 8) == sum(block[:148]) + 256 + sum(block[156:512])


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _number(field: bytes) -> int:
    if field[0] & 0x80:  # GNU's binary form for sizes over 8 GiB
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b"\x00 ")
    return int(digits, 8) if digits and not digits.strip(b"01234567") else 0


def _short_name(block: bytes) -> str:
    name = _text(block[:100])
    prefix = _text(block[345:500]) if block[257:263] == b"ustar\x00" else ""
    return f"{prefix}/{name}" if prefix else name


def _text(field: bytes) -> str:
    return text_of(field.split(b"\x00", 1)[0])


def _pax(data: bytes) -> tuple[str, int]:
    name, size, at = "", -1, 0
    while at < len(data):
        space = data.find(b" ", at, at + 20)
        length = data[at:space] if space > 0 else b""
        if not length.isdigit() or int(length) < 5:
            break
        key, _, value = data[space + 1 : at + int(length) - 1].partition(b"=")
        if key == b"path":
            name = _text(value)
        elif key == b"size" and value.isdigit() and len(value) < 20:
            size = int(value)
        at += int(length)
    return name, size
