"""The file of an SQLite store: made whole or not at all, opened with its key, refused where it is something else."""

from __future__ import annotations

import errno
import os
import secrets
import string
import tempfile
from pathlib import Path
from urllib.parse import quote

import sqlcipher3.dbapi2 as sqlite

from tocsin.store import schema
from tocsin.store.interface import (
    StoreDamaged,
    StoreError,
    StoreLocked,
    StoreLost,
    StoreMissing,
    StoreVersion,
)
from tocsin.store.keys import find_key, forget_key, new_key
from tocsin.store.sql import SqlStore
from tocsin.store.sqlite import CACHE_KIB, CHECKPOINT_PAGES, SqliteConnection, told

_PLAIN = b"SQLite format 3\0"
_SALT_BYTES = 16
_PAGE = 4096
_PRINTABLE = frozenset(string.printable.encode())


def open_sqlite(
    path: Path,
    *,
    create: bool = False,
    plain: bool = False,
    read_only: bool = False,
    exercise: bool = False,
    wait_s: float = 15.0,
) -> SqlStore:
    """Open the store in a file; `create` makes one where there is none, encrypted unless `plain`.

    `wait_s` is how long to wait for another process that writes. Raises StoreError.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        size = 0
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened ({error.strerror})") from error
    if not size:
        if not create or read_only:
            raise StoreMissing(f"{path}: there is no store; expected one that a scan with --store has made")
        _make(path, plain=plain, exercise=exercise)
    store = _open(path, read_only=read_only, wait_s=wait_s)
    if exercise and not store.exercise:
        store.close()
        raise StoreError(f"{path}: is a store for real mail, not for practice; name another for practice")
    return store


def _make(path: Path, *, plain: bool, exercise: bool) -> None:
    """Make a store beside its place and put it there when it is whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(
            prefix=f".{path.name}-", suffix=".new", dir=path.parent
        )  # mode 0600
        os.close(descriptor)
    except OSError as error:
        raise StoreLost(f"{path}: no store can be made there ({error.strerror})") from error
    made, store_id, key = Path(name), "", None
    try:
        if not plain:
            store_id = _new_salt()
            key, _ = new_key(store_id)
        connection = _connect(made, path, key and key + store_id, read_only=False, wait_s=5.0)
        connection.fetch("PRAGMA journal_mode = WAL")
        with connection.transaction():
            schema.create(connection, exercise=exercise)
        connection.close()
        if path.exists() and not path.stat().st_size:
            path.unlink()
        _put_in_place(made, path)
    except FileExistsError:  # somebody else was quicker: theirs is the store
        _forget(store_id)
    except OSError as error:
        _forget(store_id)
        raise StoreLost(f"{path}: no store can be made there ({error.strerror})") from error
    except BaseException:  # whatever ends it, no key stays without its store; raised again
        _forget(store_id)
        raise
    finally:
        for end in ("", "-wal", "-shm"):
            Path(f"{made}{end}").unlink(missing_ok=True)


def remove_sqlite(path: Path) -> None:
    """Remove a store and its key file; for one that was just made and holds nothing. Close it before.

    Raises OSError.
    """
    with path.open("rb") as file:
        head = file.read(_SALT_BYTES)
    for end in ("-wal", "-shm", ""):
        Path(f"{path}{end}").unlink(missing_ok=True)
    if head != _PLAIN:
        forget_key(head.hex())


def _put_in_place(made: Path, path: Path) -> None:
    """Give a whole store its name, unless the name is taken by now (FileExistsError)."""
    try:
        os.link(made, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            raise
        if path.exists():
            raise FileExistsError(path) from error
        made.rename(path)  # file systems of memory sticks know no links


def _forget(store_id: str) -> None:
    if store_id:
        forget_key(store_id)


def _new_salt() -> str:
    while True:
        salt = secrets.token_bytes(_SALT_BYTES)
        if not _PRINTABLE.issuperset(salt):  # what is all printable is taken for a text file
            return salt.hex()


def _open(path: Path, *, read_only: bool, wait_s: float) -> SqlStore:
    try:
        with path.open("rb") as file:
            head = file.read(_SALT_BYTES)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise StoreError(f"{path}: cannot be read ({error.strerror})") from error
    encrypted = head != _PLAIN
    if encrypted and (size % _PAGE or _PRINTABLE.issuperset(head)):
        raise StoreVersion(f"{path}: is no store of Tocsin; nothing was changed. Name another file")
    key = find_key(head.hex(), str(path)) if encrypted else None
    connection = _connect(path, path, key, read_only=read_only, wait_s=wait_s)
    try:
        schema.make_ready(connection, str(path), read_only=read_only)
        return SqlStore(connection, url=str(path), encrypted=encrypted, after_erasing=connection.scrub)
    except StoreError:
        connection.close()
        raise


def _sealed(file: Path) -> bool:
    """Whether readers cannot make the index of the log that SQLite wants, and there is no log to read."""
    log = Path(f"{file}-wal")
    return not os.access(file.parent, os.W_OK) and not (log.exists() and log.stat().st_size)


def _connect(file: Path, where: Path, key: str | None, *, read_only: bool, wait_s: float) -> SqliteConnection:
    mode = "mode=ro" if read_only else "mode=rw"
    if read_only and _sealed(file):
        mode = "immutable=1"
    address = f"file:{quote(str(file.absolute()))}?{mode}"
    try:
        raw = sqlite.connect(
            address,
            uri=True,
            isolation_level=None,
            timeout=wait_s,
            cached_statements=256,
            check_same_thread=False,
        )
    except sqlite.Error as error:
        raise told(error, str(where)) from error
    try:
        if key is not None:
            raw.execute("PRAGMA cipher_log_level = NONE")
            raw.execute(f"PRAGMA key = \"x'{key}'\"")
        raw.execute("SELECT COUNT(*) FROM sqlite_schema").fetchall()
        for pragma in (
            "synchronous = FULL",
            "secure_delete = ON",
            f"cache_size = -{CACHE_KIB}",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
            "temp_store = MEMORY",  # a sorter must not write what is encrypted elsewhere in the clear
            "trusted_schema = OFF",
        ):
            raw.execute(f"PRAGMA {pragma}")
    except sqlite.Error as error:
        raw.close()
        failure = told(error, str(where))
        if key is not None and isinstance(failure, StoreDamaged):
            raise StoreLocked(
                f"{where}: does not open: its key is a wrong one, or the file is damaged; nothing was changed"
            ) from error
        raise failure from error
    return SqliteConnection(raw, str(where))
