"""Load the shipped lists of outlets and institutions, and an operator's own beside them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any, get_args

import msgspec

from tocsin.model.names import KnownName, NameKind, Names

MAX_BYTES = 16 * 1024 * 1024
SHIPPED = ("outlets.toml", "institutions.toml")
_SHAPE = "expected [[name]] tables with id, name, kind, domains, country and source"
_HOST = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_COUNTRY = re.compile(r"(?:[A-Z]{2})?")


class NamesError(ValueError):
    """A list of names that cannot be used; the message names file, entry and what was expected."""


def load_names(extra: Path | None = None) -> Names:
    """The shipped lists, those of `extra` before them.

    `extra` is TOML: [[name]] tables of the shape of `KnownName`. An entry with the id of a shipped one replaces it.
    Raises NamesError for a file that cannot be read or an entry that does not fit.
    """
    own = _read(extra) if extra is not None else []
    taken = {entry.id for entry in own}
    shipped = [entry for name in SHIPPED for entry in decode_shipped_names(_shipped(name))]
    return Names((*own, *(entry for entry in shipped if entry.id not in taken)))


def decode_shipped_names(text: str) -> list[KnownName]:
    """Decode [[name]] tables that end at an empty line, one key a line, each value JSON as well as TOML.

    The shipped lists are written so because tomllib takes many times as long. Raises msgspec.DecodeError for
    anything else.
    """
    tables = ["\n" + table.partition("\n\n")[0].rstrip("\n") for table in text.split("[[name]]\n")[1:]]
    if not tables:
        return []
    objects = "\0".join(tables)
    for key in KnownName.__struct_fields__:
        objects = objects.replace(f"\n{key} = ", f',"{key}":')
    return msgspec.json.decode("[{" + objects[1:].replace("\0,", "},{") + "}]", type=list[KnownName])


def _shipped(name: str) -> str:
    return resources.files("tocsin").joinpath("data", name).read_text(encoding="utf-8")


def _read(file: Path) -> list[KnownName]:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise NamesError(f"{file}: cannot be read ({error.strerror}); check the path") from error
    if len(data) > MAX_BYTES:
        raise NamesError(f"{file}: is larger than {MAX_BYTES:,} bytes; is it a list of names?")
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NamesError(f"{file}: is not UTF-8 (byte {error.start}); {_SHAPE}") from error
    except tomllib.TOMLDecodeError as error:
        raise NamesError(f"{file}: is not valid TOML: {error}") from error
    for key in document:
        if key != "name":
            raise NamesError(f"{file}: unknown key {key!r}; {_SHAPE}")
    tables = document.get("name", [])
    if not isinstance(tables, list):
        raise NamesError(f"{file}: {_SHAPE}")
    entries: dict[str, KnownName] = {}
    for number, table in enumerate(tables, 1):
        entry = _checked(table, file, number)
        if entry.id in entries:
            raise NamesError(f"{file}: name {number} ({entry.id!r}): this id stands there twice")
        entries[entry.id] = entry
    return list(entries.values())


def _checked(table: Any, file: Path, number: int) -> KnownName:
    id_ = table.get("id") if isinstance(table, dict) else None
    where = f"{file}: name {number}" + (f" ({id_!r})" if isinstance(id_, str) else "")
    if isinstance(table, dict):
        for key in table:
            if key not in KnownName.__struct_fields__:
                raise NamesError(
                    f"{where}: unknown key {key!r}; {_suggestion(key, KnownName.__struct_fields__)}"
                )
        if "kind" in table and table["kind"] not in get_args(NameKind):
            kinds = get_args(NameKind)
            raise NamesError(f"{where}: kind is {table['kind']!r}; {_suggestion(str(table['kind']), kinds)}")
    try:
        entry = msgspec.convert(table, KnownName)
    except msgspec.ValidationError as error:
        raise NamesError(f"{where}: {error}; {_SHAPE}") from error
    if not _ID.fullmatch(entry.id):
        raise NamesError(f"{where}: id is {entry.id!r}; expected kebab case such as 'our-paper'")
    if not any(c.isalnum() for c in entry.name):
        raise NamesError(f"{where}: name is {entry.name!r}; expected the name as people write it")
    if not entry.domains:
        raise NamesError(f"{where}: domains is empty; expected at least one domain that it writes from")
    for domain in entry.domains:
        if not _HOST.fullmatch(domain):
            raise NamesError(
                f"{where}: domains has {domain!r}; expected a lower-case host name with a dot, such as"
                " 'paper.example', without scheme, path or wildcard (xn-- for other letters than a to z)"
            )
    if not _COUNTRY.fullmatch(entry.country):
        raise NamesError(f"{where}: country is {entry.country!r}; expected two capitals such as 'BE', or ''")
    return entry


def _suggestion(written: str, known: Iterable[str]) -> str:
    import difflib  # only an error needs it; loading is on every command's way

    known = list(known)
    close = difflib.get_close_matches(written, known, 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(known)}"
