"""New rows of a table, given column by column, so that a database may take them in the way that is fastest for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

Values = tuple[Any, ...]


@dataclass(frozen=True)
class Same:
    """One value for all rows."""

    value: Any


@dataclass(frozen=True)
class Integers:
    values: Sequence[int]


@dataclass(frozen=True)
class Reals:
    values: Sequence[float | None]


@dataclass(frozen=True)
class Blobs:
    values: Sequence[bytes]


Column = Same | Integers | Reals | Blobs
Columns = Mapping[str, Column]
ColumnsOrLater = Columns | Callable[[], Columns]  # what is called is asked once, perhaps by another thread


def rows(columns: Columns) -> Iterator[Values]:
    """The rows one by one."""
    return zip(
        *(repeat(one.value) if isinstance(one, Same) else one.values for one in columns.values()),
        strict=False,
    )
