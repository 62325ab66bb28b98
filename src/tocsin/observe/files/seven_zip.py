"""7z in memory. Source: 7zFormat.txt and Methods.txt of 7-Zip's LZMA SDK (public domain).

Our own reader because the known one writes files, pulls in nine packages of native code and trusts the sizes
that an archive states.
"""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from collections.abc import Iterator, Sequence

import msgspec

from tocsin.mail.decompressors import Deflate
from tocsin.model.attached import Member
from tocsin.observe.files import streams
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.unpacking import Entry, NotUnpacked, Reason, tidy_name

_MAGIC = b"7z\xbc\xaf\x27\x1c"
_START = 32  # bytes of the fixed header
_MOST = 20_000  # folders, streams or files of one archive
_MOST_CODERS = 4
_LARGEST_HEADER = 8 << 20
(_END, _HEADER, _ARCHIVE, _EXTRA, _STREAMS, _FILES, _PACK, _UNPACK, _SUBSTREAMS, _SIZE, _CRC, _FOLDER) = (
    range(12)
)
_UNPACK_SIZE, _COUNT, _EMPTY, _EMPTY_FILE, _NAMES, _ENCODED = 12, 13, 14, 15, 17, 23
_AES = b"\x06\xf1\x07\x01"
_FILTERS = {
    b"\x03": lzma.FILTER_DELTA,
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x04\x01": lzma.FILTER_IA64,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
    b"\x04": lzma.FILTER_X86,
    b"\x07": lzma.FILTER_ARM,
    b"\x08": lzma.FILTER_ARMTHUMB,
}


class _Damaged(Exception):
    """The structure is not what the format allows."""


class _Coder(msgspec.Struct, frozen=True):
    method: bytes
    inputs: int
    outputs: int
    properties: bytes


class _Folder(msgspec.Struct):
    """Streams packed together: `sizes` are those of each coder's output, `start` and `packed` of its input."""

    coders: list[_Coder]
    bonds: list[tuple[int, int]]
    packed_streams: int
    sizes: list[int] = []
    start: int = 0
    packed: int = 0
    files: list[int] = []  # their sizes
    crc: int | None = None


class _Fields:
    """A header that is read field by field; past its end it is damaged."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._data):
            raise _Damaged
        found = self._data[self._at : end]
        self._at = end
        return found

    def byte(self) -> int:
        return self.take(1)[0]

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)

    def number(self) -> int:
        """A number of 1 to 9 bytes: the ones that lead in the first byte tell how many follow."""
        first = self.byte()
        mask, value = 0x80, 0
        for index in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << 8 * index
            value |= self.byte() << 8 * index
            mask >>= 1
        return value

    def count(self) -> int:
        found = self.number()
        if found > _MOST:
            raise _Damaged
        return found

    def bits(self, count: int) -> list[bool]:
        data = self.take((count + 7) // 8)
        return [bool(data[index // 8] & 0x80 >> index % 8) for index in range(count)]

    def bits_or_all(self, count: int) -> list[bool]:
        return [True] * count if self.byte() else self.bits(count)

    def crcs(self, count: int) -> list[int | None]:
        defined = self.bits_or_all(count)
        return [int.from_bytes(self.take(4), "little") if one else None for one in defined]


def unpack(data: bytes, allowance: Allowance) -> Iterator[Entry]:
    """Unpack a 7z within the allowance: Copy, LZMA, LZMA2, BZip2, Deflate, with Delta and branch filters.

    PPMd, BCJ2 and rarer methods are not read. A folder that is too large gives its first files.
    """
    try:
        folders, names = _contents(data)
    except _Damaged:
        yield NotUnpacked(Reason.DAMAGED)
        return
    except _Encrypted:
        yield NotUnpacked(Reason.ENCRYPTED)
        return
    following = iter(names)
    for folder in folders:
        own = [next(following, "") for _ in folder.files]
        if not own:
            continue
        if any(coder.method == _AES for coder in folder.coders):
            yield from (NotUnpacked(Reason.ENCRYPTED, tidy_name(name)) for name in own[:1])
            continue
        limit = min(sum(folder.files), allowance.largest(folder.packed))
        unpacked = _decoded(data, folder, limit)
        if unpacked is None:
            yield NotUnpacked(Reason.UNKNOWN, tidy_name(own[0]))
            continue
        at = 0
        for name, size in zip(own, folder.files, strict=True):
            if not allowance.take_member():
                yield NotUnpacked(Reason.OVER)
                return
            found = unpacked.data[at : at + size]
            at += size
            allowance.take_bytes(len(found))
            if found:
                yield Member(tidy_name(name), found)
            if len(found) < size:
                over = len(unpacked.data) >= limit
                yield NotUnpacked(Reason.OVER if over else Reason.DAMAGED, tidy_name(name))
                break
        else:
            if folder.crc is not None and zlib.crc32(unpacked.data) != folder.crc:
                yield NotUnpacked(Reason.DAMAGED, tidy_name(own[0]))


class _Encrypted(Exception):
    """The list of files is encrypted."""


def _contents(data: bytes) -> tuple[list[_Folder], list[str]]:
    """The folders, and the names of the files that have content, in the order of their streams."""
    if len(data) < _START or not data.startswith(_MAGIC):
        raise _Damaged
    offset, size = struct.unpack_from("<QQ", data, 12)
    header = data[_START + offset : _START + offset + size]
    if len(header) < size or size > _LARGEST_HEADER:
        raise _Damaged
    for _ in range(4):  # a packed header may be packed again
        fields = _Fields(header)
        kind = fields.byte() if header else _HEADER
        if kind != _ENCODED:
            break
        folders = _streams(fields)
        if len(folders) != 1:
            raise _Damaged
        if any(coder.method == _AES for coder in folders[0].coders):
            raise _Encrypted
        unpacked = _decoded(data, folders[0], min(sum(folders[0].files), _LARGEST_HEADER))
        if unpacked is None or not unpacked.data:
            raise _Damaged
        header = unpacked.data
    if kind != _HEADER:
        raise _Damaged
    return _listed(fields) if header else ([], [])


def _listed(fields: _Fields) -> tuple[list[_Folder], list[str]]:
    folders: list[_Folder] = []
    names: list[str] = []
    while (kind := fields.byte()) != _END:
        if kind == _ARCHIVE:
            while fields.byte() != _END:
                fields.take(fields.number())
        elif kind == _STREAMS:
            folders = _streams(fields)
        elif kind == _EXTRA:
            _streams(fields)
        elif kind == _FILES:
            names = _names(fields)
        else:
            raise _Damaged
    return folders, names


def _names(fields: _Fields) -> list[str]:
    count = fields.count()
    names, empty = [""] * count, [False] * count
    while (kind := fields.number()) != _END:
        block = _Fields(fields.take(fields.number()))
        if kind == _EMPTY:
            empty = block.bits(count)
        elif kind == _NAMES and not block.byte():
            names = _strings(block, count)
    return [name for name, none in zip(names, empty, strict=True) if not none]


def _strings(block: _Fields, count: int) -> list[str]:
    found = block.rest().decode("utf-16-le", "replace").split("\x00", count)
    if len(found) <= count:
        raise _Damaged
    return found[:count]


def _streams(fields: _Fields) -> list[_Folder]:
    start = 0
    packed: list[int] = []
    folders: list[_Folder] = []
    described = False
    while (kind := fields.byte()) != _END:
        if kind == _PACK:
            start, packed = _pack_info(fields)
        elif kind == _UNPACK:
            folders = _unpack_info(fields)
        elif kind == _SUBSTREAMS:
            _substreams(fields, folders)
            described = True
        else:
            raise _Damaged
    sizes = iter(packed)
    at = _START + start
    for folder in folders:
        own = [next(sizes, 0) for _ in range(folder.packed_streams)]
        folder.start, folder.packed = at, own[0] if own else 0
        at += sum(own)
        if not described:
            folder.files = [_main_size(folder)]
    return folders


def _pack_info(fields: _Fields) -> tuple[int, list[int]]:
    start, count = fields.number(), fields.count()
    sizes: list[int] = []
    while (kind := fields.byte()) != _END:
        if kind == _SIZE:
            sizes = [fields.number() for _ in range(count)]
        elif kind == _CRC:
            fields.crcs(count)
        else:
            raise _Damaged
    return start, sizes


def _unpack_info(fields: _Fields) -> list[_Folder]:
    if fields.byte() != _FOLDER:
        raise _Damaged
    count = fields.count()
    if fields.byte():  # kept elsewhere: nobody writes that
        raise _Damaged
    folders = [_folder(fields) for _ in range(count)]
    while (kind := fields.byte()) != _END:
        if kind == _UNPACK_SIZE:
            for folder in folders:
                folder.sizes = [fields.number() for _ in range(sum(coder.outputs for coder in folder.coders))]
        elif kind == _CRC:
            for folder, crc in zip(folders, fields.crcs(count), strict=True):
                folder.crc = crc
        else:
            raise _Damaged
    return folders


def _folder(fields: _Fields) -> _Folder:
    coders: list[_Coder] = []
    for _ in range(fields.number()):
        if len(coders) == _MOST_CODERS * 2:
            raise _Damaged
        flags = fields.byte()
        method = fields.take(flags & 0xF)
        inputs, outputs = (fields.number(), fields.number()) if flags & 0x10 else (1, 1)
        if max(inputs, outputs) > _MOST_CODERS:
            raise _Damaged
        coders.append(_Coder(method, inputs, outputs, fields.take(fields.number()) if flags & 0x20 else b""))
    inputs, outputs = sum(coder.inputs for coder in coders), sum(coder.outputs for coder in coders)
    if not coders or not outputs:
        raise _Damaged
    bonds = [(fields.number(), fields.number()) for _ in range(outputs - 1)]
    packed = inputs - len(bonds)
    if packed < 1:
        raise _Damaged
    if packed > 1:
        for _ in range(packed):
            fields.number()
    return _Folder(coders, bonds, packed)


def _main_size(folder: _Folder) -> int:
    """The size of the output that goes into no other coder."""
    bound = {output for _, output in folder.bonds}
    return next((size for index, size in enumerate(folder.sizes) if index not in bound), 0)


def _substreams(fields: _Fields, folders: Sequence[_Folder]) -> None:
    counts = [1] * len(folders)
    kind = fields.byte()
    if kind == _COUNT:
        counts = [fields.count() for _ in folders]
        kind = fields.byte()
    if sum(counts) > _MOST:
        raise _Damaged
    for folder, count in zip(folders, counts, strict=True):
        sizes = [fields.number() for _ in range(count - 1)] if kind == _SIZE else []
        folder.files = [*sizes, max(0, _main_size(folder) - sum(sizes))] if count else []
    if kind == _SIZE:
        kind = fields.byte()
    if kind == _CRC:
        fields.crcs(
            sum(
                count
                for folder, count in zip(folders, counts, strict=True)
                if count != 1 or folder.crc is None
            )
        )
        kind = fields.byte()
    if kind != _END:
        raise _Damaged


def _decoded(data: bytes, folder: _Folder, limit: int) -> streams.Unpacked | None:
    """The output of a folder up to `limit` bytes, None where a method is unknown or streams are woven."""
    if any(coder.inputs != 1 or coder.outputs != 1 for coder in folder.coders):
        return None
    before = dict(folder.bonds)  # a coder's input is the output of the other
    order = [next((i for i in range(len(folder.coders)) if i not in before), 0)]
    after = {output: taker for taker, output in folder.bonds}
    while order[-1] in after and len(order) <= len(folder.coders):
        order.append(after[order[-1]])
    if len(order) != len(folder.coders) or max(order) >= len(folder.coders):
        return None
    current = streams.Unpacked(data[folder.start : folder.start + folder.packed], 0, ended=True)
    for index in order:
        found = _through(folder.coders[index], memoryview(current.data), limit)
        if found is None:
            return None
        current = found
    return current


def _through(coder: _Coder, packed: memoryview, limit: int) -> streams.Unpacked | None:
    method = coder.method
    if method in (b"\x00", b""):
        return streams.Unpacked(bytes(packed[:limit]), limit, ended=True)
    if method in (b"\x03\x01\x01", b"\x21"):
        identifier = lzma.FILTER_LZMA2 if method == b"\x21" else lzma.FILTER_LZMA1
        chain = streams.lzma_filter(identifier, coder.properties, limit)
        if chain is None:
            return None
        return streams.unpack(lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[chain]), packed, limit)
    if method == b"\x04\x02\x02":
        return streams.unpack(bz2.BZ2Decompressor(), packed, limit)
    if method == b"\x04\x01\x08":
        return streams.unpack(Deflate(), packed, limit)
    if method in _FILTERS:
        return streams.filtered(_FILTERS[method], coder.properties, packed)
    return None
