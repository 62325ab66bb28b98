"""UDF, the file system of newer disk images. Source: ECMA-167 (3rd edition) parts 3 and 4, OSTA UDF 2.60."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from tocsin.model.attached import Member
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.unpacking import Entry, NotUnpacked, Reason, tidy_name

_SECTOR = 2_048
_RECOGNITION = 16  # sector where the descriptors that name the format begin
_ANCHOR, _PARTITION, _VOLUME, _TERMINATOR = 2, 5, 6, 8
_FILE_SET, _FILE_NAME, _FILE, _FILE_LONG = 256, 257, 261, 266
_MOST_DESCRIPTORS = 64
_MOST_EXTENTS = 4_096
_MOST_DIRECTORY_BYTES = 8 << 20
_IS_FOLDER, _IS_DELETED, _IS_PARENT = 2, 4, 8
_METADATA = b"*UDF Metadata Partition"


class _Place(msgspec.Struct, frozen=True):
    """A block in one of the volume's partitions."""

    block: int
    partition: int


class _Node(msgspec.Struct, frozen=True):
    """A file or folder: where its pieces lie (byte offset, length), and how long it says it is."""

    pieces: list[tuple[int, int]]
    size: int
    folder: bool


def is_udf(data: bytes) -> bool:
    """Whether an image names UDF in its recognition area."""
    start = _RECOGNITION * _SECTOR
    return any(
        data[at + 1 : at + 6] in (b"NSR02", b"NSR03") for at in range(start, start + 16 * _SECTOR, _SECTOR)
    )


def unpack(data: bytes, allowance: Allowance, seen: set[int]) -> Iterator[Entry]:
    """Give the files of the volume within the allowance; where their data start is added to `seen`."""
    volume = _Volume(data)
    root = volume.root()
    if root is None:
        yield NotUnpacked(Reason.DAMAGED)
        return
    waiting, folders = [root], {root}
    room = _MOST_DIRECTORY_BYTES
    while waiting:
        node = volume.node(waiting.pop())
        if node is None:
            yield NotUnpacked(Reason.DAMAGED)
            continue
        listing = volume.content(node, room)
        room -= len(listing)
        if room <= 0:
            yield NotUnpacked(Reason.OVER)
            return
        for name, flags, place in _names(listing):
            if flags & (_IS_PARENT | _IS_DELETED):
                continue
            if not allowance.take_member():
                yield NotUnpacked(Reason.OVER)
                return
            if flags & _IS_FOLDER:
                if place not in folders:
                    folders.add(place)
                    waiting.append(place)
                continue
            file = volume.node(place)
            if file is None:
                yield NotUnpacked(Reason.DAMAGED, tidy_name(name))
                continue
            seen.update(start for start, _ in file.pieces)
            limit = allowance.bytes_left
            found = volume.content(file, limit)
            allowance.take_bytes(len(found))
            if found:
                yield Member(tidy_name(name), found)
            if len(found) < file.size:
                yield NotUnpacked(Reason.OVER if len(found) == limit else Reason.DAMAGED, tidy_name(name))


class _Volume:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.starts: dict[int, int] = {}  # partition number: first sector
        self.maps: list[int] = []  # partition reference: partition number
        self.metadata: dict[
            int, list[tuple[int, int]]
        ] = {}  # reference: pieces of the file that holds its blocks

    def root(self) -> _Place | None:
        """Where the root folder is described, None where no way leads there."""
        sectors = len(self.data) // _SECTOR
        anchor = next(
            (at for at in (256, sectors - 1, sectors - 257) if self.tag(at * _SECTOR) == _ANCHOR), None
        )
        if anchor is None:
            return None
        length, first = struct.unpack_from("<II", self.data, anchor * _SECTOR + 16)
        file_set: _Place | None = None
        for sector in range(first, first + min(length // _SECTOR, _MOST_DESCRIPTORS)):
            at = sector * _SECTOR
            tag = self.tag(at)
            if tag == _PARTITION:
                (number,) = struct.unpack_from("<H", self.data, at + 22)
                (self.starts[number],) = struct.unpack_from("<I", self.data, at + 188)
            elif tag == _VOLUME and struct.unpack_from("<I", self.data, at + 212)[0] == _SECTOR:
                file_set = _place(self.data, at + 248)
                self._read_maps(at)
            elif tag == _TERMINATOR:
                break
        if file_set is None:
            return None
        self._open_metadata()
        start = self.offset(file_set)
        return _place(self.data, start + 400) if start is not None and self.tag(start) == _FILE_SET else None

    def _read_maps(self, volume: int) -> None:
        size, count = struct.unpack_from("<II", self.data, volume + 264)
        at = volume + 440
        end = min(at + size, volume + _SECTOR, len(self.data))
        for reference in range(min(count, 16)):
            if at + 6 > end:
                return
            kind, length = self.data[at], self.data[at + 1]
            if kind == 1:
                self.maps.append(struct.unpack_from("<H", self.data, at + 4)[0])
            elif kind == 2 and at + 44 <= end:
                self.maps.append(struct.unpack_from("<H", self.data, at + 38)[0])
                if self.data[at + 5 : at + 28] == _METADATA:
                    (block,) = struct.unpack_from("<I", self.data, at + 40)
                    self.metadata[reference] = [(block, -1)]
            at += max(6, length)

    def _open_metadata(self) -> None:
        for reference, pieces in list(self.metadata.items()):
            del self.metadata[reference]  # until it is open its partition is read as it lies
            node = self.node(_Place(pieces[0][0], reference))
            if node is not None:
                self.metadata[reference] = node.pieces

    def tag(self, at: int) -> int:
        """The kind of descriptor at a byte offset, 0 where the bytes are none (ECMA-167 3/7.2)."""
        head = self.data[at : at + 16] if at >= 0 else b""
        if len(self.data) < at + 512 or len(head) < 16 or (sum(head) - head[4]) & 0xFF != head[4]:
            return 0
        return int.from_bytes(head[:2], "little")

    def offset(self, place: _Place) -> int | None:
        """Where a block lies in the image."""
        pieces = self.metadata.get(place.partition)
        if pieces is not None:
            distance = place.block * _SECTOR
            for start, length in pieces:
                if distance < length:
                    return start + distance
                distance -= length
            return None
        if place.partition >= len(self.maps):
            return None
        first = self.starts.get(self.maps[place.partition])
        return None if first is None else (first + place.block) * _SECTOR

    def node(self, place: _Place) -> _Node | None:
        """What the file entry at a place describes."""
        at = self.offset(place)
        kind = self.tag(at) if at is not None else 0
        if at is None or kind not in (_FILE, _FILE_LONG):
            return None
        base = 176 if kind == _FILE else 216
        attributes, descriptors = struct.unpack_from("<II", self.data, at + base - 8)
        (size,) = struct.unpack_from("<Q", self.data, at + 56)
        first = at + base + attributes
        folder = self.data[at + 27] == 4
        form = self.data[at + 34] & 7
        if form == 3:  # the content lies in the entry itself
            return _Node([(first, min(size, descriptors))], size, folder)
        if form not in (0, 1):
            return None
        pieces = []
        step = 16 if form else 8
        for position in range(first, first + min(descriptors, _MOST_EXTENTS * step), step):
            if position + step > len(self.data):
                break
            length, block = struct.unpack_from("<II", self.data, position)
            if length >> 30 or not length:  # not recorded, or the list goes on elsewhere
                break
            partition = struct.unpack_from("<H", self.data, position + 8)[0] if form else place.partition
            found = self.offset(_Place(block, partition))
            if found is None:
                break
            pieces.append((found, length))
        return _Node(pieces, size, folder)

    def content(self, node: _Node, limit: int) -> bytes:
        """The bytes of a file or folder, at most `limit`."""
        left = min(node.size, limit)
        found = []
        for start, length in node.pieces:
            piece = self.data[start : start + min(length, left)]
            found.append(piece)
            left -= len(piece)
            if not piece or left <= 0:
                break
        return b"".join(found)


def _place(data: bytes, at: int) -> _Place | None:
    if at + 16 > len(data):
        return None
    block, partition = struct.unpack_from("<IH", data, at + 4)
    return _Place(block, partition)


def _names(listing: bytes) -> Iterator[tuple[str, int, _Place]]:
    at = 0
    while at + 38 <= len(listing):
        if listing[at : at + 2] != _FILE_NAME.to_bytes(2, "little"):
            return
        flags, length = listing[at + 18], listing[at + 19]
        place = _place(listing, at + 20)
        (used,) = struct.unpack_from("<H", listing, at + 36)
        name = listing[at + 38 + used : at + 38 + used + length]
        if place is None:
            return
        yield _text(name), flags, place
        at += (38 + used + length + 3) & ~3


def _text(name: bytes) -> str:
    return name[1:].decode("utf-16-be" if name[:1] == b"\x10" else "latin-1", "replace")
