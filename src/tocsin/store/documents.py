"""Small documents that others understand: sources, campaigns, decisions, incidents, settings."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.store.connection import Connection, key_of, packed, unpacked
from tocsin.store.interface import DOCUMENT_KINDS


class Documents:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, kind: str, id: str, body: bytes) -> None:
        with self._connection.transaction():
            self._connection.execute(
                "INSERT INTO documents (kind, key, id, body) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                (_kind(kind), key_of(id), packed(id), body),
            )

    def get(self, kind: str, id: str) -> bytes | None:
        sql = "SELECT body FROM documents WHERE kind = ? AND key = ?"
        found = self._connection.fetch(sql, (_kind(kind), key_of(id)))
        return bytes(found[0][0]) if found else None

    def all(self, kind: str) -> Iterator[tuple[str, bytes]]:
        sql = "SELECT id, body FROM documents WHERE kind = ? ORDER BY id"
        for id, body in self._connection.select(sql, (_kind(kind),)):
            yield unpacked(bytes(id)), bytes(body)

    def remove(self, kind: str, id: str) -> None:
        with self._connection.transaction():
            self._connection.execute(
                "DELETE FROM documents WHERE kind = ? AND key = ?", (_kind(kind), key_of(id))
            )


def _kind(kind: str) -> str:
    if kind not in DOCUMENT_KINDS:
        raise ValueError(f"{kind!r} is no kind of document; expected one of {', '.join(DOCUMENT_KINDS)}")
    return kind
