"""Indicators as a table, one value a row (`exchange.csv_in` reads it back)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from tocsin.mail.plain_json import UNSEEN
from tocsin.model.intel import Combination, Comparison, Indicator, Pattern
from tocsin.model.sharing import Left, Sharing

COLUMNS = (
    "type",
    "value",
    "valid_from",
    "valid_until",
    "confidence",
    "tlp",
    "pap",
    "grade",
    "name",
    "comment",
    "names",
    "created",
    "modified",
    "revoked",
    "id",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheet programs would run
# Where a program of another language splits a cell, though it stands in quotes: the next one would be a formula.
_GAP = re.compile(r"(?<![;\s])[;\s]++(?=[\"']*+[=+\-@])")


class _Lines:
    """What the writer of tables writes to."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, line: str) -> None:
        self.written.append(line)


def csv_table(sharing: Sharing) -> tuple[bytes, tuple[Left, ...]]:
    """All indicators of the export as UTF-8, and what a table cannot say."""
    lines = _Lines()
    table = csv.writer(lines, lineterminator="\r\n")
    table.writerow(COLUMNS)
    unsaid = split = formulas = hidden = 0
    own = tuple(one for shared in sharing.campaigns for one in shared.indicators)
    for one in (*own, *sharing.indicators):
        values = list(_values(one.pattern))
        unsaid += not values
        split += len(values) > 1
        for number, (kind, value) in enumerate(values):
            row = _row(one, kind, value, one.id if len(values) == 1 else f"{one.id} {number + 1}", sharing)
            if any(_runs(cell) for cell in row):
                formulas += 1
            elif UNSEEN.search(value):
                hidden += 1
            else:
                table.writerow(row)
    left = (
        Left("indicators", "a table holds values, no patterns such as AND, LIKE or MATCHES", unsaid),
        Left("indicators with several values", "each value is a row with an id of its own", split),
        Left("values", "they begin as a formula does, which spreadsheet programs run", formulas),
        Left(
            "values", "they hold characters that cannot be seen, and a table has no escapes for them", hidden
        ),
        Left("campaigns and what was observed", "a table holds indicators alone", len(sharing.campaigns)),
    )
    return "".join(lines.written).encode("utf-8"), tuple(one for one in left if one.count)


def _values(pattern: Pattern) -> Iterator[tuple[str, str]]:
    """Type and value of each row that says a pattern; none where rows cannot."""
    if isinstance(pattern, Combination):
        parts = [list(_values(part)) for part in pattern.parts]
        if pattern.operator == "or" and all(parts):
            for part in parts:
                yield from part
    elif not pattern.negated and pattern.operator in ("=", "in", "under", "cidr"):
        for value in pattern.values:
            yield _type(pattern), value


def _type(leaf: Comparison) -> str:
    if leaf.operator == "under":
        return "domain"
    return "cidr" if leaf.operator == "cidr" else leaf.kind


def _row(one: Indicator, kind: str, value: str, id_: str, sharing: Sharing) -> list[str]:
    return [
        kind,
        value,
        _moment(one.valid_from_s),
        _moment(one.valid_until_s),
        "" if one.confidence is None else str(one.confidence),
        one.tlp or (sharing.tlp if one.source == "tocsin" else ""),
        one.pap,
        one.grade,
        _words(f"EXERCISE {one.name}" if sharing.exercise else one.name),
        _words(one.description),
        ";".join(_words(name.replace(";", ",")) for name in one.names),
        _moment(one.created_s),
        _moment(one.modified_s),
        "true" if one.revoked else "",
        id_,
    ]


def _words(text: str) -> str:
    """Words about an indicator: nothing hidden, nothing that begins a formula where a program splits them."""
    return UNSEEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", _GAP.sub(_joined, text))


def _joined(gap: re.Match[str]) -> str:
    return ", " if _parts(gap[0]) else gap[0]


def _parts(gap: str) -> bool:
    return any(mark in gap for mark in ";\t\r\n")


def _runs(cell: str) -> bool:
    """Whether a cell, or a part of it, begins as a formula does."""
    return cell.startswith(_FORMULA) or any(_parts(gap[0]) for gap in _GAP.finditer(cell))


def _moment(time_s: float | None) -> str:
    return "" if time_s is None else datetime.fromtimestamp(time_s, UTC).isoformat(timespec="milliseconds")
