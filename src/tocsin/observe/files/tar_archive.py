"""tar in memory. Source: POSIX pax (IEEE 1003.1, "pax Interchange Format"), GNU tar manual "Basic Tar Format"."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.mail.tar_header import BLOCK, is_header, name_in, number_in, padded
from tocsin.model.attached import Member
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.unpacking import Entry, NotUnpacked, Reason, text_of, tidy_name

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
        block = data[at : at + BLOCK]
        at += BLOCK
        if len(block) < BLOCK or not block.strip(b"\x00"):
            damaged = damaged or bool(block.strip(b"\x00"))
            break
        if not is_header(block):
            damaged = True
            continue
        size, kind = number_in(block[124:136]), block[156]
        if kind in b"LxXKg":
            extended = data[at : at + min(size, _LONGEST_NAME)]
            if kind in b"L":
                long_name = _text(extended)
            elif kind in b"xX":
                name, long_size = _pax(extended)
                long_name = name or long_name
            at += padded(size)
            continue
        name = long_name or text_of(name_in(block))
        size = long_size if long_size >= 0 else size
        long_name, long_size = "", -1
        if not allowance.take_member():
            yield NotUnpacked(Reason.OVER)
            return
        if kind in _FILES and not name.endswith("/"):
            yield from _file(data[at : at + min(size, allowance.bytes_left)], size, name, allowance)
        at += padded(size) if kind in _FILES else 0
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
