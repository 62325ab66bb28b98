"""Intelligence: indicators, the digests that lead to them, and the mails they met."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence

from tocsin.model.intel import Indicator
from tocsin.store.codec import Codec
from tocsin.store.connection import Connection, among, among_keys, key_of, take_ids

_BATCH = 10_000
_FEW = 1_000


class Indicators:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._codec = Codec(Indicator)

    def add(self, indicators: Sequence[tuple[Indicator, Collection[int]]]) -> tuple[int, int, int]:
        """Keep indicators (`Store.add_indicators`); of several with one id in a call, the last counts."""
        wanted = {key_of(indicator.id): (indicator, digests) for indicator, digests in indicators}
        keys = list(wanted)
        added = changed = 0
        with self._connection.transaction():
            for start in range(0, len(keys), _BATCH):
                batch = {key: wanted[key] for key in keys[start : start + _BATCH]}
                new, different = self._add_batch(batch)
                added, changed = added + new, changed + different
        return added, changed, len(indicators) - added - changed

    def all(self, source: str | None = None) -> Iterator[Indicator]:
        clause, values = ("", ()) if source is None else (" WHERE source = ?", (key_of(source),))
        for (body,) in self._connection.select(f"SELECT body FROM indicators{clause} ORDER BY id", values):
            yield self._codec.unpack(bytes(body))

    def one(self, name: str) -> Indicator | None:
        found = self._connection.fetch("SELECT body FROM indicators WHERE key = ?", (key_of(name),))
        return self._codec.unpack(bytes(found[0][0])) if found else None

    def holders(self, ids: Collection[str], source: str) -> dict[str, bool]:
        named = {key_of(id): id for id in ids}
        clause, values = among_keys(self._connection, "key", named)
        found = self._connection.fetch(f"SELECT key, source FROM indicators{clause}", values)
        wanted = key_of(source)
        return {named[bytes(key)]: bytes(holder) == wanted for key, holder in found}

    def by_digest(self, digests: Collection[int]) -> Iterator[tuple[int, Indicator]]:
        clause, values = among(self._connection, "digest", digests)
        sql = f"SELECT digest, body FROM ways JOIN indicators ON indicators.id = ways.indicator{clause}"
        few = len(digests) <= _FEW  # a stream costs a server several round trips
        for digest, body in (
            self._connection.fetch(sql, values) if few else self._connection.select(sql, values)
        ):
            yield digest, self._codec.unpack(bytes(body))

    def to_search(self) -> Iterator[Indicator]:
        for (body,) in self._connection.select("SELECT body FROM indicators WHERE searched = 1 ORDER BY id"):
            yield self._codec.unpack(bytes(body))

    def remove(self, source: str) -> int:
        with self._connection.transaction():
            sql = "SELECT id, ways FROM indicators WHERE source = ?"
            found = self._connection.fetch(sql, (key_of(source),))
            self._remove_ways([(id, bytes(ways)) for id, ways in found])
            self._connection.execute("DELETE FROM indicators WHERE source = ?", (key_of(source),))
        return len(found)

    def _add_batch(self, batch: Mapping[bytes, tuple[Indicator, Collection[int]]]) -> tuple[int, int]:
        clause, values = among_keys(self._connection, "key", batch)
        sql = f"SELECT key, id, ways, body FROM indicators{clause}"
        known = {bytes(key): row for key, *row in self._connection.fetch(sql, values)}
        added, changed = [], []
        for key, (indicator, digests) in batch.items():
            body, ways = self._codec.pack(indicator), array("q", sorted(set(digests))).tobytes()
            row = (key_of(indicator.source), int(not ways), ways, body)
            if key not in known:
                added.append((key, *row))
                continue
            id, ways_before, body_before = known[key]
            if bytes(ways_before) != ways or (
                bytes(body_before) != body  # perhaps packed in an earlier way
                and self._codec.unpack(bytes(body_before)) != indicator
            ):
                changed.append((int(id), bytes(ways_before), row))
        self._insert(added)
        self._replace(changed)
        return len(added), len(changed)

    def _insert(self, added: Sequence[tuple[bytes, bytes, int, bytes, bytes]]) -> None:
        if not added:
            return
        first = take_ids(self._connection, "indicators", len(added))
        rows = [(first + position, *row) for position, row in enumerate(added)]
        self._connection.insert("indicators", ("id", "key", "source", "searched", "ways", "body"), rows)
        self._add_ways([(row[0], row[4]) for row in rows])

    def _replace(self, changed: Sequence[tuple[int, bytes, tuple[bytes, int, bytes, bytes]]]) -> None:
        self._connection.executemany(
            "UPDATE indicators SET source = ?, searched = ?, ways = ?, body = ? WHERE id = ?",
            [(*row, id) for id, _, row in changed],
        )
        self._remove_ways([(id, ways) for id, ways, _ in changed])
        self._add_ways([(id, row[2]) for id, _, row in changed])

    def _add_ways(self, ways: Sequence[tuple[int, bytes]]) -> None:
        self._connection.insert("ways", ("digest", "indicator"), sorted(_pairs(ways)))

    def _remove_ways(self, ways: Sequence[tuple[int, bytes]]) -> None:
        self._connection.executemany("DELETE FROM ways WHERE digest = ? AND indicator = ?", _pairs(ways))


def _pairs(ways: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, int]]:
    for id, digests in ways:
        yield from ((digest, id) for digest in array("q", digests))
