"""zip in memory: by its directory, then by the local headers that no directory lists.

Programs disagree about which of two directories counts and some ignore it, so what any of them shows is read.
Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 to 4.5.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Iterator

import msgspec

from tocsin.mail.decompressors import Deflate, Engine
from tocsin.model.attached import Member
from tocsin.observe.files import streams
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.unpacking import Entry, NotUnpacked, Reason, text_of, tidy_name

_LOCAL, _CENTRAL, _END, _END64, _LOCATOR64 = (
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"PK\x06\x06",
    b"PK\x06\x07",
)
_DESCRIPTOR = b"PK\x07\x08"
_LONGEST_COMMENT = 65_557  # with the record itself
_UNKNOWN = 0xFFFFFFFF
_ENCRYPTED, _SIZES_FOLLOW = 0x1, 0x8
_STORED, _DEFLATED, _BZIP2, _LZMA, _XZ, _AES = 0, 8, 12, 14, 95, 99


class ZipEntry(msgspec.Struct, frozen=True, gc=False):
    """A file as a header states it; `start` is where its data lie, -1 if its local header is not where it should be.

    `packed` is -1 where the size only follows the data.
    """

    name: str
    method: int
    encrypted: bool
    crc: int
    packed: int
    start: int


def entries(data: bytes) -> Iterator[ZipEntry]:
    """Give the files and folders of a zip by its last directory, then those that only local headers name.

    There is no bound on how many; local headers inside the data of a listed file are not looked for.
    """
    taken: list[tuple[int, int]] = []
    for entry in _listed(data):
        if entry.start >= 0:
            taken.append((entry.start, entry.start + max(0, entry.packed)))
        yield entry
    taken.sort()
    position = index = 0
    while (at := data.find(_LOCAL, position)) >= 0:
        while index < len(taken) and taken[index][1] <= at:
            index += 1
        if index < len(taken) and taken[index][0] <= at:
            position = taken[index][1]
            continue
        local = _local(data, at)
        position = at + 4
        if local is None or (index < len(taken) and local.start == taken[index][0]):
            continue
        yield local
        if local.packed > 0:
            position = local.start + local.packed


def unpack(data: bytes, allowance: Allowance) -> Iterator[Entry]:
    """Unpack a zip within the allowance; folders are passed over but counted."""
    found = False
    for entry in entries(data):
        found = True
        if not allowance.take_member():
            yield NotUnpacked(Reason.OVER)
            return
        if entry.name.endswith(("/", "\\")) and entry.packed <= 0:
            continue
        yield from unpack_entry(data, entry, allowance)
    if not found and _END not in data:
        yield NotUnpacked(Reason.DAMAGED)


def unpack_entry(data: bytes, entry: ZipEntry, allowance: Allowance) -> Iterator[Entry]:
    """Unpack one file within the allowance; one that is damaged gives what could be read, and says so."""
    name = tidy_name(entry.name)
    if entry.start < 0 or entry.start > len(data):
        yield NotUnpacked(Reason.DAMAGED, name)
        return
    room = len(data) - entry.start
    limit = allowance.largest(room if entry.packed < 0 else min(entry.packed, room))
    unpacked = _unpacked(data, entry, limit)
    if unpacked is None:
        encrypted = entry.encrypted or entry.method == _AES
        yield NotUnpacked(Reason.ENCRYPTED if encrypted else Reason.UNKNOWN, name)
        return
    allowance.take_bytes(len(unpacked.data))
    right = not entry.crc or zlib.crc32(unpacked.data) == entry.crc
    if entry.encrypted and not right:  # some set the mark on plain files, which certain programs ignore
        yield NotUnpacked(Reason.ENCRYPTED, name)
        return
    if unpacked.data:
        yield Member(name, unpacked.data)
    if unpacked.over:
        yield NotUnpacked(Reason.OVER, name)
    elif unpacked.damaged or not unpacked.ended or not right:
        yield NotUnpacked(Reason.DAMAGED, name)


def _unpacked(data: bytes, entry: ZipEntry, limit: int) -> streams.Unpacked | None:
    start = entry.start
    view = memoryview(data)[start:]
    engine: Engine
    if entry.method == _STORED:
        if entry.packed < 0:
            return _stored_until_descriptor(data, start, limit)
        found = data[start : start + min(entry.packed, limit)]
        over = entry.packed > limit and len(data) - start > limit
        return streams.Unpacked(found, len(found), ended=len(found) == entry.packed, over=over)
    if entry.method == _DEFLATED:
        # The data say themselves where they end; a size in a header that says less is not believed.
        engine = Deflate()
    elif entry.method == _BZIP2:
        engine = bz2.BZ2Decompressor()
    elif entry.method == _XZ:
        engine = streams.xz()
    elif entry.method == _LZMA:
        length = int.from_bytes(view[2:4], "little")
        chain = streams.lzma_filter(lzma.FILTER_LZMA1, bytes(view[4 : 4 + length]), limit)
        if chain is None:
            return streams.Unpacked(b"", 0, damaged=True)
        engine = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain])
        end = len(view) if entry.packed < 0 else entry.packed
        found_lzma = streams.unpack(engine, view[4 + length : end], limit)
        # without a mark at its end the stream just stops
        return msgspec.structs.replace(found_lzma, ended=not found_lzma.damaged)
    else:
        return None
    return streams.unpack(engine, view, limit)


def _stored_until_descriptor(data: bytes, start: int, limit: int) -> streams.Unpacked:
    end = data.find(_LOCAL, start)
    for mark in (_DESCRIPTOR, _CENTRAL):
        at = data.find(mark, start, end if end >= 0 else len(data))
        end = at if at >= 0 else end
    ended = end >= 0
    end = end if ended else len(data)
    found = data[start : min(end, start + limit)]
    return streams.Unpacked(found, len(found), ended=ended, over=end - start > limit)


def _listed(data: bytes) -> Iterator[ZipEntry]:
    at = data.rfind(_END, max(0, len(data) - _LONGEST_COMMENT))
    if at < 0 or len(data) < at + 22:
        return
    size, offset = struct.unpack_from("<II", data, at + 12)
    end = at
    if data[max(0, at - 20) : at].startswith(_LOCATOR64) and at >= 20:
        (end64,) = struct.unpack_from("<Q", data, at - 12)
        found = data.rfind(_END64, 0, at - 20)
        end64 = end64 if data[end64 : end64 + 4] == _END64 else found
        if end64 >= 0 and len(data) >= end64 + 56:
            size, offset = struct.unpack_from("<QQ", data, end64 + 40)
            end = end64
    before = end - size - offset  # bytes put before the archive, as in self-extracting ones
    position = end - size
    if position < 0 or data[position : position + 4] != _CENTRAL:
        before, position = 0, offset  # what stands between directory and end record is not counted by some
    while position + 46 <= end and data[position : position + 4] == _CENTRAL:
        flags, method = struct.unpack_from("<HH", data, position + 8)
        crc, packed, whole, name_length, extra_length, comment_length = struct.unpack_from(
            "<IIIHHH", data, position + 16
        )
        (start,) = struct.unpack_from("<I", data, position + 42)
        position += 46
        name = data[position : position + name_length]
        extra = data[position + name_length : position + name_length + extra_length]
        packed, start = _wide(extra, whole, packed, start)
        position += name_length + extra_length + comment_length
        yield ZipEntry(
            text_of(name), method, bool(flags & _ENCRYPTED), crc, packed, _data_start(data, start, before)
        )


def _data_start(data: bytes, offset: int, before: int) -> int:
    for at in (offset + before, offset):
        if 0 <= at <= len(data) - 30 and data[at : at + 4] == _LOCAL:
            name_length, extra_length = struct.unpack_from("<HH", data, at + 26)
            return at + 30 + int(name_length) + int(extra_length)
    return -1


def _local(data: bytes, at: int) -> ZipEntry | None:
    """The file of a local header, None where the bytes only look like one."""
    if at + 30 > len(data):
        return None
    flags, method = struct.unpack_from("<HH", data, at + 6)
    crc, packed, whole, name_length, extra_length = struct.unpack_from("<IIIHH", data, at + 14)
    start = at + 30 + name_length + extra_length
    name = data[at + 30 : at + 30 + name_length]
    if start > len(data) or not name or method > _AES:
        return None
    packed, _ = _wide(data[at + 30 + name_length : start], whole, packed, 0)
    if flags & _SIZES_FOLLOW and not packed:
        packed = -1
    return ZipEntry(text_of(name), method, bool(flags & _ENCRYPTED), crc, packed, start)


def _wide(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int]:
    """Packed size and offset, from the zip64 field where the header marks them as too large for it."""
    at = 0
    while at + 4 <= len(extra):
        identifier, length = struct.unpack_from("<HH", extra, at)
        if identifier == 1:
            values = iter(
                int.from_bytes(extra[start : start + 8], "little")
                for start in range(at + 4, min(at + 4 + length, len(extra)) - 7, 8)
            )
            if size == _UNKNOWN:
                next(values, 0)
            packed = next(values, packed) if packed == _UNKNOWN else packed
            offset = next(values, offset) if offset == _UNKNOWN else offset
            break
        at += 4 + length
    return packed, offset
