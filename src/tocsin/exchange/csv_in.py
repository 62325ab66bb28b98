"""Tables with a header, in any order of columns, as indicators.

Columns are known by the names that MISP, OTX, AbuseIPDB, abuse.ch and our own export give them. Our own are type,
value, valid_from, valid_until, confidence, tlp, pap, grade, name, comment, and id, names, created, modified, revoked.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import msgspec

from tocsin.exchange.entries import (
    Entry,
    LeftOut,
    UnreadableIntel,
    confidence_of,
    grade_of,
    lines_of,
    pap_of,
    quoted,
    time_of,
    tlp_of,
)
from tocsin.exchange.lists_in import bare_value
from tocsin.model.intel import Indicator, NotUnderstood

DELIMITERS = ",;\t|"
_FIELD_LIMIT = 1024 * 1024  # characters of one cell
_HEADER_LINES = 100  # within which a header must stand

# Names of columns without anything but letters and digits, by what they hold.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "value": ("value", "indicator", "indicatorvalue", "ioc", "iocvalue", "observable", "pattern", "entry"),
    "type": ("type", "indicatortype", "ioctype", "observabletype", "kind"),
    "from": ("validfrom", "firstseen", "firstseenutc", "dateadded", "verificationtime"),
    "until": ("validuntil", "expires", "expiration", "expirationdate"),
    "created": ("created", "date", "createdat"),
    "modified": ("modified", "timestamp", "updated"),
    "confidence": ("confidence", "confidencelevel", "abuseconfidencescore"),
    "tlp": ("tlp",),
    "pap": ("pap",),
    "grade": ("grade", "admiralty"),
    "name": ("name", "title"),
    "comment": ("comment", "description", "threat", "notes"),
    "names": ("names", "actor", "threatactor", "campaign", "malware", "malwareprintable"),
    "id": ("id", "uuid"),
    "revoked": ("revoked",),
    "toids": ("toids",),
    "tags": ("attributetag", "tags", "tag"),
}
_BY_NAME = {name: field for field, names in _COLUMNS.items() for name in names}

# Columns that are named after what they hold; each cell is an indicator of its own.
_TYPED = {
    "url": "url",
    "domain": "domain",
    "domainname": "domain",
    "host": "host",
    "hostname": "host",
    "fqdn": "host",
    "ip": "ip",
    "ipaddress": "ip",
    "dstip": "ip",
    "srcip": "ip",
    "cidr": "cidr",
    "email": "address",
    "emailaddress": "address",
    "address": "address",
    "sender": "address",
    "md5": "hash",
    "md5hash": "hash",
    "sha1": "hash",
    "sha1hash": "hash",
    "sha256": "hash",
    "sha256hash": "hash",
    "subject": "subject",
}

# Words of a type column, without anything but letters and digits.
_TYPES = {
    **_TYPED,
    "uri": "path",
    "path": "path",
    "link": "url",
    "network": "cidr",
    "ipv4": "ip",
    "ipv6": "ip",
    "ipv4addr": "ip",
    "ipv6addr": "ip",
    "ipv4cidr": "cidr",
    "ipsrc": "ip",
    "ipdst": "ip",
    "ipport": "ip",
    "ipsrcport": "ip",
    "ipdstport": "ip",
    "hostnameport": "host",
    "emailaddr": "address",
    "emailsrc": "address",
    "emailreplyto": "address",
    "emailsubject": "subject",
    "mailer": "mailer",
    "emailxmailer": "mailer",
    "template": "template",
    "token": "token",
    "hash": "hash",
    "filehash": "hash",
    "filehashmd5": "hash",
    "filehashsha1": "hash",
    "filehashsha256": "hash",
}
_NOT_PLAIN = re.compile(r"[^a-z0-9]")


class Header(msgspec.Struct, frozen=True):
    """Where the columns of a table are: `fields` by what they hold, `typed` as pairs of column and term."""

    delimiter: str
    fields: dict[str, int]
    typed: tuple[tuple[int, str], ...]
    left_out: tuple[str, ...]


def find_header(data: bytes) -> tuple[Header, int] | None:
    """The header of a table, and how many lines stand before its rows; None where there is none.

    It is the first line that names a column of values, or the last such comment before the rows.
    """
    found: tuple[Header, int] | None = None
    for number, line in enumerate(lines_of(data[:_FIELD_LIMIT]), 1):
        if number > _HEADER_LINES:
            break
        line = line.strip()
        if not line:
            continue
        header = _header(line.lstrip("#").strip())
        if header is not None:
            found = header, number
        if not line.startswith("#"):
            return found
    return found


def read_csv(data: bytes, source: str, place: str) -> Iterator[Entry]:
    """Indicators of a table, each row one, or one a filled cell where columns are named after types.

    Raises UnreadableIntel where no column of values can be found.
    """
    found = find_header(data)
    if found is None:
        names = "value, indicator, url, domain, host, ip, email or sha256"
        raise UnreadableIntel(
            f"{place}: has no header that names a column of values; expected one such as {names}"
        )
    header, before = found
    for name in header.left_out:
        yield LeftOut(f"column {name}")
    lines = lines_of(data)
    for _ in range(before):
        next(lines)
    csv.field_size_limit(_FIELD_LIMIT)
    rows = csv.reader(
        (line for line in lines if not line.startswith("#")),
        delimiter=header.delimiter,
        skipinitialspace=True,
    )
    made = _Rows(header, source)
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield NotUnderstood("", f"{place}, row {number}", f"the row cannot be read ({error})")
            continue
        if any(map(str.strip, row)):
            yield from made.entries(row, f"{place}, row {number}")


def _header(line: str) -> Header | None:
    if len(line) > 10_000:
        return None
    delimiter = max(DELIMITERS, key=line.count)
    try:
        cells = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
    except (csv.Error, StopIteration):
        return None
    fields: dict[str, int] = {}
    typed: list[tuple[int, str]] = []
    left_out: list[str] = []
    for place, cell in enumerate(cells):
        name = _NOT_PLAIN.sub("", cell.lower())
        field = _BY_NAME.get(name)
        if field is not None and field not in fields:
            fields[field] = place
        elif name in _TYPED:
            typed.append((place, _TYPED[name]))
        elif cell.strip():
            left_out.append(quoted(cell.strip())[:60])
    if "value" not in fields and not typed:
        return None
    if len(cells) == 1 and "value" in fields and cells[0].strip().lower() != "value":
        return None if "." in cells[0] else Header(delimiter, fields, (), ())
    return Header(delimiter, fields, () if "value" in fields else tuple(typed), tuple(left_out[:50]))


class _Rows:
    """Rows of one table as entries; what the header says is looked up once, for feeds have a million rows."""

    def __init__(self, header: Header, source: str) -> None:
        self._source = source
        self._delimiter = header.delimiter
        self._fields = header.fields
        self._value = header.fields.get("value", -1)
        self._typed = header.typed
        # Columns that say more of an indicator than its value, in this table.
        self._said = tuple((place, *_SAID[field]) for field, place in header.fields.items() if field in _SAID)
        self._tags = header.fields.get("tags", -1)
        self._id = header.fields.get("id", -1)

    def entries(self, row: list[str], where: str) -> Iterator[Entry]:
        """What one row gives."""
        if "toids" in self._fields and self._cell(row, "toids").lower() in ("0", "false", "no"):
            yield LeftOut("row without to_ids")
            return
        told = self._cell(row, "type")
        values = (
            [(self._cell(row, "value"), told)]
            if self._value >= 0
            else [(row[place].strip(), kind) for place, kind in self._typed if place < len(row)]
        )
        filled = [(value, kind) for value, kind in values if value]
        if not filled:
            yield NotUnderstood(quoted(self._delimiter.join(row)), where, "the row has no value")
        for value, kind in filled:
            term = _term_of(kind)
            if kind and not term:
                yield NotUnderstood(
                    quoted(value), where, f"type {quoted(kind)[:60]}: is nothing that a mail shows"
                )
                continue
            entry = bare_value(value, self._source, where, kind=term)
            if isinstance(entry, NotUnderstood):
                yield entry
                continue
            yield self._filled(entry, row, alone=len(filled) == 1)

    def _cell(self, row: list[str], field: str) -> str:
        place = self._fields.get(field, -1)
        return row[place].strip() if 0 <= place < len(row) else ""

    def _filled(self, entry: Indicator, row: list[str], *, alone: bool) -> Indicator:
        """An indicator with what the other cells of its row say."""
        said: dict[str, Any] = {}
        width = len(row)
        for place, name, read in self._said:
            if place < width and (text := row[place].strip()):
                said[name] = read(text)
        if self._tags >= 0:
            tags = [tag.strip() for tag in re.split(r"[,;|]", self._cell(row, "tags"))]
            said["tlp"] = said.get("tlp") or next(
                (tlp_of(tag) for tag in tags if tag[:4].upper() == "TLP:"), ""
            )
            said["pap"] = said.get("pap") or next(
                (pap_of(tag) for tag in tags if tag[:4].upper() == "PAP:"), ""
            )
        if (
            alone and self._id >= 0 and len(id := self._cell(row, "id")) > 15
        ):  # short ones count rows of one file
            said["id"] = quoted(id)
        return msgspec.structs.replace(entry, **said) if said else entry


def _names(text: str) -> tuple[str, ...]:
    return tuple(quoted(name.strip()) for name in re.split(r"[;|]", text) if name.strip())[:20]


def _yes(text: str) -> bool:
    return text.lower() in ("1", "true", "yes")


# What a column says of an indicator: its attribute, and how the cell is read.
_SAID: dict[str, tuple[str, Callable[[str], Any]]] = {
    "name": ("name", quoted),
    "comment": ("description", quoted),
    "from": ("valid_from_s", time_of),
    "until": ("valid_until_s", time_of),
    "confidence": ("confidence", confidence_of),
    "grade": ("grade", grade_of),
    "tlp": ("tlp", lru_cache(maxsize=64)(tlp_of)),
    "pap": ("pap", lru_cache(maxsize=64)(pap_of)),
    "names": ("names", _names),
    "revoked": ("revoked", _yes),
    "created": ("created_s", time_of),
    "modified": ("modified_s", time_of),
}


@lru_cache(maxsize=256)
def _term_of(kind: str) -> str:
    """The term that a word of a type column means, "" for none."""
    return _TYPES.get(_NOT_PLAIN.sub("", kind.lower()), "")
