"""Texts that many mails share (owners, mailboxes, observers), kept once and named by a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tocsin.store.connection import Connection, among_keys, key_of, packed, take_ids, unpacked

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
        unknown = {key_of(text): text for text in wanted if text not in self._ids}
        if unknown:
            clause, values = among_keys(self._connection, "key", unknown)
            for id, key in self._connection.fetch(f"SELECT id, key FROM names{clause}", values):
                self._ids[unknown.pop(bytes(key))] = id
            self._add(unknown)
        return {text: self._ids[text] for text in wanted}

    def known(self, text: str) -> int | None:
        """The number of a text, or None where no mail has it."""
        found = self._connection.fetch("SELECT id FROM names WHERE key = ?", (key_of(text),))
        return int(found[0][0]) if found else None

    def text(self, id: int) -> str:
        if id not in self._texts:
            if len(self._texts) >= _REMEMBERED:
                self._texts.clear()
            found = self._connection.fetch("SELECT value FROM names WHERE id = ?", (id,))
            self._texts[id] = unpacked(found[0][0]) if found else ""
        return self._texts[id]

    def remove_unused(self) -> None:
        """Forget names that no mail has any more. Reads the index of all mails; call inside a transaction."""
        used: set[int] = set()
        for column in ("owner", "mailbox", "observer"):
            used.update(id for (id,) in self._connection.select(f"SELECT DISTINCT {column} FROM mails"))
        unused = [(id,) for (id,) in self._connection.fetch("SELECT id FROM names") if id not in used]
        self._connection.executemany("DELETE FROM names WHERE id = ?", unused)
        self._ids.clear()
        self._texts.clear()

    def _add(self, new: Mapping[bytes, str]) -> None:
        if not new:
            return
        first = take_ids(self._connection, "names", len(new))
        rows = [(first + place, key, packed(text)) for place, (key, text) in enumerate(new.items())]
        self._connection.insert("names", ("id", "key", "value"), rows)
        self._ids.update((text, first + place) for place, text in enumerate(new.values()))

    def _forget_stale(self) -> None:
        if self._generation != self._connection.generation or len(self._ids) > _REMEMBERED:
            self._generation = self._connection.generation
            self._ids.clear()
            self._texts.clear()
