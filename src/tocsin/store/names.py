"""Texts that many mails share (owners, mailboxes, observers), kept once and named by a number."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.store.connection import Connection, packed, take_ids, unpacked

_REMEMBERED = 100_000


class Names:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._generation = connection.generation
        self._ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    def ids(self, texts: Iterable[str]) -> dict[str, int]:
        """The numbers of texts; new ones get one. Call inside a transaction."""
        self._forget_stale()
        wanted = dict.fromkeys(texts)
        for text in wanted:
            if text not in self._ids:
                self._ids[text] = self._find(text) or self._add(text)
        return {text: self._ids[text] for text in wanted}

    def known(self, text: str) -> int | None:
        """The number of a text, or None where no mail has it."""
        return self._find(text)

    def text(self, id: int) -> str:
        if id not in self._texts:
            if len(self._texts) >= _REMEMBERED:
                self._texts.clear()
            found = self._connection.fetch("SELECT value FROM names WHERE id = ?", (id,))
            self._texts[id] = unpacked(found[0][0]) if found else ""
        return self._texts[id]

    def all(self) -> dict[int, str]:
        """Every name by its number."""
        return {id: unpacked(value) for id, value in self._connection.select("SELECT id, value FROM names")}

    def remove_unused(self) -> None:
        """Forget names that no mail has any more. Reads the index of all mails; call inside a transaction."""
        used: set[int] = set()
        for column in ("owner", "mailbox", "observer"):
            used.update(id for (id,) in self._connection.select(f"SELECT DISTINCT {column} FROM mails"))
        unused = [(id,) for (id,) in self._connection.fetch("SELECT id FROM names") if id not in used]
        self._connection.executemany("DELETE FROM names WHERE id = ?", unused)
        self._ids.clear()
        self._texts.clear()

    def _find(self, text: str) -> int | None:
        found = self._connection.fetch("SELECT id FROM names WHERE value = ?", (packed(text),))
        return int(found[0][0]) if found else None

    def _add(self, text: str) -> int:
        id = take_ids(self._connection, "names", 1)
        self._connection.execute("INSERT INTO names (id, value) VALUES (?, ?)", (id, packed(text)))
        return id

    def _forget_stale(self) -> None:
        if self._generation != self._connection.generation or len(self._ids) > _REMEMBERED:
            self._generation = self._connection.generation
            self._ids.clear()
            self._texts.clear()
