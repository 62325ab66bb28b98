"""Which mails show an observable, by its digest.

Whatever keeps these pairs is an `Index`, on the store's connection and inside its transactions; mails are found by
their SHA-256 in the same way (`mails._digest_of`), so that loading has no other index to keep.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol

from tocsin.store.connection import Connection, among

TABLES = """
CREATE TABLE shown (digest {integer}, number {integer}, PRIMARY KEY (digest, number)){clustered};
CREATE INDEX shown_by_number ON shown (number)
"""
COUNTERS: tuple[str, ...] = ()


class Index(Protocol):
    """Pairs of digest and mail number. All but `find` is called inside a transaction."""

    def add(self, shown: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Note the digests of mails, each mail's at once; a digest may come twice."""
        ...

    def find(self, digests: Collection[int]) -> Iterator[tuple[int, int]]:
        """Pairs of digest and number, in any order."""
        ...

    def retire(self, numbers: Collection[int]) -> None:
        """What mails have shown so far is found no more."""
        ...

    def remove(self, numbers: Collection[int]) -> None:
        """Nothing that these mails ever showed is left on the disk."""
        ...


def index_of(connection: Connection) -> Index:
    """What keeps the pairs of this store: segments in SQLite, else a table."""
    if not connection.dialect.segmented:
        return Table(connection)
    from tocsin.store.segments import Segments

    return Segments(connection)


def make_tables(connection: Connection) -> None:
    """Make what this index needs."""
    tables, counters = TABLES, COUNTERS
    if connection.dialect.segmented:
        from tocsin.store import segments

        tables, counters = segments.TABLES, segments.COUNTERS
    for statement in tables.format_map(connection.dialect.types).split(";"):
        connection.execute(statement)
    connection.executemany("INSERT INTO counters VALUES (?, 1)", [(name,) for name in counters])


class Table:
    """A row for each pair."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, shown: Iterable[tuple[int, Sequence[int]]]) -> None:
        pairs = {(digest, number) for number, digests in shown for digest in digests}
        self._connection.insert("shown", ("digest", "number"), sorted(pairs))

    def find(self, digests: Collection[int]) -> Iterator[tuple[int, int]]:
        clause, values = among(self._connection, "digest", digests)
        for row in self._connection.select(f"SELECT digest, number FROM shown{clause}", values):
            yield row[0], row[1]

    def retire(self, numbers: Collection[int]) -> None:
        self.remove(numbers)

    def remove(self, numbers: Collection[int]) -> None:
        clause, values = among(self._connection, "number", numbers)
        self._connection.execute(f"DELETE FROM shown{clause}", values)
