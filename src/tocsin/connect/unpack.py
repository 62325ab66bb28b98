"""Compressed streams, unpacked piece by piece within bounds."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable

from tocsin.connect.feed import BLOCK, Damaged, Feed
from tocsin.connect.kinds import Kind
from tocsin.connect.limits import MIB
from tocsin.connect.reading import Reading
from tocsin.mail.decompressors import Deflate, Engine

_XZ_MEMORY = 128 * MIB


def _gzip() -> Engine:
    return Deflate(16 + zlib.MAX_WBITS)


def deflate() -> Engine:
    """An unpacker of bare deflate data, as in zip."""
    return Deflate()


def _xz() -> Engine:
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


UNPACKERS: dict[Kind, Callable[[], Engine]] = {
    Kind.GZIP: _gzip,
    Kind.BZIP2: bz2.BZ2Decompressor,
    Kind.XZ: _xz,
}
_MAGIC = {Kind.GZIP: b"\x1f\x8b", Kind.BZIP2: b"BZh", Kind.XZ: b"\xfd7zXZ"}


class Unpacker:
    """What a compressed stream unpacks to, to be read through a `Feed`.

    Several compressed streams one after another (`cat a.gz b.gz`) count as one, as gzip itself reads them;
    what follows the last and is no such stream is left in `packed`. Damage and bombs raise Damaged: what
    came before stands.
    """

    def __init__(
        self, packed: Feed, make: Callable[[], Engine], reading: Reading, magic: bytes = b""
    ) -> None:
        self._packed = packed
        self._make = make
        self._magic = magic
        self._reading = reading
        self._start = packed.position
        self._out = 0
        self._engine = make()

    def read(self, n: int, /) -> bytes:
        """At most `n` bytes, b"" at the end of the last stream."""
        while True:
            if self._engine.eof and not self._next_stream():
                return b""
            data = self._packed.read(BLOCK) if self._engine.needs_input else b""
            ended = not data and self._engine.needs_input
            try:
                out = self._engine.decompress(data, n)
            except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
                raise Damaged(
                    "damaged-archive",
                    f"The packed data are damaged here ({error}); what came before was read. Download "
                    "or copy the file again.",
                    self._packed.position,
                ) from error
            if self._engine.eof:
                self._packed.unread(self._engine.unused_data)
            if out:
                self._account(len(out))
                return out
            if ended and not self._engine.eof:
                self._end_early()

    def _next_stream(self) -> bool:
        if not self._magic:
            return False
        while self._packed.peek(4) == b"\0\0\0\0":  # padding between xz streams and after gzip on tapes
            self._packed.read(4)
        if not self._packed.peek(len(self._magic)).startswith(self._magic):
            return False
        self._engine = self._make()
        return True

    def _end_early(self) -> None:
        below, self._packed.damage = self._packed.damage, None
        if below is not None:
            raise Damaged(below.code, below.text, below.offset)
        raise Damaged(
            "truncated-archive",
            "The packed file ends too early; what is there was read. Download or copy it again.",
            self._packed.position,
        )

    def _account(self, size: int) -> None:
        limits, counter = self._reading.limits, self._reading.counter
        self._out += size
        counter.unpacked += size
        taken = max(1, self._packed.position - self._start)
        if self._out > limits.ratio_floor_bytes and self._out > limits.max_ratio * taken:
            raise Damaged(
                "archive-bomb",
                f"It unpacks to more than {limits.max_ratio} times its size, which no mail does: "
                "unpacking was stopped.",
            )
        if counter.unpacked > limits.max_unpacked_bytes:
            raise Damaged(
                "archive-too-large",
                f"More than {limits.max_unpacked_bytes // 2**30} GiB were unpacked: unpacking was "
                "stopped. Unpack the archive "
                "yourself and scan the folder.",
            )


def unpacked(packed: Feed, kind: Kind, reading: Reading) -> Feed:
    """The stream inside a gzip, bzip2 or xz file."""
    return Feed(Unpacker(packed, UNPACKERS[kind], reading, _MAGIC[kind]))
