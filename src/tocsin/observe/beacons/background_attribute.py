"""Backgrounds given by the `background` attribute of body and tables."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, HTML_STANDARD, VISIT, Technique
from tocsin.observe.html import HtmlView

TECHNIQUE = "background-attribute"

ABOUT = Technique(
    TECHNIQUE,
    "Background picture of a page or table",
    "open",
    VISIT,
    "`background` on `body`, `table`, `thead`, `tbody`, `tfoot`, `tr`, `td`, `th`",
    "The mail puts a remote picture behind a page, a table or a cell. It is fetched like any picture, "
    "but nobody "
    "sees that something is missing when it is blocked.",
    BLOCK_REMOTE,
    "Most, Outlook's Word engine included for the page itself. Roundcube's filter missed it on `body` where "
    "white space "
    "stood before the address (CVE-2026-35542).",
    (HTML_STANDARD + "multipage/rendering.html#tables-2", "CVE-2026-35542"),
)

TAGS = frozenset({"body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"})


def find(view: HtmlView) -> Iterator[Reference]:
    """Find background attributes where clients honour them.

    Conditional where a style gives the same element another background: browsers fetch only that one; and
    where the element is not drawn at all (`display: none`).
    Source: WHATWG HTML, rendering of body and tables.
    """
    for node in view.nodes:
        if node.tag in TAGS and (url := node.get("background")):
            yield node.reference(TECHNIQUE, url, "background")
