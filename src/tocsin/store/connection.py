"""What a database must do for the store; the SQL above it is one and the same for all of them.

SQL is written with `?` for values and with the names of `Dialect.types` in braces where columns are made. All that
comes from mail or from people is kept as bytes (`packed`): such text may hold NUL and lone surrogates, which text
columns refuse.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from hashlib import blake2b
from typing import Any, Protocol

from tocsin.store.columns import ColumnsOrLater
from tocsin.store.columns import Values as Values


class Dialect(Protocol):
    """Where databases differ in words.

    `types` has {integer} (64 bits), {real} (64 bits), {bytes}, {text} (ASCII of our own), and {clustered}, what stands
    behind a table whose rows are kept in the order of their primary key. `among` is a condition that holds for
    integers in the one value that `listing` makes of many; `among_keys` and `listing_keys` are the same for bytes.
    `segmented` tells that digests are kept in segments (`segments`), not in a table.
    """

    types: Mapping[str, str]
    among: str
    among_keys: str
    segmented: bool

    def listing(self, values: Collection[int]) -> Any: ...

    def listing_keys(self, values: Collection[bytes]) -> Any: ...

    def append_only(self, table: str) -> tuple[str, ...]:
        """Statements after which rows of a table can be added, and neither changed nor removed."""
        ...


class Connection(Protocol):
    """One connection to one store. Errors of the database come out as StoreError.

    `generation` changes when what was remembered from the store may no longer hold: after a rollback, and when
    another process has written. Ask it inside a transaction.
    """

    @property
    def dialect(self) -> Dialect: ...

    @property
    def generation(self) -> int: ...

    def execute(self, sql: str, values: Values = ()) -> None: ...

    def executemany(self, sql: str, rows: Iterable[Values]) -> None: ...

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Values]) -> None:
        """Add rows that are known to be new, by the fastest way there is."""
        ...

    def insert_columns(self, table: str, columns: ColumnsOrLater) -> None:
        """Add rows that are known to be new, given by columns; call inside a transaction.

        It may go on behind the caller's back: what is asked of the connection next waits for it, and raises what went
        wrong. Until then the columns must not be changed.
        """
        ...

    def fetch(self, sql: str, values: Values = ()) -> list[Values]:
        """All rows of a small result."""
        ...

    def select(self, sql: str, values: Values = ()) -> Iterator[Values]:
        """Rows of a large result, streamed; nothing may be written before the last is read."""
        ...

    def transaction(self, *, behind: bool = False) -> AbstractContextManager[None]:
        """Keep all that is written inside, or nothing; inside another one, it is a part that can fail alone.

        `behind` lets the last step go on behind the caller's back: what was written is kept when `settle` returns, or
        whatever else is asked next. Raises StoreLocked where another process keeps the store for itself for too long.
        """
        ...

    def settle(self) -> None:
        """Wait for what goes on behind the caller's back. Raises what went wrong there; nothing of it was kept then."""
        ...

    def reading(self) -> AbstractContextManager[None]:
        """All that is read inside is of one moment, whatever others write meanwhile."""
        ...

    def close(self) -> None: ...


def packed(text: str) -> bytes:
    """Text as it is kept: UTF-8, with lone surrogates as they are."""
    return text.encode("utf-8", "surrogatepass")


def unpacked(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def key_of(*texts: str) -> bytes:
    """16 bytes that stand for texts in keys and indexes, which take no value of any length."""
    key = blake2b(digest_size=16)
    for text in texts:
        data = packed(text)
        key.update(len(data).to_bytes(8, "little"))
        key.update(data)
    return key.digest()


def take_ids(connection: Connection, name: str, count: int) -> int:
    """Reserve ids of a sequence for good; returns the first. Call inside a transaction."""
    connection.execute("UPDATE counters SET value = value + ? WHERE name = ?", (count, name))
    ((after,),) = connection.fetch("SELECT value FROM counters WHERE name = ?", (name,))
    return int(after) - count


def among(connection: Connection, column: str, numbers: Collection[int] | None) -> tuple[str, Values]:
    """A WHERE clause for numbers, and its values; for None, one that lets all pass."""
    if numbers is None:
        return "", ()
    return f" WHERE {column} {connection.dialect.among}", (connection.dialect.listing(numbers),)


def among_keys(connection: Connection, column: str, keys: Collection[bytes]) -> tuple[str, Values]:
    """A WHERE clause for keys, and its values."""
    return f" WHERE {column} {connection.dialect.among_keys}", (connection.dialect.listing_keys(keys),)
