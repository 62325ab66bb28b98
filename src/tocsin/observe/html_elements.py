"""Which elements are looked at, and what is asked of them: attributes, what stands above, inline style."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from turbohtml import Element, Node

from tocsin.observe.css_text import could_fetch
from tocsin.observe.hiding import conceals

# How the walk treats an element, by its tag.
LINK, PICTURE, CARRIER, CELL, STYLE, TEMPLATE, DRAWING, UNREAD, SCRIPT, ROOT = range(1, 11)
_CARRIERS = (
    *("applet", "area", "audio", "base", "bgsound", "button", "embed", "fencedframe", "form", "frame"),
    *("iframe", "import", "input", "isindex", "link", "meta", "object", "param", "portal", "source", "track"),
    *("video", "xml", "v:fill", "v:imagedata", "v:image", "v:stroke", "v:vmlframe"),
    *("v:arc", "v:group", "v:oval", "v:polyline", "v:rect", "v:roundrect", "v:shape"),
    *("amp-ad", "amp-analytics", "amp-anim", "amp-audio", "amp-autocomplete", "amp-carousel", "amp-iframe"),
    *("amp-img", "amp-list", "amp-pixel", "amp-state", "amp-video"),
)
KINDS = {
    "a": LINK,
    **dict.fromkeys(_CARRIERS, CARRIER),
    **dict.fromkeys(("noembed", "noframes"), UNREAD),
    **dict.fromkeys(("html", "head"), ROOT),
    "img": PICTURE,
    "script": SCRIPT,
    "style": STYLE,
    "template": TEMPLATE,
    **dict.fromkeys(("math", "svg"), DRAWING),
}
CELLS = ("body", "table", "thead", "tbody", "tfoot", "tr", "td", "th")
KINDS_AND_CELLS = KINDS | dict.fromkeys(CELLS, CELL)
MARKED = "[hidden],[background],[itemprop],[onerror],[onload]"  # found in one go

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


# The sign before the name is looked at late: the engine skips to the letters.
_HANDLER = re.compile(r"on(?<=[\s\"'/]on)(?i:[a-z]{3,24})(?=\s*=)")
_SHOUTED = re.compile(r"O(?<=[\s\"'/]O)(?i:n[a-z]{3,24})(?=\s*=)")
_MIXED = re.compile(r"oN(?<=[\s\"'/]oN)(?i:[a-z]{3,24})(?=\s*=)")
_MAX_HANDLERS = 5_000
_MAX_EVENTS = 100


def handlers_in(tree: Node, text: str, marked: list[Element]) -> list[tuple[str, dict[str, str]]]:
    """Give tag and event-handler attributes of the elements that have some, 5,000 at most."""
    written = _HANDLER.findall(text) + _SHOUTED.findall(text)
    if "oN" in text:
        written += _MIXED.findall(text)
    events = {event.lower() for event in written}
    if any(_is_handling(element) for element in marked):
        events |= {"onerror", "onload"}
    if not events:
        return []
    events = set(sorted(events)[:_MAX_EVENTS])
    found = tree.select(",".join([f"[{event}]" for event in events]))
    handling: list[tuple[str, dict[str, str]]] = []
    for element in found[:_MAX_HANDLERS]:
        named = {event: value for event in events if (value := element.attr(event))}
        if named:
            if element.attr("autofocus") is not None:
                named["autofocus"] = ""
            handling.append((element.tag, named))
    return handling


def _is_handling(element: Element) -> bool:
    return element.attr("onerror") is not None or element.attr("onload") is not None


def type_above(element: Element) -> str:
    """Give the short name of the type of the microdata item that a property belongs to, "" for none."""
    for above in islice(element.ancestors, 60):
        if type(above) is Element and above.attr("itemscope") is not None:
            return (above.attr("itemtype") or "").rstrip("/ ").rpartition("/")[2][:80]
    return ""


def style_marks(style: str) -> tuple[bool, bool]:
    """Tell whether an inline style takes its element out of sight and whether it could fetch something."""
    return _known_marks(style) if len(style) < _WORTH_KEEPING else _marks(style)


def _marks(style: str) -> tuple[bool, bool]:
    lowered = style.lower()
    return conceals(lowered), could_fetch(lowered)


_known_marks = lru_cache(maxsize=4096)(_marks)
