"""Values that patterns search by their text: LIKE, MATCHES and CIDR have no digest to look up.

Such a search reads them all, so they lie in compressed blocks of one kind, some hundred values in each: ten times less
to read than a row for each, and a block without the piece looked for is passed over whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import zstandard

from tocsin.store.connection import Connection, packed, take_ids, unpacked

Unfilled = Mapping[str, Sequence[tuple[int, bytes]]]  # by kind, ids and bodies of blocks
_Row = tuple[str, int, int, int, bytes]  # kind, first and last number, whether it can take more, body
Packed = tuple[list[int], list[_Row]]  # blocks that go, rows that come

_BLOCK_BYTES = 128 * 1024  # of values; more of them begin a new block


class _Block(msgspec.Struct, array_like=True):
    """Values and the mails that show them, side by side; a value with lone surrogates is kept as bytes."""

    numbers: list[int]
    values: list[Any]  # str or bytes


class Texts:
    """Kinds and values that mails show. `add` and `remove` are called inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(_Block).decode
        self._compress = zstandard.ZstdCompressor(level=1).compress
        self._decompress = zstandard.ZstdDecompressor().decompress

    def add(self, shown: Iterable[tuple[int, Sequence[tuple[str, str]]]]) -> None:
        """Add pairs of kind and value for mails."""
        self.write(self.packed(shown, self.unfilled()))

    def unfilled(self) -> Unfilled:
        """The blocks that are not full; `packed` goes on with them."""
        found = self._connection.fetch("SELECT kind, block, body FROM texts WHERE filling = 1")
        unfilled: defaultdict[str, list[tuple[int, bytes]]] = defaultdict(list)
        for kind, id, body in found:
            unfilled[kind].append((id, bytes(body)))
        return unfilled

    def packed(self, shown: Iterable[tuple[int, Sequence[tuple[str, str]]]], unfilled: Unfilled) -> Packed:
        """Blocks to be written for pairs of kind and value of mails. Does not ask the database."""
        numbers: defaultdict[str, list[int]] = defaultdict(list)
        values: defaultdict[str, list[Any]] = defaultdict(list)
        for number, pairs in shown:
            for kind, value in pairs:
                numbers[kind].append(number)
                values[kind].append(value)
        gone: list[int] = []
        rows: list[_Row] = []
        for kind, owners in numbers.items():
            block = _Block(owners, values[kind])
            for id, body in unfilled.get(kind, ()):
                before = self._decode(self._decompress(body))
                block.numbers[:0] = before.numbers
                block.values[:0] = before.values
                gone.append(id)
            rows += self._rows(kind, _cut(block))
        return gone, rows

    def write(self, packed: Packed) -> None:
        """Keep what `packed` made; nothing may have been written to the texts meanwhile."""
        gone, rows = packed
        self._connection.executemany("DELETE FROM texts WHERE block = ?", [(id,) for id in gone])
        if rows:
            first = take_ids(self._connection, "texts", len(rows))
            self._connection.insert(
                "texts",
                ("block", "kind", "first", "last", "filling", "body"),
                [(first + place, *row) for place, row in enumerate(rows)],
            )

    def find(self, kind: str, containing: str) -> Iterator[tuple[int, str]]:
        """Pairs of mail number and value, in any order."""
        needle = packed(containing)
        for (body,) in self._connection.select("SELECT body FROM texts WHERE kind = ?", (kind,)):
            data = self._decompress(bytes(body))
            if needle not in data:
                continue
            block = self._decode(data)
            for number, value in zip(block.numbers, block.values, strict=True):
                text = value if isinstance(value, str) else unpacked(value)
                if containing in text:
                    yield number, text

    def remove(self, numbers: Collection[int]) -> None:
        """Forget what mails show; the blocks that hold it are written anew."""
        gone, ordered = set(numbers), sorted(numbers)
        touched = [
            block
            for block, first, last in self._connection.select("SELECT block, first, last FROM texts")
            if (place := bisect_left(ordered, first)) < len(ordered) and ordered[place] <= last
        ]
        for id in touched:
            ((kind, filling, body),) = self._connection.fetch(
                "SELECT kind, filling, body FROM texts WHERE block = ?", (id,)
            )
            block = self._decode(self._decompress(bytes(body)))
            kept = [place for place, number in enumerate(block.numbers) if number not in gone]
            if len(kept) == len(block.numbers):
                continue
            self._connection.execute("DELETE FROM texts WHERE block = ?", (id,))
            if kept:
                rest = _Block(
                    [block.numbers[place] for place in kept], [block.values[place] for place in kept]
                )
                self.write(([], self._rows(kind, [(rest, filling)])))

    def _rows(self, kind: str, blocks: Iterable[tuple[_Block, int]]) -> list[_Row]:
        return [
            (kind, min(block.numbers), max(block.numbers), filling, self._compress(self._bytes(block)))
            for block, filling in blocks
        ]

    def _bytes(self, block: _Block) -> bytes:
        try:
            return self._encode(block)
        except UnicodeEncodeError:
            values = [value if isinstance(value, bytes) else _safe(value) for value in block.values]
            return self._encode(_Block(block.numbers, values))


def _safe(value: str) -> str | bytes:
    try:
        value.encode()
    except UnicodeEncodeError:
        return packed(value)
    return value


def _cut(block: _Block) -> Iterator[tuple[_Block, int]]:
    """Blocks of about the right size, each with 1 where it can take more, else 0."""
    count = len(block.values)
    pieces = sum(map(len, block.values)) // _BLOCK_BYTES
    length = -(-count // pieces) if pieces else count + 1
    for start in range(0, count, length):
        part = _Block(block.numbers[start : start + length], block.values[start : start + length])
        yield part, int(not pieces)
