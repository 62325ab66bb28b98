"""Indicators in few bytes, each with the digests that lead to it: between reading, keeping and hunting."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
import zstandard

from tocsin.exchange.entries import DERIVED
from tocsin.hunt.digests import leading_digests
from tocsin.model.intel import Indicator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Led = tuple[Indicator, tuple[int, ...]]  # an indicator, and its digests (() where only a search finds mails)
BATCH = 5_000


class Batch:
    """Some thousand indicators, compressed; what leads to them lies open, so that few have to be unpacked."""

    def __init__(self, led: Sequence[Led]) -> None:
        self.count = len(led)
        self.given_ids = [one.id for one, _ in led if not one.id.startswith(DERIVED)]  # by producers
        self.digests = array("q")
        self.places = array("q")  # of the indicator that the digest at the same place leads to
        self.searched = array("q")
        for place, (_, digests) in enumerate(led):
            self.digests.extend(digests)
            self.places.extend([place] * len(digests))
            if not digests:
                self.searched.append(place)
        data = msgspec.msgpack.encode([one for one, _ in led])
        self._body = zstandard.ZstdCompressor(level=1).compress(data)

    def led(self) -> list[Led]:
        """All of them, as they were given."""
        digests: list[list[int]] = [[] for _ in range(self.count)]
        for digest, place in zip(self.digests, self.places, strict=True):
            digests[place].append(digest)
        return [(one, tuple(digests[place])) for place, one in enumerate(self._indicators())]

    def at(self, places: Collection[int]) -> Iterator[tuple[int, Indicator]]:
        """Those at these places."""
        if places:
            indicators = self._indicators()
            for place in places:
                yield place, indicators[place]

    def _indicators(self) -> list[Indicator]:
        data = zstandard.ZstdDecompressor().decompress(self._body)
        return msgspec.msgpack.decode(data, type=list[Indicator])


class Packed:
    """Any number of indicators in a tenth of their memory: a store must not be written to while it is read."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def add(self, led: Sequence[Led]) -> None:
        """Keep some more."""
        self.batches.append(Batch(led))

    def groups(self, most: int) -> Iterator[Sequence[Batch]]:
        """Batches that hold about so many indicators together."""
        group: list[Batch] = []
        for batch in self.batches:
            group.append(batch)
            if sum(one.count for one in group) >= most:
                yield group
                group = []
        if group:
            yield group


def packed(indicators: Iterable[Indicator]) -> Packed:
    """All of these, packed."""
    made = Packed()
    given = iter(indicators)
    while batch := list(islice(given, BATCH)):
        made.add([(one, leading_digests(one.pattern)) for one in batch])
    return made


class Seen:
    """Which 64-bit hashes came before, in 8 bytes each: a million texts or integers would take ten times that.

    Hashes stand in sorted runs of growing size, so that each is moved a few times only.
    """

    def __init__(self) -> None:
        self._runs: list[NDArray[np.int64]] = []

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def take(self, hashes: Sequence[int]) -> list[bool]:
        """Note hashes; for each whether it is new, here and before."""
        import numpy

        given = numpy.fromiter(hashes, numpy.int64, len(hashes))
        fresh, first = numpy.unique(given, return_index=True)
        unknown = ~self._holds(fresh)
        new = numpy.zeros(len(given), dtype=numpy.bool_)
        new[first[unknown]] = True
        run = fresh[unknown]
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = numpy.concatenate([self._runs.pop(), run])
            run.sort(kind="stable")
        if len(run):
            self._runs.append(run)
        return list(new.tolist())

    def unknown(self, hashes: Sequence[int]) -> list[bool]:
        """For each hash whether it never came."""
        import numpy

        return list((~self._holds(numpy.fromiter(hashes, numpy.int64, len(hashes)))).tolist())

    def _holds(self, hashes: NDArray[np.int64]) -> NDArray[np.bool_]:
        import numpy

        held = numpy.zeros(len(hashes), dtype=numpy.bool_)
        for run in self._runs:
            places = numpy.searchsorted(run, hashes)
            places[places == len(run)] = 0
            held |= run[places] == hashes
        return held
