"""An inverted index inside SQLite: 64-bit digests to the numbers of the mails that show them.

A table with a row for each pair costs a walk down a tree for each, at random places; here pairs are appended in sorted
runs and merged later, so that loading writes little more than a log does. Each `add` makes one segment: pairs in the
order of digests, cut into pages of one fixed size (a page of SQLite holds one of ours), and the first digest of each
page (the fences) beside it. Eight segments of one size class become one of the next. Where that gets large, it is cut
by ranges of digests (parts), each of which is merged by itself: no step needs much memory or makes a long transaction.

A segment is never changed once it is written, but by `remove`. A mail that shows other things than before is
`retire`d: its pairs in segments that are older than that no longer count, and go with the next merge. Segments take
their ids from a sequence, so that older ones have smaller ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.store.connection import Connection, among, take_ids

TABLES = """
CREATE TABLE segments (
  segment {integer} PRIMARY KEY, part {integer} NOT NULL, class {integer} NOT NULL, pairs {integer} NOT NULL,
  width {integer} NOT NULL, low {integer} NOT NULL, high {integer} NOT NULL, page {integer} NOT NULL,
  fences {bytes} NOT NULL);
CREATE INDEX segments_by_part ON segments (part, class);
CREATE TABLE pages (page {integer} PRIMARY KEY, body {bytes} NOT NULL);
CREATE TABLE retired (number {integer} PRIMARY KEY, since {integer} NOT NULL)
"""
COUNTERS = ("segments", "pages", "retired")

PAGE_BYTES = 3960  # what a page of SQLite (4096 bytes, 80 of them SQLCipher's) holds without going over
PARTS = 128
WHOLE = -1  # the part of a segment that is not cut
CUT_PAIRS = 1 << 18  # a whole segment of so many is cut
FAN = 8  # segments of one class that become one
MOST_AT_ONCE = 16
LARGEST_CLASS = 3  # of parts; merging these would take too much memory
MERGES_EACH = 8  # pairs merged for one that is added, at most
LEAST_MERGED = 1 << 17
ASKED_AT_ONCE = 500  # so that the pages read for them do not take much memory
RETIRED_MOST = 500_000  # more than this, and a quarter of all mails, are cleared out
FEW = 1_000  # numbers that are looked up one by one; for more, all retired ones between them are read
_NARROW = 1 << 32

Longs = NDArray[np.int64]
_Row = tuple[Any, ...]
_COLUMNS = ("segment", "part", "class", "pairs", "width", "low", "high", "page", "fences")
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM segments"


class Segments:
    """The index of one store. `add`, `retire` and `remove` are called inside a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, shown: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Note what mails show, each mail's digests at once; a digest may come twice."""
        mails = list(shown)
        lengths = [len(one) for _, one in mails]
        total = sum(lengths)
        if not total:
            return
        unsorted = np.fromiter(chain.from_iterable([one for _, one in mails]), np.int64, total)
        order = np.argsort(unsorted, kind="stable")
        digests = unsorted[order]
        owners = np.fromiter([number for number, _ in mails], np.int64, len(mails))
        numbers = np.repeat(owners, lengths)[order]
        fresh = np.ones(total, dtype=np.bool_)  # stable: a pair that comes twice stands side by side
        fresh[1:] = (digests[1:] != digests[:-1]) | (numbers[1:] != numbers[:-1])
        self._write(WHOLE, digests[fresh], numbers[fresh])
        self._merge_whole()
        self._merge_parts(max(LEAST_MERGED, MERGES_EACH * total))

    def find(self, digests: Collection[int]) -> Iterator[tuple[int, int]]:
        """Pairs of digest and number, in any order."""
        wanted = np.unique(np.fromiter(digests, np.int64, len(digests)))
        for start in range(0, len(wanted), ASKED_AT_ONCE):
            with self._connection.reading():
                found = list(self._find(wanted[start : start + ASKED_AT_ONCE]))
            for one, numbers in found:
                yield from zip(one.tolist(), numbers.tolist(), strict=True)

    def retire(self, numbers: Collection[int]) -> None:
        """Forget what mails have shown so far."""
        since = take_ids(self._connection, "segments", 1)
        self._connection.executemany(
            "INSERT INTO retired (number, since) VALUES (?, ?)"
            " ON CONFLICT (number) DO UPDATE SET since = excluded.since",
            [(number, since) for number in numbers],
        )
        retired = take_ids(self._connection, "retired", len(numbers)) + len(numbers)
        ((mails,),) = self._connection.fetch("SELECT value FROM counters WHERE name = 'mails'")
        if retired > max(RETIRED_MOST, mails // 4):
            self._clear_out()

    def remove(self, numbers: Collection[int]) -> None:
        """Leave nothing of these mails in any segment, retired or not; reads the whole index."""
        if not numbers:
            return
        gone = np.unique(np.fromiter(numbers, np.int64, len(numbers)))
        sql = "SELECT segment FROM segments WHERE low <= ? AND high >= ?"
        for (segment,) in self._connection.fetch(sql, (int(gone[-1]), int(gone[0]))):
            self._rewrite(segment, gone)
        clause, values = among(self._connection, "number", numbers)
        self._connection.execute(f"DELETE FROM retired{clause}", values)

    def pairs(self) -> Iterator[tuple[Longs, Longs]]:
        """All pairs, digests and numbers side by side, segment by segment; retired ones as well."""
        with self._connection.reading():
            for (segment,) in self._connection.fetch("SELECT segment FROM segments"):
                yield self._read(self._connection.fetch(f"{_SELECT} WHERE segment = ?", (segment,))[0])

    # Asking ---------------------------------------------------------------------------------------------

    def _find(self, wanted: Longs) -> Iterator[tuple[Longs, Longs]]:
        """Digests and numbers, side by side, for digests in ascending order."""
        cuts = _cuts(wanted)
        asked = {part: (cuts[part], cuts[part + 1]) for part in range(PARTS) if cuts[part] < cuts[part + 1]}
        asked[WHOLE] = (0, len(wanted))
        clause, values = among(self._connection, "part", asked)
        looks: list[tuple[_Row, Longs, Longs]] = []
        pages: list[Longs] = []
        for row in self._connection.fetch(_SELECT + clause, values):
            start, end = asked[row[1]]
            mine = wanted[start:end]
            places = _pages_for(np.frombuffer(row[8], "<i8"), mine)
            if len(places):
                looks.append((row, mine, places))
                pages.append(places + row[7])
        if not looks:
            return
        bodies = self._bodies(np.concatenate(pages))
        for row, mine, places in looks:
            first = row[7]
            digests, numbers = _unpacked([bodies[first + place] for place in places.tolist()], row[4])
            low, high = np.searchsorted(digests, mine), np.searchsorted(digests, mine, "right")
            hit = np.flatnonzero(high > low)
            if len(hit):
                at = np.concatenate([np.arange(low[one], high[one]) for one in hit])
                yield self._valid(row[0], digests[at], numbers[at])

    def _bodies(self, pages: Longs) -> dict[int, bytes]:
        clause, values = among(self._connection, "page", pages.tolist())
        return dict(self._connection.fetch(f"SELECT page, body FROM pages{clause}", values))

    def _valid(self, segment: int, digests: Longs, numbers: Longs) -> tuple[Longs, Longs]:
        """Those pairs of a segment that no later `retire` took back."""
        if not len(numbers) or not self._connection.fetch("SELECT 1 FROM retired LIMIT 1"):
            return digests, numbers
        if len(numbers) > FEW:
            clause, values = " WHERE number BETWEEN ? AND ?", (int(numbers.min()), int(numbers.max()))
        else:
            clause, values = among(self._connection, "number", numbers.tolist())
        stale = self._connection.fetch(
            f"SELECT number FROM retired{clause} AND since > ?", (*values, segment)
        )
        if not stale:
            return digests, numbers
        kept = ~np.isin(numbers, [number for (number,) in stale])
        return digests[kept], numbers[kept]

    # Merging --------------------------------------------------------------------------------------------

    def _merge_whole(self) -> None:
        """Merge whole segments as long as there are enough of one class; cut what gets large."""
        sql = "SELECT class FROM segments WHERE part = ? GROUP BY class HAVING COUNT(*) >= ? ORDER BY class LIMIT 1"
        while full := self._connection.fetch(sql, (WHOLE, FAN)):
            digests, numbers = self._take(WHOLE, full[0][0])
            if len(digests) < CUT_PAIRS:
                self._write(WHOLE, digests, numbers)
                continue
            cuts = _cuts(digests)
            for part in range(PARTS):
                mine = slice(cuts[part], cuts[part + 1])
                self._write(part, digests[mine], numbers[mine])

    def _merge_parts(self, budget: int) -> None:
        """Merge parts that have enough segments of one class, until so many pairs were moved."""
        sql = (
            "SELECT part, class FROM segments WHERE part >= 0 AND class <= ? GROUP BY part, class"
            " HAVING COUNT(*) >= ? ORDER BY COUNT(*) DESC"
        )
        for part, size in self._connection.fetch(sql, (LARGEST_CLASS, FAN)):
            if budget <= 0:
                return
            digests, numbers = self._take(part, size)
            self._write(part, digests, numbers)
            budget -= len(digests)

    def _take(self, part: int, size: int) -> tuple[Longs, Longs]:
        """The pairs of segments of one class, in order, out of the store."""
        sql = f"{_SELECT} WHERE part = ? AND class = ? ORDER BY segment LIMIT ?"
        read = []
        for row in self._connection.fetch(sql, (part, size, MOST_AT_ONCE)):
            read.append(self._valid(row[0], *self._read(row)))
            self._drop(row)
        digests = np.concatenate([one for one, _ in read])
        numbers = np.concatenate([one for _, one in read])
        del read
        order = np.argsort(digests, kind="stable")  # finds the runs that are in order already
        return digests[order], numbers[order]

    # Pages ----------------------------------------------------------------------------------------------

    def _read(self, row: _Row) -> tuple[Longs, Longs]:
        first, count = row[7], len(row[8]) // 8
        sql = "SELECT body FROM pages WHERE page >= ? AND page < ? ORDER BY page"
        bodies = [body for (body,) in self._connection.fetch(sql, (first, first + count))]
        return _unpacked(bodies, row[4])

    def _drop(self, row: _Row) -> None:
        first, count = row[7], len(row[8]) // 8
        self._connection.execute("DELETE FROM pages WHERE page >= ? AND page < ?", (first, first + count))
        self._connection.execute("DELETE FROM segments WHERE segment = ?", (row[0],))

    def _write(self, part: int, digests: Longs, numbers: Longs) -> None:
        """Make a segment of pairs in order."""
        if not len(digests):
            return
        low, high = int(numbers.min()), int(numbers.max())
        width = 4 if high < _NARROW else 8
        each = PAGE_BYTES // (8 + width)
        bodies = _packed(digests, numbers, width)
        segment = take_ids(self._connection, "segments", 1)
        page = take_ids(self._connection, "pages", len(bodies))
        self._connection.insert("pages", ("page", "body"), enumerate(bodies, start=page))
        fences = digests[::each].astype("<i8").tobytes()
        size = _class(len(digests), part)
        row = (segment, part, size, len(digests), width, low, high, page, fences)
        self._connection.insert("segments", _COLUMNS, [row])

    def _rewrite(self, segment: int, gone: Longs) -> None:
        """Write a segment anew without some mails, if it has them."""
        (row,) = self._connection.fetch(f"{_SELECT} WHERE segment = ?", (segment,))
        digests, numbers = self._read(row)
        kept = ~np.isin(numbers, gone)
        if kept.all():
            return
        self._drop(row)
        self._write(row[1], *self._valid(segment, digests[kept], numbers[kept]))

    def _clear_out(self) -> None:
        """Write anew what has pairs of retired mails, and forget that they were."""
        ((low, high, since),) = self._connection.fetch(
            "SELECT MIN(number), MAX(number), MAX(since) FROM retired"
        )
        sql = f"{_SELECT} WHERE segment = ?"
        older = "SELECT segment FROM segments WHERE segment < ? AND low <= ? AND high >= ?"
        for (segment,) in self._connection.fetch(older, (since, high, low)):
            (row,) = self._connection.fetch(sql, (segment,))
            pairs = self._read(row)
            valid = self._valid(segment, *pairs)
            if len(valid[0]) < len(pairs[0]):
                self._drop(row)
                self._write(row[1], *valid)
        self._connection.execute("DELETE FROM retired")
        self._connection.execute("UPDATE counters SET value = 1 WHERE name = 'retired'")


def _cuts(digests: Longs) -> list[int]:
    """Where each part begins among digests in order, and where the last one ends."""
    step = (1 << 64) // PARTS
    starts = np.array([part * step - (1 << 63) for part in range(PARTS)], dtype=np.int64)
    return [*np.searchsorted(digests, starts).tolist(), len(digests)]


def _class(pairs: int, part: int) -> int:
    """The size class of a segment: FAN times more pairs are one more."""
    size = 0
    limit = FAN if part == WHOLE else max(1, 12 * CUT_PAIRS // PARTS)
    while pairs >= limit:
        size, limit = size + 1, limit * FAN
    return size


def _pages_for(fences: Longs, wanted: Longs) -> Longs:
    """The pages, counted from 0, that may hold one of these digests, in order."""
    first = np.maximum(np.searchsorted(fences, wanted) - 1, 0)  # one before, where the digest may begin
    last = np.searchsorted(fences, wanted, "right") - 1
    single = first[first == last]
    across = first < last
    several = [
        np.arange(one, other + 1)
        for one, other in zip(first[across].tolist(), last[across].tolist(), strict=True)
    ]
    return np.unique(np.concatenate([single, *several]))


def _packed(digests: Longs, numbers: Longs, width: int) -> list[bytes]:
    """Pages of pairs: the digests of a page, then its numbers."""
    each = PAGE_BYTES // (8 + width)
    full = len(digests) // each
    grid = np.empty((full, each * (8 + width)), dtype=np.uint8)
    thin = numbers.astype(f"<u{width}")
    grid[:, : each * 8] = digests[: full * each].astype("<i8").view(np.uint8).reshape(full, each * 8)
    grid[:, each * 8 :] = thin[: full * each].view(np.uint8).reshape(full, each * width)
    bodies = [row.tobytes() for row in grid]
    if full * each < len(digests):
        bodies.append(digests[full * each :].astype("<i8").tobytes() + thin[full * each :].tobytes())
    return bodies


def _unpacked(bodies: Sequence[bytes], width: int) -> tuple[Longs, Longs]:
    """The pairs of pages of one segment; only its last page may be shorter than the others."""
    each = PAGE_BYTES // (8 + width)
    size = each * (8 + width)
    last = bodies[-1] if len(bodies[-1]) < size else b""
    full = bodies[:-1] if last else bodies
    grid = np.frombuffer(b"".join(full), np.uint8).reshape(len(full), size)
    count = len(last) // (8 + width)
    digests = np.concatenate(
        [
            np.ascontiguousarray(grid[:, : each * 8]).view("<i8").ravel(),
            np.frombuffer(last[: count * 8], "<i8"),
        ]
    )
    numbers = np.concatenate(
        [
            np.ascontiguousarray(grid[:, each * 8 :]).view(f"<u{width}").ravel(),
            np.frombuffer(last[count * 8 :], f"<u{width}"),
        ]
    )
    return digests, numbers.astype(np.int64)
