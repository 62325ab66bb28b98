"""Public blocks of indicators, each under the reports that it cites, from the folder that TOCSIN_CTI names."""

from __future__ import annotations

import lzma
import os
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import msgspec
from publicsuffixlist import PublicSuffixList

from tocsin.app.warning_lists import load_warning_lists
from tocsin.hunt.observables import is_ip
from tocsin.hunt.terms import is_suffix
from tocsin.hunt.warnings import Warnings
from tocsin.mail.url import site_of

ARCHIVE = "maltrail-apt.tar.xz"
# Lists of services whose names strangers share, one domain a line, beside MISP's warning lists.
SERVICES = (
    "email_forwarding_domains",
    "free_email_providers",
    "free_file_hosts",
    "free_subdomain_hosts",
    "high_trust_sender_root_domains",
    "self_service_creation_platform_domains",
    "social_landing_hosts",
    "url_shorteners",
)
_LARGEST = 8 * 1024 * 1024  # bytes of one file
_CITES = re.compile(r"#\s*Ref\w*\s*[:=]?\s*(\S+)", re.IGNORECASE)
_ADDRESS = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?(?:/|$)")
_PART = re.compile(r"-\d+$")  # a list that goes on in a second file
_NOBODY = "unclassified"  # the file of blocks that nobody gave a name


class Block(msgspec.Struct, frozen=True):
    """The indicators under one set of references; `actor` is the file they stand in.

    `origins` are its references, or a name of its own where it cites none. `domains` are registrable ones without
    dynamic DNS, free hosts and what strangers share; `values` are all hosts but shared ones, and IPv4 addresses.
    """

    id: str
    actor: str
    origins: tuple[str, ...]
    domains: tuple[str, ...]
    values: tuple[str, ...]


class DataMissing(Exception):
    """The folder does not hold what is measured; the message says what was expected."""


def data_folder() -> Path:
    """The folder that TOCSIN_CTI names. Raises DataMissing."""
    named = os.environ.get("TOCSIN_CTI", "")
    folder = Path(named)
    if not named or not (folder / ARCHIVE).is_file():
        raise DataMissing(
            f"TOCSIN_CTI is {named or 'not set'}: expected a folder that holds {ARCHIVE} and the folders warninglists "
            "and lists; infrastructure was not measured."
        )
    return folder


def read_blocks(folder: Path) -> list[Block]:
    """All blocks of the archive, files by name. Raises DataMissing."""
    shared = sharing(folder)
    found: list[Block] = []
    try:
        with tarfile.open(folder / ARCHIVE, "r:xz") as archive:
            for member in sorted(archive, key=lambda one: one.name):
                name = member.name.rpartition("/")[2]
                if not member.isfile() or not re.fullmatch(r"apt_.+\.txt", name) or member.size > _LARGEST:
                    continue
                opened = archive.extractfile(member)
                text = opened.read().decode("utf-8", "replace") if opened is not None else ""
                found += blocks_of(name, text.splitlines(), shared)
    except (OSError, tarfile.TarError, lzma.LZMAError) as error:
        raise DataMissing(f"{folder / ARCHIVE}: cannot be read as a tar archive in xz ({error})") from error
    return found


def sharing(folder: Path) -> Callable[[str], bool]:
    """Tells whether a host is one that strangers share, by the lists in the folder and those shipped."""
    warnings = Warnings(load_warning_lists(folder / "warninglists"))
    services = {
        line.strip().lower()
        for name in SERVICES
        for line in (folder / "lists" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    }

    def shared(host: str) -> bool:
        site = site_of(host)
        return bool(
            site in services or is_suffix(site) or warnings.on("host", site) or warnings.on("host", host)
        )

    return shared


def blocks_of(name: str, lines: Iterable[str], shared: Callable[[str], bool]) -> Iterator[Block]:
    """The blocks of one file: comment lines, then values, until the next comment."""
    actor = _PART.sub("", name.removeprefix("apt_").removesuffix(".txt"))
    if actor == _NOBODY:
        return
    cited: list[str] = []
    values: list[str] = []
    number = 0
    for line in (*(line.strip() for line in lines), "#"):
        if line.startswith("#"):
            if values:
                number += 1
                yield _block(f"{name}:{number}", actor, cited, values, shared)
                cited, values = [], []
            if match := _CITES.match(line):
                cited.append(_reference(match[1]))
        elif line:
            values.append(line.split(" #")[0].strip().lower())
    return


def _reference(url: str) -> str:
    return url.lower().rstrip("/")


def _block(id: str, actor: str, cited: list[str], values: list[str], shared: Callable[[str], bool]) -> Block:
    domains: dict[str, None] = {}
    shown: dict[str, None] = {}
    for value in values:
        value = re.sub(r"^[a-z]+://", "", value)
        if match := _ADDRESS.match(value):
            shown[match[1]] = None
            continue
        host = value.partition("/")[0].partition(":")[0].strip(".")
        if "." in host and not is_ip(host) and not shared(host):
            shown[host] = None
            if registered_directly(site_of(host)):
                domains[site_of(host)] = None
    origins = tuple(dict.fromkeys(cited)) or (id,)
    return Block(id, actor, origins, tuple(domains), tuple(shown))


@cache
def _registries() -> PublicSuffixList:
    return PublicSuffixList(accept_encoded_idn=False, only_icann=True)


def registered_directly(site: str) -> bool:
    """Whether a domain was bought from a registry, and not taken from somebody who owns what lies above it."""
    return bool(_registries().privatesuffix(site) == site)
