"""Which mails show an observable, by its digest.

Whatever keeps these pairs offers `add`, `find` and `remove`, on the store's connection and inside its transactions;
mails are found by their SHA-256 in the same way (`mails._digest_of`), so that loading has no other index to keep.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tocsin.store.connection import Connection, among


class Shown:
    """Pairs of digest and mail number. `add` and `remove` are called inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, pairs: Iterable[tuple[int, int]]) -> None:
        self._connection.insert("shown", ("digest", "number"), sorted(set(pairs)))

    def find(self, digests: Collection[int]) -> Iterator[tuple[int, int]]:
        """Pairs of digest and number, in any order."""
        clause, values = among(self._connection, "digest", digests)
        for row in self._connection.select(f"SELECT digest, number FROM shown{clause}", values):
            yield row[0], row[1]

    def remove(self, numbers: Collection[int]) -> None:
        clause, values = among(self._connection, "number", numbers)
        self._connection.execute(f"DELETE FROM shown{clause}", values)
