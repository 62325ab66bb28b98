"""One interface for the decompressors of zlib, bz2 and lzma, for streams of files and for bytes in memory."""

from __future__ import annotations

import zlib
from typing import Protocol


class Engine(Protocol):
    """What the decompressors of bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Deflate:
    """zlib's decompressor with the interface that bz2's and lzma's share; `window_bits` as zlib has them."""

    def __init__(self, window_bits: int = -zlib.MAX_WBITS, dictionary: bytes = b"") -> None:
        self._zlib = (
            zlib.decompressobj(window_bits, zdict=dictionary)
            if dictionary
            else zlib.decompressobj(window_bits)
        )

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        tail = self._zlib.unconsumed_tail
        return self._zlib.decompress(tail + data if tail else data, max_length)
