"""Which mails a store has for certain not seen: a filter in memory, so that loading asks the index only about the rest.

Nearly all mails of a bulk load are new. A Bloom filter over SHA-256 (four probes, 12 bits or more a mail: one in 150
asks in vain) tells so without a look at the disk. It is filled from the rows of mails, and only when so many were
asked about that reading them pays. One that is full stays, and a larger one goes on: to read millions of rows again,
at random places of the disk, would hold up a load for many seconds.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import compress, islice
from typing import Any

from tocsin.store.connection import Connection

_PAYS = 50  # mails that are read in the time that one is looked up
_FEWEST_BITS = 1 << 23
_BITS_EACH = 12
_CHUNK = 100_000


class KnownFilter:
    """What one connection knows of the mails that are stored. Use it inside transactions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._generation = connection.generation
        self._asked = 0
        self._filled = 0  # of the last one
        self._bits: list[Any] = []  # numpy arrays of bytes; the last one takes what comes

    def possible(self, sums: Collection[bytes]) -> list[bytes]:
        """Those SHA-256 (32 bytes each) that may be stored; all others are not."""
        if self._generation != self._connection.generation:
            self._generation = self._connection.generation
            self._bits, self._asked = [], 0
        self._asked += len(sums)
        if not sums or (not self._bits and not self._fill()):
            return list(sums)
        words = _words(sums)
        hits = _hits(self._bits[0], words)
        for bits in self._bits[1:]:
            hits |= _hits(bits, words)
        return list(compress(sums, hits.tolist()))

    def note(self, sums: Collection[bytes]) -> None:
        """Mails with these were just stored."""
        if self._bits and sums:
            self._set(sums)

    def _fill(self) -> bool:
        """Read what is stored, if that pays by now."""
        ((stored,),) = self._connection.fetch("SELECT value FROM counters WHERE name = 'mails'")
        if self._asked * _PAYS < stored:
            return False
        self._begin(stored)
        rows = (bytes(row[0]) for row in self._connection.select("SELECT sha256 FROM mails"))
        while chunk := list(islice(rows, _CHUNK)):
            self._set(chunk)
        return True

    def _begin(self, stored: int) -> None:
        import numpy

        bits = max(_FEWEST_BITS, 1 << (stored * _BITS_EACH * 2).bit_length())
        self._bits.append(numpy.zeros(bits // 8, dtype=numpy.uint8))
        self._filled = 0

    def _set(self, sums: Collection[bytes]) -> None:
        import numpy

        bits = self._bits[-1]
        places = _places(bits, _words(sums)).ravel()
        numpy.bitwise_or.at(bits, places >> 3, numpy.left_shift(1, places & 7).astype(numpy.uint8))
        self._filled += len(sums)
        if self._filled * _BITS_EACH > len(bits) * 8:
            self._begin(self._filled)


def _words(sums: Collection[bytes]) -> Any:
    """Four numbers of 32 bits of each sum."""
    import numpy

    return numpy.frombuffer(b"".join(sums), dtype="<u4").reshape(-1, 8)[:, 2:6].astype(numpy.int64)


def _places(bits: Any, words: Any) -> Any:
    return words % (len(bits) * 8)


def _hits(bits: Any, words: Any) -> Any:
    """Which sums have all their places set."""
    places = _places(bits, words)
    return ((bits[places >> 3] >> (places & 7)) & 1).all(axis=1)
