"""What stands before the first element of a document: processing instructions, document type, entities.

Browsers read mail as HTML and ignore all of it. Programs that read a body or an attached file as XML apply
the style sheet, and some of them load the document type and the entities too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

_LONGEST = 20_000  # characters of a prologue that are looked at
Item = tuple[str, dict[str, str]]
_NEAR = 2_000  # characters of a document in which an instruction is looked for
_ELEMENT = re.compile(r"<[a-zA-Z]")
_ITEM = re.compile(
    r"\s*+(?:<!--(?:[^-]|-(?!->))*+-->|<\?([\w:.-]++)([^>]*+)>|<!doctype\b((?:[^>\[\"']++|\"[^\"]*+\"|'[^']*+')*+)"
    r"(?:\[((?:[^\]\"']++|\"[^\"]*+\"|'[^']*+')*+)\])?\s*+>)",
    re.IGNORECASE,
)
_EXTERNAL = re.compile(
    r"\b(?:system|public\s*+(?:\"[^\"]*+\"|'[^']*+'))\s*+(?:\"([^\"]*+)\"|'([^']*+)')", re.IGNORECASE
)
_ENTITY = re.compile(r"<!entity\b[^>\"']*+", re.IGNORECASE)
_PSEUDO_ATTRIBUTE = re.compile(r"([\w:.-]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")
_ISLAND = re.compile(r"<xml\b[^>]*+>\s*+<!doctype\b([^>]*+)>", re.IGNORECASE)
_ISLAND = re.compile(r"<xml\b[^>]*+>\s*+<!doctype\b([^>]*+)>", re.IGNORECASE)
_IMPORT = re.compile(r"<\?import\b([^>]*+)>", re.IGNORECASE)


def read_prologue(text: str, islands: bool = False) -> Iterable[Item]:
    """Give what in a prologue names something outside, as (kind, attributes).

    Kinds are "?xml-stylesheet" and "?import" with their pseudo-attributes, "!doctype" and "!entity" with
    `system`. Source: XML 1.0, sections 2.8 and 4.2.2; Associating Style Sheets with XML; for `import`, which may
    stand anywhere, Microsoft's HTML+TIME; for the document type of a data island (`<xml>`), Microsoft's MSXML.
    """
    if islands:
        return (*_outside_islands(text), *_islands(text))
    return _outside_islands(text)


def _outside_islands(text: str) -> Iterable[Item]:
    first = _ELEMENT.search(text, 0, _NEAR)
    prologue = text[: first.start() if first else _NEAR]
    if "!" not in prologue and "?" not in prologue:
        return _imports(text) if "<?" in text[:_NEAR] else ()
    if "--" in prologue or "[" in prologue or first is None:
        prologue = text[:_LONGEST]  # what looked like an element may stand in a comment or an entity
        return (*_items(prologue), *_imports(text))
    return _plain_items(prologue) if "<?" not in text[:_NEAR] else (*_items(prologue), *_imports(text))


def _items(head: str) -> tuple[Item, ...]:
    found: list[Item] = []
    position = max(head.find("<", 0, 200), 0)
    while (item := _ITEM.match(head, position)) is not None:
        position = item.end()
        instruction, content, declared, subset = item.groups()
        if instruction is not None:
            if instruction.lower() == "xml-stylesheet":
                found.append(("?xml-stylesheet", _pseudo_attributes(content)))
        elif declared is not None:
            if external := _EXTERNAL.search(declared):
                found.append(("!doctype", {"system": external[1] or external[2] or ""}))
            found += _entities(subset or "")
    return tuple(found)


_plain_items = lru_cache(maxsize=256)(_items)  # a document type alone, one of a few


def _imports(text: str) -> list[Item]:
    return [("?import", _pseudo_attributes(one)) for one in _IMPORT.findall(text[:_NEAR])]


def _islands(text: str) -> Iterator[Item]:
    for declared in _ISLAND.findall(text[:_LONGEST]):
        if external := _EXTERNAL.search(declared):
            yield "!doctype", {"system": external[1] or external[2] or ""}


def _entities(subset: str) -> Iterator[Item]:
    for entity in _ENTITY.finditer(subset):
        # The keyword stands before the first quote, the address after it.
        external = _EXTERNAL.search(subset, entity.start(), entity.end() + 2_000)
        if external is not None and external.start() < entity.end():
            yield "!entity", {"system": external[1] or external[2] or ""}


def _pseudo_attributes(content: str) -> dict[str, str]:
    return {name.lower(): double or single for name, double, single in _PSEUDO_ATTRIBUTE.findall(content)}
