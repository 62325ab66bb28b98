"""Header fields by name, made once for many look-ups."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.message import Header

Fields = dict[str, list[str]]


def fields_by_name(headers: Iterable[Header]) -> Fields:
    """The values of every field, in their order, by lower-case name."""
    fields: Fields = {}
    for header in headers:
        name = header.name
        if name in fields:
            fields[name].append(header.value)
        else:
            fields[name] = [header.value]
    return fields


def first_of(fields: Fields, name: str) -> str:
    """The first value of a field, stripped, "" where there is none."""
    values = fields.get(name)
    return values[0].strip() if values else ""
