"""What is asked of single elements: attributes as written, the parent's tag, what an inline style does."""

from __future__ import annotations

from functools import lru_cache

from turbohtml import Element

from tocsin.observe.css_text import could_fetch
from tocsin.observe.hiding import conceals

HARMLESS = (False, False)
_WORTH_KEEPING = 500  # characters of a style: longer ones are not met again


def attributes_of(element: Element) -> dict[str, str]:
    """Give an element's attributes, those that the parser splits into tokens as written."""
    attributes = element.attrs.copy()
    if list in map(type, attributes.values()):
        for name, value in attributes.items():
            if type(value) is not str:
                attributes[name] = element.attr(name) or ""
    return attributes  # type: ignore[return-value]  # nothing but strings is left


def tag_above(element: Element) -> str:
    """Give the tag of the parent, "" where there is none."""
    above = element.parent
    return above.tag if type(above) is Element else ""


def style_marks(style: str) -> tuple[bool, bool]:
    """Tell whether an inline style takes its element out of sight and whether it could fetch something."""
    return _known_marks(style) if len(style) < _WORTH_KEEPING else _marks(style)


def _marks(style: str) -> tuple[bool, bool]:
    lowered = style.lower()
    return conceals(lowered), could_fetch(lowered)


_known_marks = lru_cache(maxsize=4096)(_marks)
