"""Disk images (.iso, .img): ISO 9660 with Joliet and Rock Ridge names, and UDF, in memory.

Our own readers because the known one follows a directory that contains itself and keeps the whole tree.
Source: ECMA-119, the Joliet specification, IEEE P1282 (Rock Ridge NM); UDF is in `udf_image`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from tocsin.model.attached import Member
from tocsin.observe.files import udf_image
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.unpacking import Entry, NotUnpacked, Reason, text_of, tidy_name

_SECTOR = 2_048
_FIRST_DESCRIPTOR = 16  # sector
_MOST_DESCRIPTORS = 64
_MOST_DIRECTORY_BYTES = 8 << 20  # over all directories of one tree
_DIRECTORY, _MORE = 0x02, 0x80
_PRIMARY, _SUPPLEMENTARY, _LAST = 1, 2, 255
_JOLIET = (b"%/@", b"%/C", b"%/E")


class _Record(msgspec.Struct, frozen=True):
    name: str
    start: int
    size: int
    flags: int


def unpack(data: bytes, allowance: Allowance) -> Iterator[Entry]:
    """Give the files of a disk image within the allowance: those of its UDF, Joliet and plain trees, each once."""
    seen: set[int] = set()
    known = False
    if udf_image.is_udf(data):
        known = True
        yield from udf_image.unpack(data, allowance, seen)
    trees = list(_trees(data))
    for root, joliet in trees:
        known = True
        yield from _tree(data, root, joliet, allowance, seen)
    if not known:
        yield NotUnpacked(Reason.UNKNOWN)


def _trees(data: bytes) -> Iterator[tuple[_Record, bool]]:
    """The root of each tree and whether its names are Joliet's; Joliet's first, since that is what Windows shows."""
    found: list[tuple[_Record, bool]] = []
    for sector in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + _MOST_DESCRIPTORS):
        block = data[sector * _SECTOR : (sector + 1) * _SECTOR]
        if len(block) < 190 or block[1:6] != b"CD001" or block[0] == _LAST:
            break
        if block[0] in (_PRIMARY, _SUPPLEMENTARY):
            record = _record(block[156:190], False)
            if record is not None:
                found.append((record, block[0] == _SUPPLEMENTARY and block[88:91] in _JOLIET))
    yield from sorted(found, key=lambda tree: not tree[1])


def _tree(data: bytes, root: _Record, joliet: bool, allowance: Allowance, seen: set[int]) -> Iterator[Entry]:
    folders, waiting = {root.start}, [root]
    room = _MOST_DIRECTORY_BYTES
    parts: list[bytes] = []
    while waiting:
        folder = waiting.pop()
        size = min(folder.size, max(0, len(data) - folder.start))
        room -= size
        if room < 0:
            yield NotUnpacked(Reason.OVER)
            return
        if not size:
            yield NotUnpacked(Reason.DAMAGED, tidy_name(folder.name))
        for record in _records(data[folder.start : folder.start + size], joliet):
            if record.flags & _DIRECTORY:
                if record.start not in folders:
                    folders.add(record.start)
                    waiting.append(record)
                continue
            if record.start in seen and record.size:
                continue
            if not allowance.take_member():
                yield NotUnpacked(Reason.OVER)
                return
            seen.add(record.start)
            found = data[record.start : record.start + min(record.size, allowance.bytes_left)]
            over = len(found) < record.size and len(found) == allowance.bytes_left
            allowance.take_bytes(len(found))
            parts.append(found)
            if not record.flags & _MORE or len(found) < record.size:
                whole = parts[0] if len(parts) == 1 else b"".join(parts)
                parts = []
                if whole:
                    yield Member(tidy_name(record.name), whole)
            if len(found) < record.size:
                yield NotUnpacked(Reason.OVER if over else Reason.DAMAGED, tidy_name(record.name))


def _records(data: bytes, joliet: bool) -> Iterator[_Record]:
    at = 0
    while at + 34 <= len(data):
        length = data[at]
        if not length:  # records do not cross sectors
            at = (at // _SECTOR + 1) * _SECTOR
            continue
        record = _record(data[at : at + length], joliet)
        at += length
        if record is not None and record.name not in ("\x00", "\x01"):
            yield record


def _record(raw: bytes, joliet: bool) -> _Record | None:
    if len(raw) < 34 or 33 + raw[32] > len(raw):
        return None
    (start,) = struct.unpack_from("<I", raw, 2)
    (size,) = struct.unpack_from("<I", raw, 10)
    name = raw[33 : 33 + raw[32]]
    if name in (b"\x00", b"\x01"):
        shown = name.decode("ascii")
    elif joliet:
        shown = name.decode("utf-16-be", "replace").partition(";")[0]
    else:
        longer = _rock_ridge(raw[33 + raw[32] + (raw[32] + 1) % 2 :])
        shown = text_of(longer) if longer else text_of(name).partition(";")[0].rstrip(".")
    return _Record(shown, (start + raw[1]) * _SECTOR, size, raw[25])


def _rock_ridge(system: bytes) -> bytes:
    """The longer name of a record, b"" where it has none."""
    at, name = 0, b""
    while at + 5 <= len(system):
        length = system[at + 2]
        if length < 4:
            break
        if system[at : at + 2] == b"NM":
            name += system[at + 5 : at + length]
        at += length
    return name
