"""Reads people from tables (CSV) and address books (vCard 2.1 to 4.0): bounded, nothing in them is run or fetched."""

from __future__ import annotations

import csv
import io
import quopri
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tocsin.app.people_contacts import WAYS
from tocsin.app.people_fields import PeopleError
from tocsin.app.people_writing import Newcomer
from tocsin.model.people import Contact, Owner, Way

MAX_BYTES = 16 * 1024 * 1024
_MOST_PEOPLE = 100_000
_LONGEST = 1_000
_MOST_VALUES = 50
COLUMNS = (
    "name", "addresses", "private", "unpublished", "organisation", "sector", "country", "languages", "topics",
    "roles", "groups", *WAYS, "mandate", "consent", "retention_days",
)  # fmt: skip
# What tables of other programs call these columns.
_ALSO = {
    "email": "addresses", "e-mail": "addresses", "mail address": "addresses", "address": "addresses",
    "full name": "name", "organization": "organisation", "company": "organisation", "language": "languages",
    "phone": "telephone", "mobile": "telephone", "role": "roles", "group": "groups", "topic": "topics",
}  # fmt: skip
_SEPARATOR = re.compile(r"[;|\n]")
_FOLDED = re.compile(r"\r?\n[ \t]")
_SOFT = re.compile(r"=\r?\n")


def read_import(path: Path) -> tuple[Newcomer, ...]:
    """The people of a CSV or vCard file, told apart by what it holds. Raises PeopleError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PeopleError(f"{path}: cannot be read ({error.strerror})") from error
    if len(data) > MAX_BYTES:
        raise PeopleError(f"{path}: has more than {MAX_BYTES // 1024**2} MiB; split it")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise PeopleError(f"{path}: is UTF-16; save it as UTF-8 (in Excel: “CSV UTF-8”)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PeopleError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    if "\0" in text:
        raise PeopleError(f"{path}: holds zero bytes, so it is neither a table nor an address book")
    cards = text.lstrip()[:12].upper().startswith("BEGIN:VCARD")
    found = tuple(_cards(text, path) if cards else _table(text, path))
    if len(found) > _MOST_PEOPLE:
        raise PeopleError(f"{path}: names more than {_MOST_PEOPLE:,} people; split it")
    return found


def _table(text: str, path: Path) -> Iterator[Newcomer]:
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = [_column(name) for name in next(reader, [])]
        _check_columns(names, path)
        for row in reader:
            if any(cell.strip() for cell in row):
                place = f"{path}, line {reader.line_num}"
                if len(row) > len(names):
                    raise PeopleError(
                        f"{place}: has {len(row)} fields, and the first line names {len(names)}"
                    )
                yield _newcomer(
                    {name: cell[:_LONGEST] for name, cell in zip(names, row, strict=False)}, place
                )
    except csv.Error as error:
        raise PeopleError(f"{path}, line {reader.line_num}: is no CSV ({error})") from error


def _column(name: str) -> str:
    plain = " ".join(name.strip().lower().replace("_", " ").split())
    return _ALSO.get(plain, plain.replace(" ", "_") if plain.replace(" ", "_") in COLUMNS else plain)


def _check_columns(names: list[str], path: Path) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or "addresses" not in names:
        what = f"{unknown[0]!r} is no column that is known" if unknown else "there is no column addresses"
        raise PeopleError(f"{path}: {what}; the first line names columns, of {', '.join(COLUMNS)}")
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise PeopleError(f"{path}: has the column {twice[0]} twice; join them, with ; between values")


def _newcomer(row: Mapping[str, str], place: str) -> Newcomer:
    def one(key: str) -> str:
        return " ".join(row.get(key, "").split())

    def many(key: str) -> tuple[str, ...]:
        found = (" ".join(part.split()) for part in _SEPARATOR.split(row.get(key, "")))
        return tuple(dict.fromkeys(part for part in found if part))[:_MOST_VALUES]

    days = one("retention_days")
    if days and not (days.isascii() and days.isdigit() and len(days) < 6):
        raise PeopleError(f"{place}: retention_days is {days!r}; expected a whole number of days")
    private = tuple(address.lower() for address in many("private"))
    unpublished = tuple(address.lower() for address in many("unpublished"))
    listed = (*(address.lower() for address in many("addresses")), *private, *unpublished)
    addresses = tuple(dict.fromkeys(listed))
    owner = Owner(
        addresses,
        one("name"),
        one("organisation"),
        country=one("country"),
        languages=tuple(language.lower() for language in many("languages")),
        topics=many("topics"),
        unpublished=unpublished,
        sector=one("sector"),
    )
    contact = Contact(
        addresses[0] if addresses else "",
        private,
        many("roles"),
        many("groups"),
        tuple(Way(kind, to) for kind in WAYS for to in many(kind)),
        (),
        one("mandate"),
        one("consent"),
        int(days) if days else None,
    )
    return Newcomer(owner, contact, place)


def _cards(text: str, path: Path) -> Iterator[Newcomer]:
    """The cards of an address book; a card without an address is passed on, so that it can be told."""
    lines: list[str] | None = None
    number = 0
    for line in _unfolded(text):
        name = line.strip().upper()
        if name == "BEGIN:VCARD":
            if lines is not None:
                raise PeopleError(f"{path}, card {number}: another card begins inside it")
            lines, number = [], number + 1
        elif name == "END:VCARD" and lines is not None:
            yield _card(lines, f"{path}, card {number}")
            lines = None
        elif lines is not None:
            lines.append(line)
    if lines is not None:
        raise PeopleError(f"{path}, card {number}: does not end; the file was cut off")


def _unfolded(text: str) -> Iterator[str]:
    """Lines with their continuations (RFC 6350, 3.2); those of quoted-printable values in 2.1 are joined later."""
    joined = ""
    for line in _FOLDED.sub("", text).splitlines():
        joined += line
        if (
            joined.endswith("=")
            and "QUOTED-PRINTABLE" in joined[:200].upper()
            and len(joined) < 10 * _LONGEST
        ):
            joined = joined[:-1]
            continue
        yield joined
        joined = ""
    if joined:
        yield joined


def _card(lines: list[str], place: str) -> Newcomer:
    name = organisation = ""
    addresses: list[str] = []
    private: list[str] = []
    values: dict[str, list[str]] = {"roles": [], "groups": [], "languages": [], "telephone": [], "letter": []}
    for line in lines:
        head, colon, value = line.partition(":")
        if not colon:
            continue
        key, *parameters = head.upper().split(";")
        key = key.rpartition(".")[2]  # "item1.EMAIL"
        text = _value(value, parameters)
        home = any("HOME" in one for one in parameters)
        match key:
            case "FN":
                name = name or _plain(text)
            case "N" if not name:
                family, _, rest = text.partition(";")
                name = _plain(f"{rest.partition(';')[0]} {family}")
            case "EMAIL":
                address = _plain(text).lower().removeprefix("mailto:")
                addresses.append(address)
                private += [address] if home else []
            case "ORG":
                organisation = organisation or _plain(text.partition(";")[0])
            case "TITLE" | "ROLE":
                values["roles"].append(_plain(text))
            case "CATEGORIES":
                values["groups"] += [_plain(one) for one in text.split(",")]
            case "LANG":
                values["languages"].append(_plain(text).lower()[:2])
            case "TEL":
                values["telephone"].append(_plain(text).removeprefix("tel:"))
            case "ADR":
                values["letter"].append(_plain(", ".join(part for part in text.split(";") if part.strip())))
    unique = {
        key: tuple(dict.fromkeys(one for one in found if one))[:_MOST_VALUES] for key, found in values.items()
    }
    mails = tuple(dict.fromkeys(one for one in addresses if one))[:_MOST_VALUES]
    owner = Owner(mails, name, organisation, languages=unique["languages"])
    ways = (
        *(Way("telephone", one) for one in unique["telephone"]),
        *(Way("letter", one) for one in unique["letter"]),
    )
    contact = Contact(
        mails[0] if mails else "", tuple(dict.fromkeys(private)), unique["roles"], unique["groups"], ways
    )
    return Newcomer(owner, contact, place)


def _value(value: str, parameters: list[str]) -> str:
    if any("QUOTED-PRINTABLE" in one for one in parameters):
        charset = next((one.partition("=")[2] for one in parameters if one.startswith("CHARSET=")), "UTF-8")
        raw = quopri.decodestring(_SOFT.sub("", value).encode("utf-8", "replace"))
        return raw.decode("latin-1" if "8859" in charset else "utf-8", "replace")
    return (
        value.replace("\\n", " ")
        .replace("\\N", " ")
        .replace("\\,", ",")
        .replace("\\;", ";")
        .replace("\\\\", "\\")
    )


def _plain(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:_LONGEST]
