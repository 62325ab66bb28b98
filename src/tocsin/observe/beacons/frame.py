"""Documents drawn inside the mail: `iframe`, `frame`, `portal`, `fencedframe`."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, HTML_STANDARD, VISIT_WITH_COOKIES, Technique
from tocsin.observe.embedded import MSHTML
from tocsin.observe.html import HtmlView

TECHNIQUE = "frame"

ABOUT = Technique(
    TECHNIQUE,
    "Document inside the mail",
    "open",
    VISIT_WITH_COOKIES,
    "`iframe`, `frame`, `portal`, `fencedframe`; `srcdoc`, `data:` and `view-source:` documents are "
    "read inside",
    "The mail holds a window onto another document, which is fetched when the mail is drawn. "
    "Newsletters do not "
    "do this: most programs remove it.",
    BLOCK_REMOTE,
    "Few mail programs; web pages that show mail without removing frames. Thunderbird before 91.13.1 and "
    "102.2.1 asked "
    "for the document of a frame that it did not show (CVE-2022-3034), and for what a `srcdoc` holds "
    "(CVE-2022-3032).",
    (HTML_STANDARD + "multipage/iframe-embed-object.html", "CVE-2022-3032", "CVE-2022-3034"),
)
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
