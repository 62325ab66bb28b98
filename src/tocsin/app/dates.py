"""Reads the operator's file of registration days; every mistake in it is said with its line."""

from __future__ import annotations

import csv
import datetime
import re
from pathlib import Path

MAX_BYTES = 256 * 1024 * 1024
_EPOCH = datetime.date(1970, 1, 1)
_FIRST = datetime.date(1985, 1, 1)  # symbolics.com, the oldest name under .com, is of March 1985
_EXPECTED = "expected domain,registered with a day such as 2021-01-31"
_DOMAIN = re.compile(
    r"(?=.{3,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])"
)


class DatesError(ValueError):
    """The file cannot be used; the message names file, line and what was expected."""


def load_dates(path: Path) -> dict[str, int]:
    """Days since 1970-01-01 (UTC) on which domains were registered, by domain in lower-case ASCII.

    The file is CSV in UTF-8: `domain,registered`, ISO 8601 days or times. A first line of headings, empty lines and
    lines that start with # are passed over; of two days for one domain the later counts, since a domain that lapsed and
    was bought again is as old as its last owner. Raises DatesError.
    """
    try:
        with path.open("rb") as file:  # bounded: a device named by mistake has no end
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DatesError(
            f"{path}: cannot be read ({error.strerror}); check the path given to --dates"
        ) from error
    if len(data) > MAX_BYTES:
        raise DatesError(
            f"{path}: is larger than {MAX_BYTES // 1024**2} MiB; check the path given to --dates"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatesError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    return parse_dates(text, str(path))


def parse_dates(text: str, source: str = "dates.csv") -> dict[str, int]:
    """The days written in this text, as `load_dates` gives them; `source` is named in errors. Raises DatesError."""
    found: dict[str, int] = {}
    first = True
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        heading, first = first, False
        if heading and cells[0].lower() == "domain":
            continue
        place = f"{source}, line {number}"
        if len(cells) < 2 or any(cells[2:]):
            raise DatesError(f"{place}: has {len(cells)} cells; {_EXPECTED}")
        domain = _domain(cells[0], place)
        found[domain] = max(_day(cells[1], place), found.get(domain, -(10**9)))
    return found


def _domain(cell: str, place: str) -> str:
    try:
        domain = cell.rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if _DOMAIN.fullmatch(domain) is None:
        raise DatesError(f"{place}: {cell[:100]!r} is not a domain; {_EXPECTED}")
    return domain


def _day(cell: str, place: str) -> int:
    try:  # registries give times ("2021-01-31T09:00:00Z"), people write days
        day = datetime.date.fromisoformat(cell[:10])
    except ValueError:
        raise DatesError(f"{place}: {cell[:100]!r} is not a day; {_EXPECTED}") from None
    if cell[10:] and cell[10] not in "T ":
        raise DatesError(f"{place}: {cell[:100]!r} is not a day; {_EXPECTED}")
    if day < _FIRST:
        raise DatesError(f"{place}: {cell[:100]!r} lies before there were domains; {_EXPECTED}")
    return (day - _EPOCH).days
