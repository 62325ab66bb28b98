"""Entities that an XML document declares for itself and that its readers put in: a URL may stand in one."""

from __future__ import annotations

import re

_DECLARED = re.compile(r"<!ENTITY\s++([\w.:-]{1,80})\s++(?:\"([^\"]*+)\"|'([^']*+)')\s*+>")
_USED = re.compile(r"&([\w.:-]{1,80});")
_MOST = 100  # entities
_DEEPEST = 5  # entities in entities
_LONGEST = 5_000  # characters of one entity
_GROWTH = 200_000  # characters that a document may grow by


def with_entities(text: str) -> str:
    """Give a document with its internal entities put in, as far as they fit the limits.

    External ones are left: they are found where they are declared. An entity that holds itself, or grows beyond
    5,000 characters, is left too. Source: XML 1.0, sections 4.4 and 4.5.
    """
    if "<!ENTITY" not in text:
        return text
    values: dict[str, str] = {}
    for name, double, single in _DECLARED.findall(text)[:_MOST]:
        values.setdefault(name, double or single)
    for _ in range(_DEEPEST):
        values = {name: _put_in(value, values, _LONGEST) for name, value in values.items()}
    return _put_in(text, values, len(text) + _GROWTH)


def _put_in(text: str, values: dict[str, str], longest: int) -> str:
    left = longest - len(text)

    def value_of(match: re.Match[str]) -> str:
        nonlocal left
        value = values.get(match[1])
        if value is None or len(value) > left:
            return match[0]
        left -= len(value)
        return value

    return _USED.sub(value_of, text)
