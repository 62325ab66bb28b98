"""Values that patterns search by their text: LIKE, MATCHES and CIDR have no digest to look up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from tocsin.store.connection import Connection, among, packed, unpacked


class Texts:
    """Kinds and values that mails show. `add` and `remove` are called inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, shown: Iterable[tuple[int, Sequence[tuple[str, str]]]]) -> None:
        """Add pairs of kind and value for mails."""
        rows = {(number, kind, packed(value)) for number, pairs in shown for kind, value in pairs}
        self._connection.insert("texts", ("number", "kind", "value"), sorted(rows))

    def find(self, kind: str, containing: str) -> Iterator[tuple[int, str]]:
        """Pairs of mail number and value, in any order."""
        needle = packed(containing)
        sql = "SELECT number, value FROM texts WHERE kind = ?"
        for number, value in self._connection.select(sql, (kind,)):
            value = bytes(value)
            if needle in value:
                yield number, unpacked(value)

    def remove(self, numbers: Collection[int]) -> None:
        clause, values = among(self._connection, "number", numbers)
        self._connection.execute(f"DELETE FROM texts{clause}", values)
