"""What stands before the first element of a document: processing instructions, document type, entities.

Browsers read mail as HTML and ignore all of it. Programs that read a body or an attached file as XML apply
the style sheet, and some of them load the document type and the entities too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LONGEST = 20_000  # characters of a prologue that are looked at
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
_IMPORT = re.compile(r"<\?import\b([^>]*+)>", re.IGNORECASE)


def read_prologue(text: str) -> list[tuple[str, dict[str, str]]]:
    """Give what in a prologue names something outside, as (kind, attributes).

    Kinds are "?xml-stylesheet" and "?import" with their pseudo-attributes, "!doctype" and "!entity" with
    `system`. Source: XML 1.0, sections 2.8 and 4.2.2; Associating Style Sheets with XML; for `import`, which may
    stand anywhere, Microsoft's HTML+TIME; for the document type of a data island (`<xml>`), Microsoft's MSXML.
    """
    start = text.find("<", 0, 200)
    if start < 0 or text[start + 1 : start + 2] not in ("!", "?"):
        return _imports(text)
    found: list[tuple[str, dict[str, str]]] = []
    head = text[start:_LONGEST]
    position = 0
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
    return found + _imports(text)


def _imports(text: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    if text.find("<?", 0, _LONGEST) >= 0:
        found += [("?import", _pseudo_attributes(one)) for one in _IMPORT.findall(text[:_LONGEST])]
    if text.find("</xml>", 0, _LONGEST) >= 0:
        for declared in _ISLAND.findall(text[:_LONGEST]):
            if external := _EXTERNAL.search(declared):
                found.append(("!doctype", {"system": external[1] or external[2] or ""}))
    return found


def _entities(subset: str) -> Iterator[tuple[str, dict[str, str]]]:
    for entity in _ENTITY.finditer(subset):
        # The keyword stands before the first quote, the address after it.
        external = _EXTERNAL.search(subset, entity.start(), entity.end() + 2_000)
        if external is not None and external.start() < entity.end():
            yield "!entity", {"system": external[1] or external[2] or ""}


def _pseudo_attributes(content: str) -> dict[str, str]:
    return {name.lower(): double or single for name, double, single in _PSEUDO_ATTRIBUTE.findall(content)}
