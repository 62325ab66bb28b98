"""What inline SVG fetches: pictures, references to other documents, and animation that sets them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, VISIT, Technique
from tocsin.observe.css import read_css
from tocsin.observe.html import HtmlNode, HtmlView

TECHNIQUE = "svg"

ABOUT = Technique(
    TECHNIQUE,
    "Drawing that fetches",
    "open",
    VISIT,
    "`image`, `use`, `feImage`, `font-face-uri`, `script`, animation values, `url()` in fill, stroke, "
    "mask, "
    "filter, cursor, clip-path, marker",
    "The mail holds a vector drawing whose parts lie on a server. Filters that know `img` may not know "
    "its "
    "counterparts in drawings.",
    BLOCK_REMOTE + " Do not open an attached drawing in a browser.",
    "Programs that draw SVG in mail; an attached drawing when it is opened in a browser. Roundcube's filter "
    "let through "
    "drawings in `data:` (CVE-2023-5631), pictures of filters (CVE-2026-25916) and animations that set an address "
    "(CVE-2026-35543, CVE-2026-35545, CVE-2026-48848), each until it was corrected.",
    (
        "SVG 2, https://www.w3.org/TR/SVG2/linking.html",
        *("CVE-2023-5631", "CVE-2026-25916", "CVE-2026-35543", "CVE-2026-35545", "CVE-2026-48848"),
    ),
)
SCRIPTING = "scripting"  # clients that run scripts

_PICTURES = frozenset({"image", "feImage"})
_ANIMATIONS = frozenset({"animate", "set", "animateColor", "animateMotion", "animateTransform"})
_REFERENCES = frozenset({"href", "xlink:href", "src"})  # `src` got past a webmail's filter in 2026
_FETCHED_AS_PICTURE = frozenset({"cursor", "mask"})
_FUNCTION_ATTRIBUTES = (
    "fill", "stroke", "mask", "filter", "cursor", "clip-path",
    "marker", "marker-start", "marker-mid", "marker-end",
)  # fmt: skip
_FUNCTION = re.compile(r"""url\(\s*+(?:"([^"]*+)|'([^']*+)|([^)"'\s]*+))""", re.IGNORECASE)


def find(view: HtmlView) -> Iterator[Reference]:
    """Find references of SVG elements; links are `link`, style sheets and style attributes are CSS.

    Pictures are fetched from anywhere. `use` and paint servers are fetched from the document's own origin at
    most, which a mail does not have, so they are conditional. Source: SVG 2, linking; SVG 1.1, FuncIRI.
    """
    for node in view.svg:
        attributes = node.attributes
        if not attributes:
            continue
        href = attributes.get("href") or attributes.get("xlink:href") or ""
        if href and href[0] != "#":
            if node.tag in _PICTURES:
                yield node.reference(TECHNIQUE, href, "href")
            elif node.tag == "script":
                yield node.reference(TECHNIQUE, href, "href", conditional=True, fires_in=(SCRIPTING,))
            elif node.tag != "a":
                yield node.reference(TECHNIQUE, href, "href", conditional=True)
        if node.tag in _ANIMATIONS:
            yield from _animated(node)
        for name in _FUNCTION_ATTRIBUTES:
            if value := attributes.get(name):
                for url in _urls(value):
                    yield node.reference(TECHNIQUE, url, name, conditional=name not in _FETCHED_AS_PICTURE)


def _urls(value: str) -> list[str]:
    """Give what `url()` in a presentation attribute names; CSS escapes count there as in a style."""
    if "\\" in value:
        found = [reference.url for reference in read_css(f"fill:{value}", inline=True).references]
    else:
        found = [double or single or bare for double, single, bare in _FUNCTION.findall(value)]
    return [url for url in found if url and url[0] != "#"]


def _animated(node: HtmlNode) -> Iterator[Reference]:
    """Find the values that an animation gives to a reference, at once or when something happens."""
    attribute = node.get("attributeName").strip().lower()
    of_reference = attribute in _REFERENCES
    waits = any(word in node.get("begin").lower() for word in ("click", "over", "focus", "key", "indefinite"))
    for name in ("from", "to", "by", "values"):
        for value in node.get(name).split(";"):
            value = value.strip()
            if of_reference and value and value[0] != "#":
                yield node.reference(TECHNIQUE, value, name, conditional=waits or attribute == "src")
            elif "(" in value:
                for url in _urls(value):
                    yield node.reference(TECHNIQUE, url, name, conditional=True)
