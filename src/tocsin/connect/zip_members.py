"""zip, by its directory where the file can be searched, else (or where that is cut off) by its local headers.

Our own reader because the standard library's needs the directory, holds all of it in memory, and drops the
last block of a member whose checksum is wrong. Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from tocsin.connect.feed import Counter, Damage, Feed, FileRange

_LOCAL = b"PK\x03\x04"
_CENTRAL = b"PK\x01\x02"
_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
_LOCATOR64 = b"PK\x06\x07"
_DESCRIPTOR = b"PK\x07\x08"
_UNKNOWN = 0xFFFFFFFF
_ENCRYPTED = 0x0001
_SIZES_FOLLOW = 0x0008
_UTF8 = 0x0800


class ZipMember(msgspec.Struct, frozen=True):
    """A member as its header states it; `size` and `packed_size` are -1 where they only follow the data."""

    name: str
    method: int
    encrypted: bool
    crc: int
    packed_size: int
    size: int
    offset: int  # of its local header


def directory(file: BinaryIO, counter: Counter) -> Iterator[ZipMember] | None:
    """The members as the zip's directory lists them, one at a time; None when there is no directory (a cut
    file)."""
    length = file.seek(0, 2)
    tail_start = max(0, length - 65557)
    file.seek(tail_start)
    tail = file.read(65557)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        return None
    size, offset = struct.unpack_from("<II", tail, at + 12)
    end = tail_start + at
    if tail[max(0, at - 20) : at].startswith(_LOCATOR64):
        end64 = struct.unpack_from("<Q", tail, at - 12)[0]
        file.seek(min(end64, length))
        record = file.read(56)
        if record.startswith(_END64) and len(record) == 56:
            size, offset = struct.unpack_from("<QQ", record, 40)
            end = end64
    before = end - size - offset  # bytes put before the archive, as in self-extracting ones
    if before < 0 or size > length:
        return None
    return _listed(Feed(FileRange(file, before + offset, size, counter)), before)


def _listed(feed: Feed, before: int) -> Iterator[ZipMember]:
    while True:
        fixed = feed.take(46)
        if len(fixed) < 46 or not fixed.startswith(_CENTRAL):
            return
        flags, method = struct.unpack_from("<HH", fixed, 8)
        crc, packed_size, size, name_length, extra_length, comment_length = struct.unpack_from(
            "<IIIHHH", fixed, 16
        )
        offset = struct.unpack_from("<I", fixed, 42)[0]
        name = feed.take(name_length)
        extra = feed.take(extra_length)
        feed.skip(comment_length)
        size, packed_size, offset = _wide(extra, size, packed_size, offset)
        yield ZipMember(
            _name(name, flags), method, bool(flags & _ENCRYPTED), crc, packed_size, size, before + offset
        )


def data_start(file: BinaryIO, member: ZipMember) -> int | None:
    """Where a listed member's data start; None when its local header is not where the directory says."""
    file.seek(member.offset)
    fixed = file.read(30)
    if len(fixed) < 30 or not fixed.startswith(_LOCAL):
        return None
    name_length, extra_length = struct.unpack_from("<HH", fixed, 26)
    return member.offset + 30 + int(name_length) + int(extra_length)


def next_local(feed: Feed) -> ZipMember | Damage | None:
    """The member whose local header comes next in a stream; None at the end of the members."""
    offset = feed.position
    signature = feed.peek(4)
    if signature in (b"PK00", _DESCRIPTOR) and feed.peek(8)[4:] == _LOCAL:  # marks of split archives
        feed.take(4)
    fixed = feed.peek(30)
    if fixed[:4] in (_CENTRAL, _END, _END64):
        return None
    if len(fixed) < 30 or not fixed.startswith(_LOCAL):
        what = "ends early" if len(fixed) < 30 else "is damaged here"
        code = "truncated-archive" if len(fixed) < 30 else "damaged-archive"
        return Damage(code, f"The zip {what}; what came before was read. Download or copy it again.", offset)
    feed.take(30)
    flags, method = struct.unpack_from("<HH", fixed, 6)
    crc, packed_size, size, name_length, extra_length = struct.unpack_from("<IIIHH", fixed, 14)
    name = feed.take(name_length)
    size, packed_size, _ = _wide(feed.take(extra_length), size, packed_size, 0)
    if flags & _SIZES_FOLLOW and not packed_size:
        size = packed_size = -1
    return ZipMember(_name(name, flags), method, bool(flags & _ENCRYPTED), crc, packed_size, size, offset)


def skip_descriptor(feed: Feed) -> None:
    """Pass over the sizes that follow the data of a member whose header did not have them."""
    if feed.peek(4) == _DESCRIPTOR:
        feed.take(4)
    feed.take(12)
    if feed.peek(2) != b"PK":  # sizes of eight bytes each
        feed.take(8)


def _wide(extra: bytes, size: int, packed_size: int, offset: int) -> tuple[int, int, int]:
    """Sizes and offset, taken from the zip64 field for those that the header marks as too large for it."""
    at = 0
    while at + 4 <= len(extra):
        identifier, length = struct.unpack_from("<HH", extra, at)
        if identifier == 1:
            values = iter(
                int.from_bytes(extra[start : start + 8], "little")
                for start in range(at + 4, min(at + 4 + length, len(extra)) - 7, 8)
            )
            size = next(values, size) if size == _UNKNOWN else size
            packed_size = next(values, packed_size) if packed_size == _UNKNOWN else packed_size
            offset = next(values, offset) if offset == _UNKNOWN else offset
            break
        at += 4 + length
    return size, packed_size, offset


def _name(raw: bytes, flags: int) -> str:
    """UTF-8 where it is that, flagged or not, since many programs forget the flag; else the DOS code page."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogateescape") if flags & _UTF8 else raw.decode("cp437")
