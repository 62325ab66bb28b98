"""SQLite as the database of a store: one file, encrypted by SQLCipher or plain.

The journal is a write-ahead log, so that others read while one writes; synchronous FULL, so that a commit is on disk
when it returns. The first 16 bytes of an encrypted file are its salt, which is not secret: they serve as the id that
its key is found by.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import sqlcipher3.dbapi2 as sqlite

from tocsin.store.columns import ColumnsOrLater, rows
from tocsin.store.connection import Values
from tocsin.store.interface import StoreDamaged, StoreError, StoreLocked, StoreLost

CACHE_KIB = 65536
CHECKPOINT_PAGES = 4000
_BATCH = 1000

_FULL, _IO, _READONLY, _CORRUPT, _NOTADB, _BUSY, _LOCKED, _CANTOPEN, _TOOBIG = 13, 10, 8, 11, 26, 5, 6, 14, 18


class SqliteDialect:
    types: Mapping[str, str] = {
        "integer": "INTEGER",
        "real": "REAL",
        "bytes": "BLOB",
        "text": "TEXT",
        "clustered": " WITHOUT ROWID",
    }
    segmented = True
    among = "IN (SELECT value FROM json_each(?))"
    among_keys = "IN (SELECT unhex(value) FROM json_each(?))"

    def listing(self, values: Collection[int]) -> str:
        return json.dumps(list(values))

    def listing_keys(self, values: Collection[bytes]) -> str:
        return json.dumps([value.hex() for value in values])

    def append_only(self, table: str) -> tuple[str, ...]:
        return tuple(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} BEGIN"
            f" SELECT RAISE(ABORT, 'entries of {table} cannot be changed or removed'); END"
            for change in ("UPDATE", "DELETE")
        )


class SqliteConnection:
    """A connection to one file (`connection.Connection`); `where` names it in messages."""

    dialect = SqliteDialect()

    def __init__(self, raw: sqlite.Connection, where: str) -> None:
        self._raw = raw
        self._where = where
        self._depth = 0
        self._generation = 0
        self._seen_version = -1
        self._scrub = False
        self._behind: Thread | None = None  # the last of the inserts that go on behind the caller's back
        self._failed: BaseException | None = None

    @property
    def generation(self) -> int:
        return self._generation

    def execute(self, sql: str, values: Values = ()) -> None:
        self.settle()
        with self._errors():
            self._raw.execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Values]) -> None:
        self.settle()
        with self._errors():
            self._raw.executemany(sql, rows)

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
        places = ", ".join("?" * len(columns))
        self.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)

    def insert_columns(self, table: str, columns: ColumnsOrLater) -> None:
        """Insert in a thread of its own, after those that were begun before; SQLite leaves the interpreter free."""
        self._start(lambda: self._insert_columns(table, columns))

    def fetch(self, sql: str, values: Values = ()) -> list[Values]:
        self.settle()
        with self._errors():
            found: list[Values] = self._raw.execute(sql, values).fetchall()
            return found

    def select(self, sql: str, values: Values = ()) -> Iterator[Values]:
        self.settle()
        with self._errors():
            cursor = self._raw.execute(sql, values)
        try:
            while True:
                with self._errors():
                    rows = cursor.fetchmany(_BATCH)
                if not rows:
                    return
                yield from rows
        finally:
            cursor.close()

    @contextmanager
    def transaction(self, *, behind: bool = False) -> Iterator[None]:
        self.settle()
        savepoint = f"depth_{self._depth}"
        if (
            self._depth and not self._raw.in_transaction
        ):  # SQLite undid it, and we are called in spite of that
            raise StoreLost(
                f"{self._where}: what was begun could not be kept; nothing of it was. Run the command again"
            )
        self.execute(f"SAVEPOINT {savepoint}" if self._depth else "BEGIN IMMEDIATE")
        if not self._depth:
            self._notice_others()
        self._depth += 1
        try:
            yield
            if self._depth == 1 and behind and not self._scrub:
                self.settle()
                self._start(lambda: self._raw.execute("COMMIT"))
            elif self._depth == 1:
                self.execute("COMMIT")
            else:
                self.execute(f"RELEASE {savepoint}")
        except BaseException:  # an interrupt undoes as well; raised again
            self._generation += 1
            self._undo(savepoint)
            raise
        finally:
            self._depth -= 1
        if self._scrub and not self._depth:
            self.scrub()

    @contextmanager
    def reading(self) -> Iterator[None]:
        if self._raw.in_transaction:
            yield
            return
        self.execute("BEGIN")
        try:
            yield
        finally:
            if self._raw.in_transaction:
                self.execute("COMMIT")

    def scrub(self) -> None:
        """Write the log back and empty it, so that what was erased is in no file; inside a transaction, after it."""
        if self._depth:
            self._scrub = True
            return
        self._scrub = True  # tried again with the next change if it fails now
        ((busy, _, _),) = self.fetch("PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise StoreLocked(
                f"{self._where}: what was erased is out of the store, and still in its log ({self._where}-wal), since "
                "another process reads it. It goes when that process ends and the store is next written to"
            )
        self._scrub = False

    def close(self) -> None:
        self.settle()
        with self._errors():
            self._raw.close()

    def settle(self) -> None:
        """Wait for what goes on behind the caller's back, and raise what went wrong there."""
        if self._behind is None:
            return
        self._behind.join()
        self._behind = None
        failed, self._failed = self._failed, None
        if failed is None:
            return
        if not self._depth:  # it was the last step of a transaction
            self._generation += 1
            if self._raw.in_transaction:
                self.execute("ROLLBACK")
        with self._errors():
            raise failed

    def _start(self, work: Callable[[], object]) -> None:
        """Do something in a thread, after what was begun before, unless that went wrong."""
        before = self._behind

        def run() -> None:
            try:
                if before is not None:
                    before.join()
                if self._failed is None:
                    work()
            except BaseException as error:  # noqa: BLE001  raised where the caller waits for it
                self._failed = error

        self._behind = Thread(target=run)
        self._behind.start()

    def _insert_columns(self, table: str, columns: ColumnsOrLater) -> None:
        from tocsin.store.column_packing import statements  # numpy only where there is a store

        given = columns() if callable(columns) else columns
        packed = statements(table, given)
        if packed is None:
            places = ", ".join("?" * len(given))
            self._raw.executemany(f"INSERT INTO {table} ({', '.join(given)}) VALUES ({places})", rows(given))
            return
        for sql, values in packed:
            self._raw.execute(sql, values)

    def _notice_others(self) -> None:
        ((version,),) = self.fetch("PRAGMA data_version")
        if version != self._seen_version:
            self._seen_version = version
            self._generation += 1

    def _undo(self, savepoint: str) -> None:
        with suppress(Exception):  # what went wrong behind the back is undone as well
            self.settle()
        if not self._raw.in_transaction:  # a full disk ends it by itself
            return
        if self._depth == 1:
            self.execute("ROLLBACK")
        else:
            self.execute(f"ROLLBACK TO {savepoint}")
            self.execute(f"RELEASE {savepoint}")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite.Error as error:
            raise told(error, self._where) from error


def told(error: Any, where: str) -> StoreError:
    """What an error of SQLite means for whoever keeps the store."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in (_BUSY, _LOCKED):
        return StoreLocked(f"{where}: another process writes to it; try again when that has ended")
    if code == _FULL:
        return StoreLost(
            f"{where}: the disk is full; nothing half-done was kept. Make room and run the command again"
        )
    if code == _READONLY:
        return StoreLost(
            f"{where}: can only be read here; nothing was written. Check who may write to it, or copy it"
        )
    if code in (_IO, _CANTOPEN):
        return StoreLost(
            f"{where}: cannot be read or written ({error}); nothing half-done was kept. Check the disk"
        )
    if code in (_CORRUPT, _NOTADB):
        return StoreDamaged(f"{where}: is damaged ({error}). Keep the file as it is, and go back to a backup")
    if code == _TOOBIG:
        return StoreError(f"{where}: takes no value as long as this one; expected less than 1 GB")
    return StoreError(f"{where}: {error}")
