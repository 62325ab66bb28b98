"""Opinions on mails: every version of every one, none of them ever rewritten."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec

from tocsin.model.stored import VerdictVersion
from tocsin.store.codec import Codec
from tocsin.store.connection import Connection, among


class Verdicts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._codec = Codec(VerdictVersion)

    def add(self, versions: Sequence[VerdictVersion]) -> None:
        """Add versions (`Store.add_verdicts`). Raises KeyError for a mail that is not there."""
        numbers = {version.number for version in versions}
        if not numbers:
            return
        with self._connection.transaction():
            clause, values = among(self._connection, "number", numbers)
            there = {
                number for (number,) in self._connection.fetch(f"SELECT number FROM mails{clause}", values)
            }
            if numbers - there:
                raise KeyError(min(numbers - there))
            newest = dict.fromkeys(numbers, 0)
            sql = f"SELECT number, MAX(version) FROM verdicts{clause} GROUP BY number"
            newest.update((number, version) for number, version in self._connection.fetch(sql, values))
            rows = []
            for version in versions:
                newest[version.number] += 1
                numbered = msgspec.structs.replace(version, version=newest[version.number])
                rows.append((numbered.number, numbered.version, self._codec.pack(numbered)))
            self._connection.insert("verdicts", ("number", "version", "body"), rows)

    def of(self, number: int) -> tuple[VerdictVersion, ...]:
        sql = "SELECT body FROM verdicts WHERE number = ? ORDER BY version"
        return tuple(self._codec.unpack(bytes(body)) for (body,) in self._connection.fetch(sql, (number,)))

    def standing(self, numbers: Collection[int] | None = None) -> Iterator[VerdictVersion]:
        clause, values = among(self._connection, "number", numbers)
        newest: tuple[int, bytes] | None = None
        sql = f"SELECT number, body FROM verdicts{clause} ORDER BY number, version"
        for number, body in self._connection.select(sql, values):
            if newest is not None and newest[0] != number:
                yield self._codec.unpack(newest[1])
            newest = (number, bytes(body))
        if newest is not None:
            yield self._codec.unpack(newest[1])

    def erase(self, numbers: Collection[int]) -> None:
        """Remove the opinions on mails that go. Call inside a transaction."""
        clause, values = among(self._connection, "number", numbers)
        self._connection.execute(f"DELETE FROM verdicts{clause}", values)
