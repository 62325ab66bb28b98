"""Who looked at what: entries in a chain, so that a removed or changed one shows."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from tocsin.model.stored import AuditEntry
from tocsin.store.codec import Codec
from tocsin.store.connection import Connection
from tocsin.store.interface import StoreError

_START = bytes(32)


class Audit:
    """The audit of one store.

    Each entry carries SHA-256 of the one before and of itself; how many there are, and the last sum, stand apart
    (`meta`). The database refuses to change or remove entries; whoever has the key and rewrites the whole chain
    is not found out.
    """

    def __init__(self, connection: Connection, where: str) -> None:
        self._connection = connection
        self._where = where
        self._codec = Codec(AuditEntry)

    def add(self, entry: AuditEntry) -> None:
        body = self._codec.pack(entry)
        with self._connection.transaction():
            count, before = self._head()
            chain = _link(before, count + 1, body)
            self._connection.insert("audit", ("entry", "body", "chain"), [(count + 1, body, chain)])
            self._connection.execute(
                "INSERT INTO meta (name, value) VALUES ('audit', ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (f"{count + 1} {chain.hex()}",),
            )

    def entries(self) -> Iterator[AuditEntry]:
        count, last = self._head()
        expected, before = 0, _START
        for number, body, chain in self._connection.select(
            "SELECT entry, body, chain FROM audit ORDER BY entry"
        ):
            expected += 1
            body, chain = bytes(body), bytes(chain)
            if number != expected or chain != _link(before, number, body):
                raise self._tampered(expected)
            before = chain
            yield self._codec.unpack(body)
        if (expected, before) != (count, last):
            raise self._tampered(expected + 1)

    def _head(self) -> tuple[int, bytes]:
        found = self._connection.fetch("SELECT value FROM meta WHERE name = 'audit'")
        if not found:
            return 0, _START
        count, _, chain = found[0][0].partition(" ")
        return int(count), bytes.fromhex(chain)

    def _tampered(self, entry: int) -> StoreError:
        return StoreError(
            f"{self._where}: the audit was tampered with: entry {entry} is missing or not what was written. Entries "
            "before it hold; compare with a backup of the store"
        )


def _link(before: bytes, number: int, body: bytes) -> bytes:
    return sha256(before + number.to_bytes(8, "little") + body).digest()
