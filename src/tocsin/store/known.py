"""Which mails a store has for certain not seen: a filter in memory, so that loading asks the index only about the rest.

Nearly all mails of a bulk load are new. A Bloom filter over SHA-256 (four probes, 12 bits or more a mail: one in 150
asks in vain) tells so without a look at the disk. It is filled from the rows of mails, and only when so many were
asked about that reading them pays.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
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
        self._filled = 0
        self._bits: Any = None  # a numpy array of bytes, or None

    def possible(self, sums: Collection[bytes]) -> list[bytes]:
        """Those SHA-256 (32 bytes each) that may be stored; all others are not."""
        if self._generation != self._connection.generation or self._overfull():
            self._generation = self._connection.generation
            self._bits, self._asked = None, 0
        self._asked += len(sums)
        if self._bits is None and not self._fill():
            return list(sums)
        places = self._places(sums)
        hits = (self._bits[places >> 3] >> (places & 7)) & 1
        return [sum_ for sum_, hit in zip(sums, hits.all(axis=1).tolist(), strict=True) if hit]

    def note(self, sums: Collection[bytes]) -> None:
        """Mails with these were just stored."""
        if self._bits is not None and sums:
            self._set(sums)

    def _overfull(self) -> bool:
        return self._bits is not None and self._filled * _BITS_EACH > len(self._bits) * 8

    def _fill(self) -> bool:
        """Read what is stored, if that pays by now."""
        ((stored,),) = self._connection.fetch("SELECT value FROM counters WHERE name = 'mails'")
        if self._asked * _PAYS < stored:
            return False
        import numpy

        bits = max(_FEWEST_BITS, 1 << (stored * _BITS_EACH * 2).bit_length())
        self._bits = numpy.zeros(bits // 8, dtype=numpy.uint8)
        self._filled = 0
        rows = (bytes(row[0]) for row in self._connection.select("SELECT sha256 FROM mails"))
        while chunk := list(islice(rows, _CHUNK)):
            self._set(chunk)
        return True

    def _set(self, sums: Collection[bytes]) -> None:
        import numpy

        places = self._places(sums).ravel()
        masks = numpy.left_shift(1, places & 7).astype(numpy.uint8)
        numpy.bitwise_or.at(self._bits, places >> 3, masks)
        self._filled += len(sums)

    def _places(self, sums: Collection[bytes]) -> Any:
        import numpy

        words = numpy.frombuffer(b"".join(sums), dtype="<u4").reshape(-1, 8)
        return words[:, 2:6].astype(numpy.int64) % (len(self._bits) * 8)
