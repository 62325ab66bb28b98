"""Requests by styles that are spelled so that a search for `url(` misses or misreads them."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.css import evasive_references
from tocsin.observe.html import HtmlView

TECHNIQUE = "css-evasion"


def find(view: HtmlView) -> Iterator[Reference]:
    """Find escapes in names and URLs, comments inside a declaration, variables, an unclosed `url(`.

    Also functions other than `url()`: `image-set()`, `cross-fade()`; `src()`, `image()` and `attr()` are
    conditional, since no current engine fetches for them, as is a name that only a removed comment puts
    together. Source: CSS Syntax 3; CSS Images 4; CSS Variables 1.
    """
    return evasive_references(view, TECHNIQUE)
