"""Makes archives and disk images for tests, the honest and the hostile ones; every host in them is reserved."""

from __future__ import annotations

import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

Files = Mapping[str, bytes]
_MOMENT = (2025, 3, 11, 8, 0, 0)
_SECTOR = 2_048


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), data, method)
    return out.getvalue()


class _Pipe(io.RawIOBase):
    """Takes bytes and cannot go back, so that zipfile writes sizes behind the data."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self.data += piece
        return len(piece)


def streamed_zip(files: Files) -> bytes:
    """A zip as programs write it that cannot go back: the local headers have no sizes."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), data, zipfile.ZIP_DEFLATED)
    return bytes(pipe.data)


def without_directory(data: bytes) -> bytes:
    """A zip cut off before its directory."""
    return data[: data.index(b"PK\x01\x02")]


def marked_encrypted(data: bytes, *, method: int | None = None) -> bytes:
    """A zip whose headers say that its files are encrypted, and perhaps by which method."""
    changed = bytearray(data)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(mark)
        while place >= 0:
            changed[place + at] |= 1
            if method is not None:
                changed[place + at + 2] = method
            place = data.find(mark, place + 4)
    return bytes(changed)


def tarred(files: Files, mode: str = "w", form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of these files; mode "w:gz" packs it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def gzipped(data: bytes, name: str = "") -> bytes:
    """One gzip member, with the file name in its header if one is given."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = b"\x1f\x8b\x08" + (b"\x08" if name else b"\x00") + bytes(4) + b"\x02\x03"
    head += name.encode() + b"\x00" if name else b""
    return head + packer.compress(data) + packer.flush() + struct.pack("<II", zlib.crc32(data), len(data))


def gzip_quine() -> bytes:
    """A gzip file made to look endless: many members one after another, each of which packs the one before."""
    inner = b"\x00" * 100_000
    for _ in range(6):
        inner = gzipped(inner)
    return inner * 1_500


def _number(value: int) -> bytes:
    """7z's numbers: ones that lead in the first byte tell how many bytes follow."""
    return b"\xff" + struct.pack("<Q", value) if value >= 0x80 else bytes([value])


def seven_zipped(files: Files, *, method: str = "lzma2", stated: int = 0) -> bytes:
    """A 7z whose files are packed together; with `stated` the only file claims that size."""
    data = b"".join(files.values())
    coders = {
        "copy": (b"\x01\x00", data),
        "lzma2": (b"\x21\x21\x01\x18", _raw(data, {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 24})),
        "lzma": (
            b"\x23\x03\x01\x01\x05\x5d\x00\x00\x00\x01",
            _raw(data, {"id": lzma.FILTER_LZMA1, "dict_size": 1 << 24}),
        ),
        "ppmd": (b"\x23\x03\x04\x01\x05\x06\x00\x00\x10\x00", data),
        "aes": (b"\x24\x06\xf1\x07\x01\x02\x13\x00", data),
        "x86": (b"", b""),
    }
    coder, packed = coders[method]
    folder, sizes = b"\x01" + coder, _number(stated or len(data))
    if method == "x86":
        packed = _raw(data, {"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 24})
        folder = (
            b"\x02\x04\x03\x03\x01\x03" + b"\x21\x21\x01\x18" + b"\x00\x01"
        )  # the filter takes what LZMA2 gives
        sizes += sizes
    streams = b"\x06" + _number(0) + b"\x01\x09" + _number(len(packed)) + b"\x00"
    streams += b"\x07\x0b\x01\x00" + folder + b"\x0c" + sizes + b"\x00"
    streams += b"\x08\x0d" + _number(len(files))
    if len(files) > 1:
        streams += b"\x09" + b"".join(_number(len(one)) for one in list(files.values())[:-1])
    streams += b"\x00\x00"
    names = b"\x00" + b"".join(name.encode("utf-16-le") + b"\x00\x00" for name in files)
    header = (
        b"\x01\x04"
        + streams
        + b"\x05"
        + _number(len(files))
        + b"\x11"
        + _number(len(names))
        + names
        + b"\x00\x00"
    )
    start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\x00\x04" + struct.pack("<I", zlib.crc32(start)) + start + packed + header


def _raw(data: bytes, *filters: dict[str, int]) -> bytes:
    return lzma.compress(data, lzma.FORMAT_RAW, filters=list(filters))


def cabinet(files: Files, *, packed: bool = True, method: int | None = None) -> bytes:
    """A cabinet of one folder, packed by MSZIP or stored; `method` states another one."""
    data = b"".join(files.values())
    blocks, window = [], b""
    for at in range(0, len(data), 32_768):
        piece = data[at : at + 32_768]
        if packed:
            packer = (
                zlib.compressobj(9, zlib.DEFLATED, -15, zdict=window)
                if window
                else zlib.compressobj(9, zlib.DEFLATED, -15)
            )
            body = b"CK" + packer.compress(piece) + packer.flush()
            window = (window + piece)[-32_768:]
        else:
            body = piece
        blocks.append(struct.pack("<IHH", 0, len(body), len(piece)) + body)
    listing, at = b"", 0
    for name, one in files.items():
        listing += struct.pack("<IIHHHH", len(one), at, 0, 0, 0, 0x20) + name.encode() + b"\x00"
        at += len(one)
    files_at = 36 + 8
    first = files_at + len(listing)
    kind = int(packed) if method is None else method
    folder = struct.pack("<IHH", first, len(blocks), kind)
    size = first + sum(map(len, blocks))
    head = b"MSCF" + struct.pack("<IIIIIBBHHHHH", 0, size, 0, files_at, 0, 3, 1, 1, len(files), 0, 0, 0)
    return head + folder + listing + b"".join(blocks)


def _both(value: int, form: str) -> bytes:
    return struct.pack("<" + form, value) + struct.pack(">" + form, value)


def _record(name: bytes, sector: int, size: int, flags: int) -> bytes:
    body = b"\x00" + _both(sector, "I") + _both(size, "I") + bytes(7) + bytes([flags, 0, 0]) + _both(1, "H")
    body += bytes([len(name)]) + name + (b"" if len(name) % 2 else b"\x00")
    return bytes([len(body) + 1]) + body


def disk_image(files: Files, *, joliet: bool = True, loop: bool = False) -> bytes:
    """An ISO 9660 image of files in its root; with `loop` the root holds itself as a folder, twice."""
    trees = [False, True] if joliet else [False]
    roots = {tree: 20 + index for index, tree in enumerate(trees)}
    first = 20 + len(trees)
    places: dict[str, int] = {}
    content = b""
    for name, data in files.items():
        places[name] = first + len(content) // _SECTOR
        content += data.ljust(-(-len(data) // _SECTOR) * _SECTOR, b"\x00")
    descriptors, folders = b"", b""
    for tree in trees:
        records = _record(b"\x00", roots[tree], _SECTOR, 2) + _record(b"\x01", roots[tree], _SECTOR, 2)
        for number, (name, data) in enumerate(files.items()):
            plain = f"F{number}.{name.rpartition('.')[2][:3].upper()};1".encode()
            records += _record(name.encode("utf-16-be") if tree else plain, places[name], len(data), 0)
        if loop:
            records += _record(b"AGAIN", roots[tree], _SECTOR, 2) + _record(b"MORE", roots[tree], _SECTOR, 2)
        folders += records.ljust(_SECTOR, b"\x00")
        root = _record(b"\x00", roots[tree], _SECTOR, 2)
        body = (
            bytes([2 if tree else 1])
            + b"CD001\x01"
            + bytes(81)
            + (b"%/E" if tree else bytes(3))
            + bytes(65)
            + root
        )
        descriptors += body.ljust(_SECTOR, b"\x00")
    descriptors += b"\xffCD001\x01".ljust(_SECTOR, b"\x00")
    image = bytes(16 * _SECTOR) + descriptors
    return image.ljust(20 * _SECTOR, b"\x00") + folders + content


def _tagged(kind: int, body: bytes) -> bytes:
    head = struct.pack("<HHBBHHHI", kind, 3, 0, 0, 0, 0, 0, 0)
    return (head[:4] + bytes([sum(head) & 0xFF]) + head[5:] + body).ljust(_SECTOR, b"\x00")


def _allocation(block: int, size: int = _SECTOR) -> bytes:
    return struct.pack("<IIH", size, block, 0) + bytes(6)


def _file_entry(size: int, block: int, *, folder: bool) -> bytes:
    tag = bytes(11) + bytes([4 if folder else 5]) + bytes(8)  # flags 0: short allocation descriptors
    body = (
        tag
        + bytes(20)
        + struct.pack("<Q", size)
        + bytes(104)
        + struct.pack("<II", 0, 8)
        + struct.pack("<II", size, block)
    )
    return _tagged(261, body)


def udf_image(files: Files, *, loop: bool = False, anchor: int = 0) -> bytes:
    """A UDF image of files in its root, without any ISO 9660 tree; with `loop` the root holds itself.

    `anchor` is the sector that leads to the rest, 0 for the last one, which keeps the image small.
    """
    first = anchor + 1 if anchor else 20  # of the descriptors
    start = (
        first + 4
    )  # first sector of the partition: file set, root entry, root folder, then two sectors or more a file
    recognition = b"".join(
        (b"\x00" + name + b"\x01").ljust(_SECTOR, b"\x00") for name in (b"BEA01", b"NSR03", b"TEA01")
    )
    partition = _tagged(5, struct.pack("<IHH", 0, 0, 0) + bytes(164) + struct.pack("<II", start, 10_000))
    volume_body = (
        bytes(196) + struct.pack("<I", _SECTOR) + bytes(32) + _allocation(0) + struct.pack("<II", 6, 1)
    )
    volume = _tagged(6, volume_body.ljust(424, b"\x00") + struct.pack("<BBHH", 1, 6, 1, 0))
    leading = _tagged(2, struct.pack("<II", 3 * _SECTOR, first))
    listing, entries, block = _name(b"", 1, 8 | 2), b"", 3
    if loop:
        listing += _name("again".encode("latin-1"), 1, 2) * 5
    for name, data in files.items():
        listing += _name(name.encode("utf-16-be"), block, 0, 16)
        sectors = -(-len(data) // _SECTOR)
        entries += _file_entry(len(data), block + 1, folder=False) + data.ljust(sectors * _SECTOR, b"\x00")
        block += 1 + sectors
    file_set = _tagged(256, bytes(384) + _allocation(1))
    inside = file_set + _file_entry(len(listing), 2, folder=True) + listing.ljust(_SECTOR, b"\x00") + entries
    image = (bytes(16 * _SECTOR) + recognition).ljust((anchor or first) * _SECTOR, b"\x00")
    image += (leading if anchor else b"") + partition + volume + _tagged(8, b"")
    return image.ljust(start * _SECTOR, b"\x00") + inside + (b"" if anchor else leading)


def _name(name: bytes, block: int, flags: int, width: int = 8) -> bytes:
    encoded = bytes([width]) + name if name else b""
    body = struct.pack("<HBB", 1, flags, len(encoded)) + _allocation(block) + struct.pack("<H", 0) + encoded
    whole = _tagged(257, b"")[:16] + body
    return whole.ljust((len(whole) + 3) & ~3, b"\x00")


def xz_bomb(size: int) -> bytes:
    """`size` zero bytes as xz, in streams of 64 MiB."""
    return lzma.compress(bytes(1 << 26), preset=0) * (size >> 26)


def nested_zip_bomb(width: int, depth: int) -> bytes:
    """Zips in zips, `width` copies at each of `depth` levels, with megabytes of zeros at the bottom."""
    inner = zipped({"0.dat": bytes(4 << 20)})
    for level in range(depth):
        inner = zipped({f"{level}-{number}.zip": inner for number in range(width)})
    return inner


def overlapping_zip(copies: int) -> bytes:
    """A zip whose directory lists one packed file under many names."""
    data = zipped({"0.dat": bytes(1 << 20)})
    start, end = data.index(b"PK\x01\x02"), data.rindex(b"PK\x05\x06")
    listing = data[start:end] * copies
    return (
        data[:start]
        + listing
        + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, copies, copies, len(listing), start, 0)
    )
