"""What watching has seen and still has to do, on disk, so that a restart repeats and loses nothing.

A small database in the state folder: how far each folder is read, digests of mails that are known, and mails that are
being handled. It holds no text of mails but the defused copies that are on their way into a mailbox.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

_FILE = "watch.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS folder (
  account TEXT, name TEXT, uid_validity INTEGER, last_uid INTEGER, modseq INTEGER, since_s REAL, old_below INTEGER,
  PRIMARY KEY (account, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known (account TEXT, mark BLOB, kind TEXT, PRIMARY KEY (account, mark)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS task (
  id INTEGER PRIMARY KEY, account TEXT, folder TEXT, uid_validity INTEGER, uid INTEGER, body BLOB
);
CREATE TABLE IF NOT EXISTS put_off (
  account TEXT, folder TEXT, uid_validity INTEGER, uid INTEGER, PRIMARY KEY (account, folder, uid_validity, uid)
) WITHOUT ROWID;
PRAGMA user_version = 1;
"""


class StateError(Exception):
    """The state cannot be read or kept; the message says where and what to do."""


class Reached(msgspec.Struct, frozen=True):
    """How far a folder is read: all mails up to `last_uid`; `modseq` is the server's count of changes then, or 0.

    Watching began at `since_s` (Unix time). Where the folder was numbered anew since, mails below `old_below` are those
    that it had then, and may be older than that.
    """

    uid_validity: int
    last_uid: int
    modseq: int = 0
    since_s: float = 0.0
    old_below: int = 0


class Task(msgspec.Struct, frozen=True):
    """A mail that is being handled in its mailbox.

    `plan` is "copy", "replace" or "move" (to `target`). `sha256` is the original's digest, `canonical_sha256` the one
    of its form with CRLF, `size` what the server says it has, `arrived` its INTERNALDATE (RFC 3339), `sealed` the file
    with it. `copy` are the bytes to add, with CRLF, of digest `copy_sha256`. `alert` is the record to tell at the end,
    as JSON.
    """

    plan: str
    sha256: str
    canonical_sha256: str
    size: int
    alert: bytes
    arrived: str = ""
    sealed: str = ""
    copy: bytes = b""
    copy_sha256: str = ""
    target: str = ""


class Kept(msgspec.Struct, frozen=True):
    """A task and the mail that it is about."""

    number: int
    uid_validity: int
    uid: int
    task: Task


class WatchState:
    """The state of all accounts, for several threads. Methods raise StateError."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _FILE
        self._lock = threading.Lock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._held = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(self._held)
                raise StateError(
                    f"{folder}: another tocsin watch is using this state; end it, or name another folder with --state"
                ) from None
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise StateError(
                f"{folder}: cannot be used ({error.strerror}); name another with --state"
            ) from None
        try:
            self._database = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False, timeout=30
            )
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=FULL")
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version not in (0, 1):
                raise StateError(
                    f"{self._path}: was written by a newer Tocsin; use that, or name another folder with --state"
                )
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> StateError:
        return StateError(
            f"{self._path}: cannot be used ({error}); make room, or move it away: all mail is then new again"
        )

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on the disk when it ends."""
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
                try:
                    yield self._database
                except BaseException:  # an interrupt undoes as well; raised again
                    self._database.execute("ROLLBACK")
                    raise
                self._database.execute("COMMIT")
            except sqlite3.Error as error:
                raise self._failed(error) from error

    def _ask(self, question: str, values: tuple[object, ...]) -> list[Any]:
        with self._lock:
            try:
                return self._database.execute(question, values).fetchall()
            except sqlite3.Error as error:
                raise self._failed(error) from error

    def reached(self, account: str, folder: str) -> Reached | None:
        """How far a folder is read; None where it never was."""
        rows = self._ask(
            "SELECT uid_validity, last_uid, modseq, since_s, old_below FROM folder WHERE account = ? AND name = ?",
            (account, folder),
        )
        return Reached(*rows[0]) if rows else None

    def reach(self, account: str, folder: str, reached: Reached) -> None:
        """Write down how far a folder is read."""
        with self._change() as database:
            _reach(database, account, folder, reached)

    def known(self, account: str, mark: bytes) -> str:
        """What is known of a mail by its digest or the server's own id: a kind of `note`, "" for nothing."""
        rows = self._ask("SELECT kind FROM known WHERE account = ? AND mark = ?", (account, mark))
        return str(rows[0][0]) if rows else ""

    def note(
        self,
        account: str,
        folder: str,
        reached: Reached,
        uid: int,
        marks: tuple[bytes, ...],
        task: Task | None = None,
    ) -> int:
        """Write down that a mail was judged, and what is still to be done with it; returns the task's number.

        The marks are then known as "judged", or "handled" where there is a task; the task's copy as "own".
        """
        kind = "judged" if task is None else "handled"
        with self._change() as database:
            _reach(database, account, folder, reached)
            rows = [(account, mark, kind) for mark in marks]
            if task is not None and task.copy_sha256:
                rows.append((account, bytes.fromhex(task.copy_sha256), "own"))
            database.executemany("INSERT OR REPLACE INTO known VALUES (?, ?, ?)", rows)
            if task is None:
                return 0
            written = database.execute(
                "INSERT INTO task (account, folder, uid_validity, uid, body) VALUES (?, ?, ?, ?, ?)",
                (account, folder, reached.uid_validity, uid, msgspec.msgpack.encode(task)),
            )
            return written.lastrowid or 0

    def tasks(self, account: str, folder: str) -> list[Kept]:
        """What is still to be done in a folder, oldest first."""
        rows = self._ask(
            "SELECT id, uid_validity, uid, body FROM task WHERE account = ? AND folder = ? ORDER BY id",
            (account, folder),
        )
        try:
            return [
                Kept(number, uid_validity, uid, msgspec.msgpack.decode(body, type=Task))
                for number, uid_validity, uid, body in rows
            ]
        except (msgspec.DecodeError, ValueError) as error:
            raise self._failed(error) from error

    def finish(self, number: int) -> None:
        """A task is done, or given up and said."""
        with self._change() as database:
            database.execute("DELETE FROM task WHERE id = ?", (number,))

    def put_off(self, account: str, folder: str, reached: Reached, uid: int) -> None:
        """Go past a mail that cannot be fetched, and remember to try it again at the next start."""
        with self._change() as database:
            _reach(database, account, folder, reached)
            row = (account, folder, reached.uid_validity, uid)
            database.execute("INSERT OR IGNORE INTO put_off VALUES (?, ?, ?, ?)", row)

    def take_put_off(self, account: str, folder: str, uid_validity: int) -> list[int]:
        """UIDs that were put off, which are forgotten with this."""
        with self._change() as database:
            rows = database.execute(
                "DELETE FROM put_off WHERE account = ? AND folder = ? RETURNING uid_validity, uid",
                (account, folder),
            ).fetchall()
        return sorted(uid for validity, uid in rows if validity == uid_validity)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()
            os.close(self._held)


def _reach(database: sqlite3.Connection, account: str, folder: str, reached: Reached) -> None:
    row = (account, folder, *msgspec.structs.astuple(reached))
    database.execute("INSERT OR REPLACE INTO folder VALUES (?, ?, ?, ?, ?, ?, ?)", row)
