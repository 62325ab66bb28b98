"""Gather the warning lists: those shipped, the catalogue's services, genuine outlets, and the operator's own."""

from __future__ import annotations

import lzma
import tomllib
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path

import msgspec

from tocsin.app.catalogue import load_catalogue
from tocsin.app.names import load_names
from tocsin.hunt.warnings import WarningList

MAX_BYTES = 64 * 1024 * 1024  # of one list, unpacked
MAX_LISTS = 1_000

# MISP's attribute types, as observable kinds.
_KINDS = {
    "hostname": "host",
    "domain": "host",
    "domain|ip": "host",
    "hostname|port": "host",
    "ip-src": "ip",
    "ip-dst": "ip",
    "ip-src|port": "ip",
    "ip-dst|port": "ip",
    "url": "url",
    "uri": "url",
    "email": "address",
    "email-src": "address",
    "email-dst": "address",
    "md5": "hash",
    "sha1": "hash",
    "sha256": "hash",
    "filename|md5": "hash",
    "filename|sha1": "hash",
    "filename|sha256": "hash",
}
# Below these, names are customers' own.
_RENTED = {"free-hosting": "free hosting", "dynamic-dns": "dynamic names", "cloud": "rented servers"}
_SHARED = {
    "url-shorteners": "link shorteners",
    "file-hosts": "file hosts",
    "freemail": "free mail",
    "forwarding": "mail forwarding",
}


class WarningListError(ValueError):
    """A folder or list that cannot be used; the message says what was expected and what to do."""


class _Shipped(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    list: tuple[WarningList, ...]


class _MispList(msgspec.Struct, frozen=True):
    name: str
    type: str
    list: tuple[str, ...]
    matching_attributes: tuple[str, ...] = ()


def load_warning_lists(folder: Path | None = None, vendors: Path | None = None) -> tuple[WarningList, ...]:
    """All lists; `folder` holds MISP's (`list.json`, also as .json.xz), `vendors` the operator's mail services.

    Raises WarningListError, CatalogueError.
    """
    return (*_shipped(), *_catalogue(vendors), *(_folder(folder) if folder is not None else ()))


def _shipped() -> tuple[WarningList, ...]:
    text = resources.files("tocsin").joinpath("data", "warnings.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), _Shipped).list


def _catalogue(vendors: Path | None) -> Iterator[WarningList]:
    catalogue = load_catalogue(vendors)
    for vendor in catalogue.vendors:
        hosts = tuple(dict.fromkeys(vendor.hosts + vendor.senders))
        yield WarningList(f"mail service {vendor.name}", "service", hosts, vendor.source)
    for group, hosting in catalogue.hosting.items():
        if group in _RENTED:
            yield WarningList(_RENTED[group], "customers", hosting.hosts, hosting.source)
        else:
            yield WarningList(_SHARED.get(group, group), "service", hosting.hosts, hosting.source)
    for entry in load_names().entries:
        yield WarningList(f"genuine domain of {entry.name}", "hostname", entry.domains, entry.source)


def _folder(folder: Path) -> Iterator[WarningList]:
    try:
        files = sorted(path for path in folder.rglob("*") if path.name.endswith((".json", ".json.xz")))
    except OSError as error:
        raise WarningListError(f"{folder}: cannot be read ({error.strerror}); check the path") from error
    if not folder.is_dir() or not files:
        raise WarningListError(
            f"{folder}: expected a folder of MISP warning lists (list.json or NAME.json.xz)"
        )
    if len(files) > MAX_LISTS:
        raise WarningListError(
            f"{folder}: holds {len(files):,} lists, more than {MAX_LISTS:,}; is it the right folder?"
        )
    for path in files:
        yield _misp_list(path)


def _misp_list(path: Path) -> WarningList:
    try:
        if path.name.endswith(".xz"):
            with lzma.open(path) as file:
                data = file.read(MAX_BYTES + 1)
        else:
            with path.open("rb") as plain:
                data = plain.read(MAX_BYTES + 1)
    except (OSError, lzma.LZMAError, EOFError) as error:
        raise WarningListError(f"{path}: cannot be read ({error}); check the file or take it away") from error
    if len(data) > MAX_BYTES:
        raise WarningListError(f"{path}: is larger than {MAX_BYTES:,} bytes; is it a warning list?")
    try:
        read = msgspec.json.decode(data, type=_MispList)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WarningListError(
            f"{path}: is no MISP warning list ({str(error)[:150]}); expected name, type and list"
        ) from error
    return WarningList(
        read.name, read.type, read.list, str(path), _observable_kinds(read.matching_attributes)
    )


def _observable_kinds(attributes: Iterable[str]) -> tuple[str, ...]:
    kinds = tuple(dict.fromkeys(_KINDS[name] for name in attributes if name in _KINDS))
    return kinds or ("host", "ip", "address", "url", "hash")
