"""Compressed data in memory, unpacked up to a limit and never beyond it."""

from __future__ import annotations

import bz2
import lzma
import zlib

import msgspec

from tocsin.mail.decompressors import Deflate, Engine

_STEP = 1 << 16  # bytes handed to a decompressor at once: what it does not take it copies
_MOST_STREAMS = 1_000  # one after another in a file
_MOST_MEMORY = 96 << 20  # bytes that xz may claim for its dictionary
_DAMAGE = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)


class Unpacked(msgspec.Struct, frozen=True, gc=False):
    """What came out of compressed data.

    `used` counts the bytes of input that were taken. `ended` tells that the data said where they end, `over`
    that there was more than the limit, `damaged` that they cannot be unpacked from some place on.
    """

    data: bytes
    used: int
    ended: bool = False
    over: bool = False
    damaged: bool = False


def unpack(engine: Engine, packed: memoryview, limit: int) -> Unpacked:
    """Unpack one stream from the start of `packed` to at most `limit` bytes."""
    pieces: list[bytes] = []
    size = at = 0
    damaged = False
    while not engine.eof:
        step = b""
        if engine.needs_input:
            step = bytes(packed[at : at + _STEP])
            at += len(step)
        try:
            piece = engine.decompress(step, limit + 1 - size)
        except _DAMAGE:
            damaged = True
            break
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            return Unpacked(b"".join(pieces)[:limit], at, over=True)
        if not piece and not step:
            break  # cut short
    used = at - len(engine.unused_data) if engine.eof else at
    return Unpacked(b"".join(pieces), used, ended=engine.eof, damaged=damaged)


def xz() -> Engine:
    """A decompressor of xz and of bare LZMA files."""
    return lzma.LZMADecompressor(memlimit=_MOST_MEMORY)


def gzip() -> Engine:
    """A decompressor of one gzip member."""
    return Deflate(16 + zlib.MAX_WBITS)


_ENGINES = (
    (b"\x1f\x8b", gzip),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", xz),
    (b"\x5d\x00\x00", xz),
)


def unpack_file(packed: bytes, limit: int) -> Unpacked | None:
    """Unpack a compressed file (gzip, bzip2, xz, LZMA) to at most `limit` bytes; None if it is of another kind.

    Streams one after another count as one, as the programs themselves read them (RFC 1952 section 2.2).
    """
    view = memoryview(packed)
    pieces: list[bytes] = []
    size = at = 0
    found: Unpacked | None = None
    for _ in range(_MOST_STREAMS):
        head = packed[at : at + 6]
        engine = next((make for magic, make in _ENGINES if head.startswith(magic)), None)
        if engine is None:
            break
        found = unpack(engine(), view[at:], limit - size)
        pieces.append(found.data)
        size += len(found.data)
        at += found.used
        if not found.ended:
            break
        while packed[at : at + 4] == b"\x00\x00\x00\x00":  # padding (xz file format 2.2)
            at += 4
    else:
        return Unpacked(b"".join(pieces), at, over=True)
    if found is None:
        return None
    return Unpacked(b"".join(pieces), at, ended=found.ended, over=found.over, damaged=found.damaged)


def lzma_filter(identifier: int, properties: bytes, most: int) -> dict[str, int] | None:
    """Give a filter for Python's raw LZMA decoder from coder properties (LZMA1 or LZMA2), None if invalid.

    The dictionary is no larger than `most` bytes, the largest output that is wanted: no distance reaches
    farther back. Source: 7-Zip's LZMA specification.
    """
    if identifier == lzma.FILTER_LZMA2:
        if len(properties) != 1 or properties[0] > 40:
            return None
        bits = properties[0]
        size = 0xFFFFFFFF if bits == 40 else (2 | (bits & 1)) << (bits // 2 + 11)
        return {"id": identifier, "dict_size": _dictionary(size, most)}
    if len(properties) < 5 or properties[0] >= 225:
        return None
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    if lc + lp > 4:
        return None
    size = int.from_bytes(properties[1:5], "little")
    return {"id": identifier, "dict_size": _dictionary(size, most), "lc": lc, "lp": lp, "pb": pb}


def _dictionary(size: int, most: int) -> int:
    return max(4_096, min(size, most + 1, _MOST_MEMORY))


def filtered(identifier: int, properties: bytes, data: memoryview) -> Unpacked:
    """Undo a filter of the LZMA family (delta, branch addresses) on data that are unpacked already.

    The decoder takes filters only before a compressed stream, so the data are handed in as one whose chunks
    are stored (LZMA2: control byte 1 or 2, size less one in two bytes; 0 ends).
    """
    chain: dict[str, int] = {"id": identifier}
    if identifier == lzma.FILTER_DELTA:
        chain["dist"] = (properties[0] if properties else 0) + 1
    engine = lzma.LZMADecompressor(
        lzma.FORMAT_RAW, filters=[chain, {"id": lzma.FILTER_LZMA2, "dict_size": 1 << 16}]
    )
    pieces = []
    for at in range(0, len(data), _STEP):
        chunk = data[at : at + _STEP]
        pieces.append(b"\x01" if at == 0 else b"\x02")
        pieces.append((len(chunk) - 1).to_bytes(2, "big"))
        pieces.append(bytes(chunk))
    pieces.append(b"\x00")
    return unpack(engine, memoryview(b"".join(pieces)), len(data))
