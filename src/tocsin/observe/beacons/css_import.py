"""Style sheets that a mail asks for: `@import` and `link rel=stylesheet`."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, VISIT, Technique
from tocsin.observe.css import style_references
from tocsin.observe.html import HtmlView

TECHNIQUE = "css-import"

ABOUT = Technique(
    TECHNIQUE,
    "Remote style sheet",
    "open",
    VISIT,
    "`@import`, `link rel=stylesheet`, conditional comments, `@namespace`",
    "The mail asks for a style sheet from a server. The request itself reports the reader, and the "
    "sheet that comes "
    "back may ask for more and may differ from reader to reader.",
    BLOCK_REMOTE,
    "Programs that draw mail with a browser engine; many remove it. Roundcube's server fetched some style "
    "sheets itself, "
    "from hosts of its own network too (CVE-2026-35540, CVE-2026-48843).",
    ("CSS Cascade 4, https://www.w3.org/TR/css-cascade-4/#at-import", "CVE-2026-35540", "CVE-2026-48843"),
)


def find(view: HtmlView) -> Iterator[Reference]:
    """Find `@import` rules, and links of the type stylesheet.

    Browsers fetch a linked sheet whatever its media, and alternate ones too, only later than the others.
    `disabled`, and for an @import its media, supports() and rules before it, make it conditional. A `type`
    other than text/css fetches nothing, nor does `@namespace`.
    Source: WHATWG HTML, link type stylesheet; CSS Cascade 5, section 2.
    """
    for node in view.tagged("link"):
        href = node.get("href").strip()
        tokens = node.get("rel").lower().split()
        if not href or "stylesheet" not in tokens or href[:5].lower() == "data:":
            continue
        declared = node.get("type").partition(";")[0].strip().lower()
        if declared not in ("", "text/css"):
            continue
        yield node.reference(TECHNIQUE, href, "href", conditional="disabled" in node.attributes)
    yield from style_references(view, "import", TECHNIQUE)
