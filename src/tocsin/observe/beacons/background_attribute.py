"""Backgrounds given by the `background` attribute of body and tables."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.html import HtmlView

TECHNIQUE = "background-attribute"

TAGS = frozenset({"body", "table", "thead", "tbody", "tfoot", "tr", "td", "th"})


def find(view: HtmlView) -> Iterator[Reference]:
    """Find background attributes where clients honour them.

    Source: WHATWG HTML, rendering of body and tables.
    """
    for node in view.nodes:
        if node.tag in TAGS and (url := node.get("background")):
            yield node.reference(TECHNIQUE, url, "background")
