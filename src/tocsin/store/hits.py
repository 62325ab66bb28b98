"""Where indicators met mails; a meeting is kept once, so that nothing alerts twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tocsin.model.intel import Hit
from tocsin.store.codec import Codec
from tocsin.store.connection import Connection, Values, among, among_keys, key_of, take_ids


class Hits:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._codec = Codec(Hit)

    def add(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """Keep hits (`Store.add_hits`)."""
        wanted: dict[bytes, Hit] = {}
        for hit in hits:
            wanted.setdefault(_meeting(hit), hit)
        with self._connection.transaction():
            clause, values = among_keys(self._connection, "meeting", wanted)
            known = {
                bytes(key) for (key,) in self._connection.fetch(f"SELECT meeting FROM hits{clause}", values)
            }
            new = [(key, hit) for key, hit in wanted.items() if key not in known]
            if new:
                first = take_ids(self._connection, "hits", len(new))
                rows = [
                    (first + position, key, key_of(hit.indicator), hit.number, self._codec.pack(hit))
                    for position, (key, hit) in enumerate(new)
                ]
                self._connection.insert("hits", ("id", "meeting", "indicator", "number", "body"), rows)
        return tuple(hit for _, hit in new)

    def all(self, indicator: str | None, number: int | None) -> Iterator[Hit]:
        conditions: list[str] = []
        values: Values = ()
        if indicator is not None:
            conditions.append("indicator = ?")
            values += (key_of(indicator),)
        if number is not None:
            conditions.append("number = ?")
            values += (number,)
        clause = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        for (body,) in self._connection.select(f"SELECT body FROM hits{clause} ORDER BY id", values):
            yield self._codec.unpack(bytes(body))

    def erase(self, numbers: Collection[int]) -> None:
        """Remove the hits on mails that go. Call inside a transaction."""
        clause, values = among(self._connection, "number", numbers)
        self._connection.execute(f"DELETE FROM hits{clause}", values)


def _meeting(hit: Hit) -> bytes:
    """What makes two hits the same: indicator, mail, match and value seen."""
    return key_of(hit.indicator, str(hit.number), hit.match, hit.seen.kind, hit.seen.value)
