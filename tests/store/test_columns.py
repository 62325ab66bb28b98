"""Rows that are given by columns are the rows that would have been written one by one."""

from __future__ import annotations

import pytest
import sqlcipher3.dbapi2 as sqlite
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.store import column_packing, columns
from tocsin.store.columns import Blobs, Columns, Integers, Reals, Same
from tocsin.store.interface import StoreError
from tocsin.store.sqlite import SqliteConnection

TABLE = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, one REAL, other INTEGER NOT NULL, body BLOB NOT NULL, kind TEXT)"
)
times = st.one_of(
    st.none(),
    st.integers(-(2**40), 2**40).map(float),
    st.floats(0, 4e9),
    st.floats(allow_nan=False, allow_infinity=True),
)
integers = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 99)
row = st.tuples(times, integers, st.binary(max_size=5))


def connection_to(path: str = ":memory:") -> SqliteConnection:
    connection = SqliteConnection(
        sqlite.connect(path, isolation_level=None, check_same_thread=False), path or "memory"
    )
    connection.execute(TABLE)
    return connection


def columns_of(rows: list[tuple[float | None, int, bytes]], first: int) -> Columns:
    return {
        "id": Integers(range(first, first + len(rows))),
        "one": Reals([one for one, _, _ in rows]),
        "other": Integers([other for _, other, _ in rows]),
        "body": Blobs([body for _, _, body in rows]),
        "kind": Same("k"),
    }


@settings(max_examples=150, deadline=None)
@given(st.lists(row, min_size=1, max_size=8), st.integers(1, 2**40), st.booleans(), st.booleans())
def test_they_are_the_rows_of_an_ordinary_insert(
    some: list[tuple[float | None, int, bytes]], first: int, alike: bool, in_pieces: bool
) -> None:
    some = (some[:1] if alike else some) * column_packing.FEWEST
    given_columns = columns_of(some, first)
    connection = connection_to()
    with pytest.MonkeyPatch.context() as patch:
        if in_pieces:
            patch.setattr(column_packing, "_MOST_BYTES", 20)
        with connection.transaction():
            connection.insert_columns("t", lambda: given_columns)
    written = connection.fetch("SELECT id, one, other, body, kind FROM t ORDER BY id")
    assert written == list(columns.rows(given_columns))
    connection.close()


def test_most_mail_is_packed() -> None:
    given_columns = columns_of([(1.7e9 + place / 4, place % 3, b"x" * place) for place in range(100)], 5)
    made = column_packing.statements("t", given_columns)
    assert made is not None
    assert [len(values) > 3 for _, values in made] == [True]


def test_what_fails_behind_the_back_is_told_and_undone() -> None:
    connection = connection_to()
    twice = columns_of([(1.0, 1, b"x")] * 50, 1)

    def fail(later: str) -> None:
        with connection.transaction():
            connection.insert_columns("t", twice)
            connection.insert_columns("t", twice)
            connection.insert_columns("t", columns_of([(1.0, 1, b"x")] * 50, 500))
            connection.execute(later)

    for later in ("SELECT 1", "INSERT INTO t VALUES (900, 1, 1, x'', '')"):
        with pytest.raises(StoreError, match="UNIQUE"):
            fail(later)
        assert connection.fetch("SELECT COUNT(*) FROM t") == [(0,)]
    with connection.transaction():
        connection.insert_columns("t", twice)
    assert connection.fetch("SELECT COUNT(*) FROM t") == [(50,)]
    connection.close()


def test_a_last_step_that_fails_behind_the_back_is_told_and_undone() -> None:
    connection = connection_to()
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("CREATE TABLE c (id INTEGER REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)")
    with connection.transaction(behind=True):
        connection.execute("INSERT INTO c VALUES (77)")
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        connection.settle()
    assert connection.fetch("SELECT COUNT(*) FROM c") == [(0,)]
    with connection.transaction(behind=True):
        connection.insert_columns("t", columns_of([(1.0, 1, b"x")] * 50, 28))
        connection.execute("INSERT INTO c VALUES (77)")
    assert connection.fetch("SELECT COUNT(*) FROM c") == [(1,)]
    connection.close()
