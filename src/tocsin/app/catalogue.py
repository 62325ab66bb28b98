"""Load the shipped lists of mail services and hosting, and an operator's or an exercise's beside them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec

from tocsin.model.catalogue import Catalogue, HostingGroup, Kind, Vendor
from tocsin.observe.vendors import index_catalogue

MAX_BYTES = 16 * 1024 * 1024
ALIASES = "exercise-aliases.toml"
_SHAPE = "expected [[vendor]] tables and, if wanted, [hosting.GROUP] tables"
_HOST = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


_Entry = TypeVar("_Entry", Vendor, HostingGroup)


class CatalogueError(ValueError):
    """A list of vendors that cannot be used; the message names file, entry and what was expected."""


def load_catalogue(extra: Path | None = None) -> Catalogue:
    """The shipped lists, with the vendors and hosting of `extra` added; its claims win over the shipped ones.

    `extra` is TOML: [[vendor]] tables of the shape of `Vendor` and [hosting.GROUP] tables of the shape of
    `HostingGroup`. An entry with the id of a shipped vendor replaces it; hosts are added to their group.
    The fictional services of exercises are always among them: they stand on reserved names, which real mail
    cannot use. Raises CatalogueError for a file that cannot be read or an entry that does not fit.
    """
    vendors = decode_shipped_vendors(_shipped("vendors.toml"))
    hosting = msgspec.convert(tomllib.loads(_shipped("hosting.toml")), dict[str, HostingGroup])
    vendors = _merge(vendors, hosting, _shipped(ALIASES), ALIASES)
    if extra is not None:
        try:
            with extra.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise CatalogueError(f"{extra}: cannot be read ({error.strerror}); check the path") from error
        if len(data) > MAX_BYTES:
            raise CatalogueError(f"{extra}: is larger than {MAX_BYTES:,} bytes; is it a list of vendors?")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise CatalogueError(f"{extra}: is not UTF-8 (byte {error.start}); {_SHAPE}") from error
        vendors = _merge(vendors, hosting, text, str(extra))
    return index_catalogue(vendors, hosting)


def decode_shipped_vendors(text: str) -> list[Vendor]:
    """Decode [[vendor]] tables that end at an empty line, one key a line, each value JSON as well as TOML.

    vendors.toml is written so because tomllib takes twenty times as long for it. Raises msgspec.DecodeError
    for anything else.
    """
    tables = ["\n" + table.partition("\n\n")[0].rstrip("\n") for table in text.split("[[vendor]]\n")[1:]]
    objects = "\0".join(tables)
    for key in Vendor.__struct_fields__:
        objects = objects.replace(f"\n{key} = ", f',"{key}":')
    objects = "{" + objects[1:].replace("\0,", "},{") + "}" if tables else ""
    return msgspec.json.decode(f"[{objects}]", type=list[Vendor])


def _shipped(name: str) -> str:
    return resources.files("tocsin").joinpath("data", name).read_text(encoding="utf-8")


def _merge(
    vendors: Iterable[Vendor], hosting: dict[str, HostingGroup], text: str, place: str
) -> list[Vendor]:
    """Add the vendors of a TOML text to a list, and its hosts to their groups."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{place}: is not valid TOML: {error}") from error
    for key in document:
        if key not in ("vendor", "hosting"):
            raise CatalogueError(f"{place}: unknown key {key!r}; {_SHAPE}")
    tables, groups = document.get("vendor", []), document.get("hosting", {})
    if not isinstance(tables, list) or not isinstance(groups, dict):
        raise CatalogueError(f"{place}: {_SHAPE}")
    added: dict[str, Vendor] = {}
    for number, table in enumerate(tables, 1):
        vendor = _checked_vendor(table, place, number)
        if vendor.id in added:
            raise CatalogueError(f"{place}: vendor {number} ({vendor.id!r}): this id stands there twice")
        added[vendor.id] = vendor
    for name, table in groups.items():
        group = _checked_group(table, f"{place}: hosting group {name!r}", hosting)
        known = hosting.get(name)
        hosting[name] = HostingGroup(group.source, known.hosts + group.hosts) if known else group
    return [*(vendor for vendor in vendors if vendor.id not in added), *added.values()]


def _checked_vendor(table: Any, place: str, number: int) -> Vendor:
    id_ = table.get("id") if isinstance(table, dict) else None
    where = f"{place}: vendor {number}" + (f" ({id_!r})" if isinstance(id_, str) else "")
    vendor = _converted(table, Vendor, where)
    if not _ID.fullmatch(vendor.id):
        raise CatalogueError(f"{where}: id is {vendor.id!r}; expected kebab case such as 'our-mailer'")
    if not vendor.hosts and not vendor.senders:
        raise CatalogueError(f"{where}: hosts and senders are both empty; expected at least one host")
    _check_hosts(vendor.hosts, where, "hosts")
    _check_hosts(vendor.senders, where, "senders")
    for path in vendor.paths:
        if len(path) < 4:
            raise CatalogueError(
                f"{where}: paths has {path!r}; expected at least four characters of a URL path"
            )
    for header in vendor.headers:
        if not header or header != header.lower() or ":" in header:
            raise CatalogueError(f"{where}: headers has {header!r}; expected lower-case header names")
    return vendor


def _checked_group(table: Any, where: str, known: Iterable[str]) -> HostingGroup:
    name = where.rsplit("'", 2)[-2]
    if name not in known:
        raise CatalogueError(f"{where} is unknown; {_suggestion(name, known)}")
    group = _converted(table, HostingGroup, where)
    _check_hosts(group.hosts, where, "hosts")
    return group


def _converted(table: Any, kind: type[_Entry], where: str) -> _Entry:
    if isinstance(table, dict):
        for key in table:
            if key not in kind.__struct_fields__:
                raise CatalogueError(
                    f"{where}: unknown key {key!r}; {_suggestion(key, kind.__struct_fields__)}"
                )
        if kind is Vendor and "kind" in table and table["kind"] not in get_args(Kind):
            raise CatalogueError(
                f"{where}: kind is {table['kind']!r}; {_suggestion(str(table['kind']), get_args(Kind))}"
            )
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise CatalogueError(f"{where}: {error}; {_SHAPE}") from error


def _check_hosts(hosts: Iterable[str], where: str, key: str) -> None:
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise CatalogueError(
                f"{where}: {key} has {host!r}; expected a lower-case host name with a dot, such as"
                " 'mail.service.example', without scheme, path or wildcard"
            )


def _suggestion(written: str, known: Iterable[str]) -> str:
    import difflib  # only an error needs it; loading is on every command's way

    known = list(known)
    close = difflib.get_close_matches(written, known, 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(known)}"
