"""Reads policy.toml, what is done with whose mail; every mistake in it is said with its place and a suggestion."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

from tocsin.model.defused import Policy
from tocsin.model.handling import ACTIONS, Handling, Handlings, Rule

MAX_BYTES = 16 * 1024 * 1024
_VALUES: dict[str, tuple[str, ...]] = {
    "alert": ACTIONS,
    "tracked": ACTIONS,
    "other": ACTIONS,
    "unread": ("", *ACTIONS),
    "signed": ("defuse", "quarantine"),
    "links": ("keep", "inert"),
    "attachments": ("seal", "active", "keep"),
    "tokens": ("keep", "cut"),
}
_DEFUSING = ("links", "attachments", "tokens")


class PolicyError(ValueError):
    """policy.toml cannot be used; the message says where, what was expected and what to do."""


def load_policy(path: Path) -> Handlings:
    """The policy of this file. Raises PolicyError; format in docs/gate.md."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise PolicyError(f"{path}: is larger than {MAX_BYTES:,} bytes; a policy is a short TOML file")
        return parse_policy(data.decode("utf-8-sig"), str(path))
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def parse_policy(text: str, source: str = "policy.toml") -> Handlings:
    """The policy written in this TOML text; `source` is named in errors. Raises PolicyError.

    What a rule does not set is as in [default], and what that does not set as in the program.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{source}: is not valid TOML: {error}") from error
    for key in document:
        if key not in ("default", "rule"):
            raise PolicyError(
                f"{source}: unknown key {key!r}; {_suggest(key, ('default', 'rule'), '[default], [[rule]]')}"
            )
    default = _handling(document.get("default", {}), Handling(), f"{source}: [default]", ())
    entries = document.get("rule", [])
    if not isinstance(entries, list):
        raise PolicyError(f"{source}: write [[rule]] with two brackets, one table a rule")
    seen: dict[str, int] = {}
    rules: list[Rule] = []
    for number, entry in enumerate(entries, 1):
        place = f"{source}: rule {number}"
        handling = _handling(entry, default, place, ("for",))
        recipients = _recipients(entry.get("for"), place)
        for one in recipients:
            if one in seen:
                raise PolicyError(f"{place}: {one} has a rule already (rule {seen[one]}); give each one")
            seen[one] = number
        rules.append(Rule(recipients, handling))
    return Handlings(default, tuple(rules), source)


def _handling(entry: object, base: Handling, place: str, beside: tuple[str, ...]) -> Handling:
    if not isinstance(entry, dict):
        raise PolicyError(f"{place}: expected a table")
    known = (*_VALUES, *beside)
    for key, value in entry.items():
        if key not in known:
            raise PolicyError(f"{place}: unknown key {key!r}; {_suggest(key, known, ', '.join(known))}")
        if key in _VALUES and value not in _VALUES[key]:
            expected = ", ".join(one or '""' for one in _VALUES[key])
            raise PolicyError(f"{place}: {key} is {value!r}; expected one of {expected}")
    given: dict[str, Any] = {key: value for key, value in entry.items() if key in _VALUES}
    defusing = Policy(**{name: given.pop(name, getattr(base.defusing, name)) for name in _DEFUSING})
    kept = {name: getattr(base, name) for name in ("alert", "tracked", "other", "unread", "signed")}
    return Handling(**{**kept, **given}, defusing=defusing)


def _recipients(value: object, place: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise PolicyError(f'{place}: for is a list, as in for = ["person@example.org", "@example.org"]')
    found = tuple(one.strip().lower() for one in value)
    for one in found:
        local, at, domain = one.rpartition("@")
        if not at or not domain or any(c.isspace() for c in one) or "@" in local:
            raise PolicyError(f"{place}: {one!r} is neither an address nor a domain written as @example.org")
    return found


def _suggest(key: str, known: tuple[str, ...], otherwise: str) -> str:
    close = difflib.get_close_matches(key, known, 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else f"known here: {otherwise}"
