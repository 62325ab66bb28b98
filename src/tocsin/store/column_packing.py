"""Many new rows as one statement: what a table takes, column by column, in values that SQLite cuts into rows itself.

A row that Python hands over costs more than a row that is written: each of its values is bound by itself, and the
interpreter is locked and unlocked for each row. Here the values of a column lie side by side in one blob; numbers, and
where each value begins and ends, are digits of a fixed width. One statement then writes all rows, and the interpreter
is free meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.store.columns import Blobs, Column, Columns, Integers, Reals, Same, Values

FEWEST = 32  # rows that are worth it
_MOST_BYTES = 1 << 24  # of one statement's values, unless a single row has more
_BINARY = 1 << 22  # times of this century are whole multiples of 1 / _BINARY seconds as floats
_LARGEST = 1 << 60

Longs = NDArray[np.int64]


def statements(table: str, columns: Columns) -> list[tuple[str, Values]] | None:
    """Statements that insert all rows and the values to bind; None where that is not worth it or would lose a digit."""
    count = min(len(one.values) for one in columns.values() if not isinstance(one, Same))
    if count < FEWEST:
        return None
    made = []
    for first, last in _pieces(columns, count):
        packing = _Packing(last - first)
        for column in columns.values():
            if not packing.add(column, first, last):
                return None
        made.append(packing.statement(table, tuple(columns)))
    return made


def _pieces(columns: Columns, count: int) -> list[tuple[int, int]]:
    """Ranges of rows whose values are not too large to be bound at once."""
    sizes = np.zeros(count, np.int64)
    for one in columns.values():
        if isinstance(one, Blobs):
            sizes += _lengths(one.values)
    piece = np.cumsum(sizes) // _MOST_BYTES
    starts = [0, *(np.flatnonzero(np.diff(piece)) + 1).tolist(), count]
    return [(start, end) for start, end in pairwise(starts) if start < end]


def _lengths(values: Sequence[bytes]) -> Longs:
    return np.fromiter(map(len, values), np.int64, len(values))


class _Packing:
    """One statement in the making. Its first three values are the digits, their width in a row, and the last row."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._digits: list[NDArray[np.uint8]] = []
        self._width = 0
        self._bound: list[Any] = []
        self._terms: list[str] = []

    def add(self, column: Column, first: int, last: int) -> bool:
        """Go on with the next column; False where it cannot be packed without loss."""
        if isinstance(column, Same):
            term: str | None = self._bind(column.value)
        elif isinstance(column, Integers):
            term = self._integer(np.fromiter(column.values[first:last], np.int64, self._count))
        elif isinstance(column, Reals):
            term = self._real(column.values[first:last])
        else:
            term = self._blob(column.values[first:last])
        if term is not None:
            self._terms.append(term)
        return term is not None

    def statement(self, table: str, names: Sequence[str]) -> tuple[str, Values]:
        sql = (
            "WITH RECURSIVE rows (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM rows WHERE i < ?3)"
            f" INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(self._terms)} FROM rows"
        )
        digits = np.hstack(self._digits).tobytes() if self._digits else b"0"
        return sql, (digits, self._width, self._count - 1, *self._bound)

    def _bind(self, value: Any) -> str:
        self._bound.append(value)
        return f"?{len(self._bound) + 3}"

    def _integer(self, values: Longs) -> str | None:
        low, high = int(values.min()), int(values.max())
        if low == high:
            return self._bind(low)
        if high - low == self._count - 1 and bool((np.diff(values) == 1).all()):
            return f"({self._bind(low)} + i)"
        if high - low > _LARGEST:
            return None
        width = len(str(high - low))
        grid = np.empty((self._count, width), np.uint8)
        rest = values - low
        for place in range(width - 1, -1, -1):
            rest, digit = np.divmod(rest, 10)
            grid[:, place] = digit + ord("0")
        at = self._width + 1
        self._digits.append(grid)
        self._width += width
        return f"({self._bind(low)} + CAST(substr(?1, i * ?2 + {at}, {width}) AS INTEGER))"

    def _real(self, values: Sequence[float | None]) -> str | None:
        with np.errstate(over="ignore"):
            given = np.array(values, np.float64) * _BINARY  # None becomes NaN
        missing = np.isnan(given)
        if bool(missing.all()):
            return "NULL"
        given[missing] = given[~missing][0]
        if not bool((np.abs(given) < _LARGEST).all() and (given == np.rint(given)).all()):
            return None
        whole = given.astype(np.int64)
        none = int(whole.max()) + 1
        whole[missing] = none
        term = self._integer(whole)
        if term is not None and bool(missing.any()):
            term = f"NULLIF({term}, {self._bind(none)})"
        return term and f"CAST({term} AS REAL) / {_BINARY}.0"

    def _blob(self, values: Sequence[bytes]) -> str:
        lengths = _lengths(values)
        data = self._bind(b"".join(values) + b"\0")  # of a blob without a byte, a piece would be NULL
        length = self._integer(lengths)
        if int(lengths.min()) == int(lengths.max()):
            return f"substr({data}, i * {length} + 1, {length})"
        ends = np.cumsum(lengths)
        start = self._integer(ends - lengths)
        return f"substr({data}, {start} + 1, {length})"
