"""Reads single fields of people.toml; what is wrong is said with its place and a suggestion."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from typing import Any

_HASH_LETTERS = len("hash:") + 32


class PeopleError(ValueError):
    """people.toml cannot be used; the message says where, what was expected and what to do."""


def known_keys(entry: object, known: Collection[str], place: str, written: str) -> dict[str, Any]:
    """The entry, if it is a table with these keys alone; `written` is how such a table begins. Raises PeopleError."""
    if not isinstance(entry, dict):
        raise PeopleError(f"{place}: expected a table that starts with {written}")
    for key in entry:
        if key not in known:
            raise PeopleError(f"{place}: unknown key {key!r}; {suggest(key, known, ', '.join(known))}")
    return entry


def tables(entry: dict[str, Any], key: str, place: str, written: str) -> list[Any]:
    """A list of tables. Raises PeopleError."""
    found = entry.get(key, [])
    if not isinstance(found, list):
        raise PeopleError(f"{place}: write {written} with two brackets, one table each")
    return found


def text(entry: dict[str, Any], key: str, place: str) -> str:
    """A text, "" where it is left out. Raises PeopleError."""
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise PeopleError(f'{place}: {key} is a text in quotes, as in {key} = "…"')
    return value.strip()


def texts(entry: dict[str, Any], key: str, place: str) -> tuple[str, ...]:
    """A list of texts, () where it is left out. Raises PeopleError."""
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise PeopleError(f'{place}: {key} is a list of texts, as in {key} = ["…"]')
    return tuple(value)


def address(value: str, place: str) -> str:
    """A mail address in lower case. Raises PeopleError."""
    found = value.strip().lower()
    if found.startswith("hash:") and len(found) == _HASH_LETTERS:  # of a sealed list
        return found
    local, at, domain = found.rpartition("@")
    if not (local and at and domain) or any(letter.isspace() for letter in found):
        raise PeopleError(f"{place}: {value!r} is not a mail address; expected name@domain")
    return found


def suggest(key: str, known: Collection[str], otherwise: str) -> str:
    """What may have been meant."""
    close = difflib.get_close_matches(key, known, 1, 0.6)
    return f"did you mean {close[0]!r}?" if close else f"known here: {otherwise}"
