"""Which mails indicators may meet, before any is read: pairs of mail and indicator, found by digests."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import accumulate

import msgspec

from tocsin.app.packed import Batch
from tocsin.model.intel import Indicator

DIGESTS_AT_ONCE = 20_000
PAIRS_AT_ONCE = 2_000_000  # 16 bytes each, before their mails are read


class Ways:
    """What leads to the indicators of some batches; a place counts through all of them."""

    def __init__(self, group: Sequence[Batch]) -> None:
        import numpy

        self._group = group
        self._starts = [0, *accumulate(batch.count for batch in group)]
        starts = list(zip(group, self._starts, strict=False))
        self.searched = [start + place for batch, start in starts for place in batch.searched]
        digests = numpy.concatenate([numpy.frombuffer(batch.digests, numpy.int64) for batch in group])
        places = numpy.concatenate(
            [numpy.frombuffer(batch.places, numpy.int64) + start for batch, start in starts]
        )
        order = numpy.argsort(digests, kind="stable")
        self._digests, self._places = (
            array("q", digests[order].tobytes()),
            array("q", places[order].tobytes()),
        )

    def digests(self) -> Sequence[int]:
        """All of them in ascending order, so that those asked for together lie together."""
        return self._digests

    def places(self, digest: int) -> Sequence[int]:
        """The indicators that a digest leads to."""
        start = bisect_left(self._digests, digest)
        return self._places[start : bisect_right(self._digests, digest, start)]

    def at(self, places: Iterable[int]) -> dict[int, Indicator]:
        """The indicators at these places, by place."""
        wanted: dict[int, list[int]] = {}
        for place in places:
            number = bisect_right(self._starts, place) - 1
            wanted.setdefault(number, []).append(place - self._starts[number])
        return {
            self._starts[number] + place: one
            for number, within in sorted(wanted.items())
            for place, one in self._group[number].at(within)
        }


class Found(msgspec.Struct):
    """Pairs of mail and indicator in few bytes."""

    numbers: array[int]
    places: array[int]

    def ordered(self) -> Iterator[tuple[int, int]]:
        """In the order of mails."""
        import numpy

        order = numpy.argsort(numpy.frombuffer(self.numbers, dtype=numpy.int64), kind="stable")
        return ((self.numbers[at], self.places[at]) for at in order)


class Pairs:
    """Gathers pairs of mail and indicator, and hands them on.

    A run of the store's iterator must not be held over a write, so a full gathering is only handed on between runs:
    `paused` cuts the digests into pieces.
    """

    def __init__(self, hand_on: Callable[[Found], None]) -> None:
        self._hand_on = hand_on
        self._found = Found(array("q"), array("q"))

    def add(self, number: int, place: int) -> None:
        """Gather one."""
        self._found.numbers.append(number)
        self._found.places.append(place)

    def paused(
        self, find: Callable[[Collection[int]], Iterator[tuple[int, int]]], digests: Sequence[int]
    ) -> Iterator[tuple[int, int]]:
        """What the store finds; full gatherings are handed on in between."""
        for start in range(0, len(digests), DIGESTS_AT_ONCE):
            yield from find(list(dict.fromkeys(digests[start : start + DIGESTS_AT_ONCE])))
            if len(self._found.numbers) >= PAIRS_AT_ONCE:
                self.flush()

    def flush(self) -> None:
        """Hand on what is gathered."""
        found, self._found = self._found, Found(array("q"), array("q"))
        if found.numbers:
            self._hand_on(found)
