"""Documents drawn inside the mail: `iframe`, `frame`, `portal`, `fencedframe`."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.embedded import MSHTML
from tocsin.observe.html import HtmlView

TECHNIQUE = "frame"
TAGS = frozenset({"iframe", "frame", "portal", "fencedframe"})
_VIEW_SOURCE = "view-source:"


def find(view: HtmlView) -> Iterator[Reference]:
    """Find frames by URL; `srcdoc` and data: documents are part of the view already.

    Where there is a `srcdoc`, only clients without it fetch `src`. A sandbox does not stop the fetch.
    Source: WHATWG HTML, process the iframe attributes.
    """
    for node in view.tagged("iframe", "frame"):
        src = node.get("src").lstrip()
        if src[:12].lower() == _VIEW_SOURCE:
            yield node.reference(TECHNIQUE, src[12:], "src", conditional=True)
        elif src and "srcdoc" in node.attributes and node.tag == "iframe":
            yield node.reference(TECHNIQUE, src, "src", conditional=True, fires_in=(MSHTML,))
        elif src:
            yield node.reference(TECHNIQUE, src, "src")
    for node in view.tagged("portal", "fencedframe"):
        if src := node.get("src"):
            yield node.reference(TECHNIQUE, src, "src", conditional=True, fires_in=("chromium",))
