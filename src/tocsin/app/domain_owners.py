"""Reads the register of domain owners, and says who answers for a domain."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tocsin.mail.addresses import normalise
from tocsin.mail.url import site_of
from tocsin.model.targets import DomainOwner

MAX_BYTES = 4 * 1024 * 1024
_KEYS = ("name", "domains", "contact")
_EXAMPLE = '[[owner]] with name = "Parliament, IT security" and domains = ["parliament.example"]'


class DomainError(ValueError):
    """A domain or the register of owners cannot be used; the message says where, and what was expected."""


def domain_of(text: str) -> str:
    """A domain as it is compared: lower-case, in ASCII. Raises DomainError for what nobody owns by itself."""
    written = text.strip().removeprefix("@")
    domain = normalise(f"x@{written}").rpartition("@")[2] if "@" not in written else ""
    labels = domain.split(".")
    if len(domain) > 253 or not domain.isascii() or not all(_is_label(label) for label in labels):
        raise DomainError(f"{text!r}: is no domain; expected the part after the @, as in parliament.example")
    if len(labels) < 2 or site_of(f"x.{domain}") == f"x.{domain}":
        raise DomainError(
            f"{text!r}: names are registered below it, so it has no single owner; give the domain of one organisation"
        )
    return domain


def _is_label(label: str) -> bool:
    return 0 < len(label) <= 63 and label.replace("-", "").replace("_", "").isalnum()


def load_owners(path: Path) -> tuple[DomainOwner, ...]:
    """The register at this path (TOML; format in docs/targets.md). Raises DomainError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise DomainError(
                f"{path}: is larger than {MAX_BYTES // 1024**2} MiB; is it a register of owners?"
            )
        document = tomllib.loads(data.decode("utf-8-sig"))
    except OSError as error:
        raise DomainError(
            f"{path}: cannot be read ({error.strerror}); check the path given to --owners"
        ) from error
    except UnicodeDecodeError as error:
        raise DomainError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DomainError(f"{path}: is not valid TOML: {error}") from error
    entries = document.get("owner", [])
    if set(document) - {"owner"} or not isinstance(entries, list):
        raise DomainError(f"{path}: expected tables {_EXAMPLE}, and nothing else")
    owners: list[DomainOwner] = []
    seen: dict[str, str] = {}
    for number, entry in enumerate(entries, 1):
        one = _owner(entry, f"{path}: owner {number}")
        for domain in one.domains:
            if domain in seen:
                raise DomainError(f"{path}: {domain} belongs to both {seen[domain]} and {one.name}; name one")
            seen[domain] = one.name
        owners.append(one)
    return tuple(owners)


def _owner(entry: object, place: str) -> DomainOwner:
    if not isinstance(entry, dict):
        raise DomainError(f"{place}: expected a table {_EXAMPLE}")
    for key in entry:
        if key not in _KEYS:
            close = difflib.get_close_matches(key, _KEYS, 1, 0.6)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(_KEYS)}"
            raise DomainError(f"{place}: unknown key {key!r}; {hint}")
    try:
        one = msgspec.convert(entry, DomainOwner)
    except msgspec.ValidationError as error:
        raise DomainError(f"{place}: {error}; expected {_EXAMPLE}") from error
    if not one.name.strip() or not one.domains:
        raise DomainError(f"{place}: name and domains are needed, as in {_EXAMPLE}")
    try:
        domains = tuple(dict.fromkeys(domain_of(domain) for domain in one.domains))
    except DomainError as error:
        raise DomainError(f"{place}: {error}") from error
    return DomainOwner(one.name.strip(), domains, one.contact.strip())


class Register:
    """Who answers for a domain: the entry of the longest domain that it is, or lies below."""

    def __init__(self, owners: Sequence[DomainOwner] = (), renamed: Sequence[tuple[str, str]] = ()) -> None:
        """`renamed` are pairs of domains, the former and the present one, as people.toml has them."""
        self._by_domain = {domain: owner for owner in owners for domain in owner.domains}
        for former, present in renamed:  # whoever has the new name had the old one
            if former not in self._by_domain and (owner := self.owner(present)) is not None:
                self._by_domain[former] = owner
        self._renamed = tuple(renamed)

    def owner(self, domain: str) -> DomainOwner | None:
        """The registered owner of this domain, or of the nearest one above it."""
        labels = domain.split(".")
        for start in range(len(labels) - 1):
            found = self._by_domain.get(".".join(labels[start:]))
            if found is not None:
                return found
        return None

    def named(self, domain: str) -> DomainOwner:
        """The owner of this domain: the registered one, else one made of the domain and its former names."""
        found = self.owner(domain)
        if found is not None:
            return found
        domains = {domain}
        for _ in self._renamed:  # renamed twice, in any order of the pairs
            more = {former for former, present in self._renamed if present in domains} - domains
            if not more:
                break
            domains |= more
        return DomainOwner(domain, (domain, *sorted(domains - {domain})))

    def is_theirs(self, owner: DomainOwner, domain: str) -> bool:
        """Whether this domain is the owner's: one of theirs or below it, and nobody else's by a longer entry."""
        registered = self.owner(domain)
        if registered is not None and registered != owner:
            return False
        return any(domain == one or domain.endswith(f".{one}") for one in owner.domains)
