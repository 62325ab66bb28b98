"""A store in PostgreSQL, for a team: the same tables, many readers, one writer at a time."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict

from tocsin.store import schema
from tocsin.store.columns import ColumnsOrLater, rows
from tocsin.store.connection import Values
from tocsin.store.interface import StoreError, StoreLocked, StoreLost, StoreMissing
from tocsin.store.sql import SqlStore

_LOCK = 0x746F6373696E  # "tocsin": the advisory lock that whoever writes holds to the end of a transaction
_WAIT_S = 30
_CONNECT_S = 15
_BATCH = 2_000  # rows that a stream asks for at once


class PostgresDialect:
    """PostgreSQL's words (`connection.Dialect`)."""

    types: Mapping[str, str] = {
        "integer": "bigint",
        "real": "double precision",
        "bytes": "bytea",
        "text": "text",
        "clustered": "",
    }
    segmented = False
    among = "= ANY(?)"
    among_keys = "= ANY(?)"

    def listing(self, values: Collection[int]) -> list[int]:
        return list(values)

    def listing_keys(self, values: Collection[bytes]) -> list[bytes]:
        return list(values)

    def append_only(self, table: str) -> tuple[str, ...]:
        refuse = f"RAISE EXCEPTION 'entries of {table} are only ever added'"
        function = (
            f"CREATE FUNCTION keep_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refuse}; END $$"
        )
        changes = f"CREATE TRIGGER keep_{table} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW"
        emptying = f"CREATE TRIGGER keep_all_{table} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
        call = f" EXECUTE FUNCTION keep_{table}()"
        return (function, changes + call, emptying + call)


class PostgresConnection:
    """One connection (`connection.Connection`); not for two threads at once.

    Streams that are read outside a transaction share one of their own, which ends with the last of them.
    """

    dialect = PostgresDialect()

    def __init__(self, address: str) -> None:
        self.where = shown(address)
        self._token = secrets.randbits(62)
        self._generation = 0
        self._depth = 0
        self._streams = 0
        with self._errors():
            self._database = psycopg.connect(address, autocommit=True, connect_timeout=_CONNECT_S)

    @property
    def generation(self) -> int:
        return self._generation

    def descriptor(self) -> int:
        """The connected socket."""
        return self._database.fileno()

    def has_table(self, table: str) -> bool:
        return bool(self.fetch("SELECT to_regclass(?) IS NOT NULL", (table,))[0][0])

    def execute(self, sql: str, values: Values = ()) -> None:
        with self._errors():
            self._database.execute(_query(sql), values)

    def executemany(self, sql: str, rows: Iterable[Values]) -> None:
        with self._errors(), self._database.cursor() as cursor:
            cursor.executemany(_query(sql), list(rows))

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
        copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        with self._errors(), self._database.cursor() as cursor, cursor.copy(copy) as target:
            for row in rows:
                target.write_row(row)

    def insert_columns(self, table: str, columns: ColumnsOrLater) -> None:
        given = columns() if callable(columns) else columns
        self.insert(table, tuple(given), rows(given))

    def fetch(self, sql: str, values: Values = ()) -> list[Values]:
        with self._errors():
            return self._database.execute(_query(sql), values).fetchall()

    def select(self, sql: str, values: Values = ()) -> Iterator[Values]:
        with self._errors():
            if self._depth == 0 and self._streams == 0:
                self._database.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._streams += 1
            try:
                with self._database.cursor(name=f"stream_{secrets.token_hex(6)}") as cursor:
                    cursor.itersize = _BATCH
                    cursor.execute(_query(sql), values)
                    yield from cursor
            finally:
                self._streams -= 1
                if self._depth == 0 and self._streams == 0 and not self._database.closed:
                    self._database.execute("COMMIT")

    def settle(self) -> None:
        """Nothing goes on behind the caller's back."""

    @contextmanager
    def transaction(self, *, behind: bool = False) -> Iterator[None]:
        if self._depth == 0 and self._streams:
            raise StoreError(f"{self.where}: nothing can be written while a stream is read to its end")
        self._depth += 1
        try:
            with self._errors(), self._database.transaction():
                if self._depth == 1:
                    self._claim()
                yield
        except BaseException:  # an interrupt undoes as well; raised again
            self._generation += 1
            raise
        finally:
            self._depth -= 1

    @contextmanager
    def reading(self) -> Iterator[None]:
        if self._depth or self._streams:
            yield
            return
        with self._errors(), self._database.transaction():
            self._database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield

    def close(self) -> None:
        self._database.close()

    def _claim(self) -> None:
        """Wait for whoever writes; note if somebody has written since we last did."""
        self._database.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(sql.Literal(_WAIT_S * 1000)))
        self._database.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        if not self.has_table("last_writer"):
            self._database.execute("CREATE TABLE last_writer (token bigint NOT NULL)")
        found = self._database.execute("SELECT token FROM last_writer").fetchall()
        if not found or found[0][0] != self._token:
            self._generation += 1
            self._database.execute("DELETE FROM last_writer")
            self._database.execute("INSERT INTO last_writer VALUES (%s)", (self._token,))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except errors.LockNotAvailable as error:
            raise StoreLocked(
                f"{self.where}: another process has been writing for {_WAIT_S} seconds; wait for it and run again"
            ) from error
        except errors.InsufficientPrivilege as error:
            raise StoreError(
                f"{self.where}: {_first_line(error)}; ask for the rights or use another role"
            ) from error
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise StoreLost(
                f"{self.where}: the server cannot be reached or takes nothing more ({_first_line(error)}). What was "
                "acknowledged is kept; look at the server and run the same command again"
            ) from error
        except psycopg.Error as error:
            raise StoreError(f"{self.where}: the server refused ({_first_line(error)})") from error


def open_postgres(
    address: str, *, create: bool = False, read_only: bool = False, exercise: bool = False
) -> SqlStore:
    """Open the store in a database; `create` makes its tables where there are none. Raises StoreError.

    Encryption at rest is the server's matter (its disk, its backups); the connection is encrypted as the address
    asks for (sslmode).
    """
    connection = PostgresConnection(address)
    where = connection.where
    try:
        if not connection.has_table("meta"):
            if not create or read_only:
                raise StoreMissing(f"{where}: holds no store; expected one that a scan with --store has made")
            with connection.transaction():
                if not connection.has_table("meta"):  # somebody else may have made it while we waited
                    schema.create(connection, exercise=exercise)
        schema.make_ready(connection, where, read_only=read_only)
        sockets = (connection.descriptor(),)  # asked now: a connection that was lost has none to tell
        store = SqlStore(connection, url=where, encrypted=False, sockets=lambda: sockets)
        if exercise and not store.exercise:
            raise StoreError(
                f"{where}: is a store for real mail, not for practice; name another for practice"
            )
    except BaseException:  # whatever ends it, no connection stays open; raised again
        connection.close()
        raise
    return store


def shown(address: str) -> str:
    """An address without its password."""
    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        return urlsplit(address).scheme + "://"
    host = parts.get("host") or "local"
    return f"postgresql://{host}/{parts.get('dbname') or parts.get('user') or ''}"


def _query(statement: str) -> Any:
    return statement.replace("%", "%%").replace("?", "%s")


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
