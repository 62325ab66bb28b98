"""Where one declaration decides what another asks for: backgrounds painted over, fonts that no text is set in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from functools import lru_cache
from itertools import islice
from typing import TypeVar

import msgspec
from turbohtml import Element, Node

from tocsin.observe.css_match import is_selector, may_match
from tocsin.observe.css_reading import CssReading, CssReference
from tocsin.observe.css_text import without_comments
from tocsin.observe.html_view import InlineStyle, StyleSheet

Carrier = TypeVar("Carrier", bound=StyleSheet | InlineStyle)
MAX_SELECTORS = 50  # of one sheet, that paint a background
MAX_SELECTOR = 4_000  # characters of the head of one rule
MAX_STYLED = 20_000  # elements of which the font is looked at
MAX_ABOVE = 60  # elements around one that are looked at
_NO_BOX = re.compile(r"(?<![-\w])display\s*:\s*none", re.IGNORECASE)
_PAINTS = re.compile(r"(?<![-\w])background(?:-image)?\s*:", re.IGNORECASE)
_FONT = re.compile(r"(?<![-\w])font(-family)?\s*:([^;}]{0,1000})", re.IGNORECASE)
_FACE = re.compile(r"@font-face\s*\{[^}]*+\}?", re.IGNORECASE)
_SIZE = re.compile(
    r"(?:^|\s)(?:[\d.]|(?:xx?x?-)?(?:small|large)|medium|smaller|larger)[^\s]*\s+(?:/\s*\S+\s+)?", re.I
)


def is_repainted(element: Element, sheets: Iterable[StyleSheet]) -> bool:
    """Whether a style gives an element another background than its `background` attribute does.

    Any declaration of the author's outranks such an attribute, and browsers fetch only what wins. Source:
    CSS Cascade 4, section 6.5 (presentational hints); WHATWG HTML, rendering.
    """
    style = element.attr("style")
    if style and _PAINTS.search(style):
        return True
    return any(
        element.matches(selector)
        for sheet in sheets
        if not sheet.fires_in
        for selector in _selectors_that_paint(sheet.text)
    )


def is_undrawn(element: Element) -> bool:
    """Whether an element has no box: it or one around it has `display: none`, or is `hidden`.

    Browsers fetch no background for such an element; pictures (`img`) in it they fetch. Source: Chromium;
    CSS Backgrounds 3 leaves it open.
    """
    return any(
        above.attr("hidden") is not None or _NO_BOX.search(above.attr("style") or "")
        for above in (element, *islice(element.ancestors, MAX_ABOVE))
        if isinstance(above, Element)
    )


@lru_cache(maxsize=64)
def _selectors_that_paint(text: str) -> tuple[str, ...]:
    if not _PAINTS.search(text):
        return ()
    found: list[str] = []
    for block in without_comments(text).split("}"):
        before, _, declarations = block.rpartition("{")
        if not _PAINTS.search(declarations):
            continue
        for selector in before.rpartition("{")[2].rpartition(";")[2].split(","):
            if len(found) < MAX_SELECTORS and is_selector(selector := selector.strip()):
                found.append(selector)
    return tuple(dict.fromkeys(found))


def fonts_in(tree: Node) -> set[str]:
    """The families that elements of a document are set in: of each list the first, in lower case."""
    texts = [element.attr("style") or "" for element in tree.select("[style]")[:MAX_STYLED]]
    fonts = _fonts(" ; ".join(text for text in dict.fromkeys(texts) if "ont" in text.lower()))
    fonts.update(_first(element.attr("face") or "") for element in tree.select("font[face]")[:MAX_STYLED])
    return fonts


def _fonts(text: str) -> set[str]:
    found: set[str] = set()
    for longhand, value in _FONT.findall(text):
        if not longhand:
            size = _SIZE.search(value)
            if size is None:
                continue
            value = value[size.end() :]
        found.add(_first(value))
    return found


def _first(families: str) -> str:
    return " ".join(
        families.partition(",")[0].partition("!")[0].replace('"', " ").replace("'", " ").lower().split()
    )


def fonts_used(sheets: Iterable[str], names: frozenset[str]) -> set[str]:
    """The families that rules of style sheets set text in: of each list the first, in lower case.

    Rules whose selectors match nothing by `names` (see `css_match`) do not count.
    """
    used: set[str] = set()
    for sheet in sheets:
        for block in _FACE.sub("", without_comments(sheet)).split("}"):
            before, _, declarations = block.rpartition("{")
            if (families := _fonts(declarations)) and not families <= used:
                selectors = before.rpartition("{")[2].rpartition(";")[2]
                if may_match(selectors[:MAX_SELECTOR], names):
                    used |= families
    return used


def under_fonts(
    readings: Sequence[tuple[Carrier, CssReading]], used: Set[str]
) -> list[tuple[Carrier, CssReading]]:
    """Mark the fonts that a browser may not need: conditional.

    A browser fetches a font once a text is set in its family. That is certain only where the family stands
    first in its list (else a font of the reader's may do) and has one face with one source. Source: CSS
    Fonts 4, sections 4.3 and 5.
    """
    faces: dict[str, int] = {}
    for _, reading in readings:
        for found in reading.references:
            if found.role == "font":
                faces[found.family] = faces.get(found.family, 0) + 1

    def marked(found: CssReference) -> CssReference:
        certain = found.role != "font" or (found.family in used and faces[found.family] == 1)
        return found if certain or found.conditional else msgspec.structs.replace(found, conditional=True)

    return [
        (carrier, msgspec.structs.replace(reading, references=tuple(map(marked, reading.references))))
        for carrier, reading in readings
    ]
