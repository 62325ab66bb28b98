"""Pictures and other files that a style asks for with a plain `url()`."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.css import style_references
from tocsin.observe.html import HtmlView

TECHNIQUE = "css-image"


def find(view: HtmlView) -> Iterator[Reference]:
    """Find `url()` in declarations of style sheets and style attributes.

    Conditional under a media query other than screen, a state such as :hover, an attribute selector, and in
    properties that no current browser fetches for. Source: CSS Images 4; CSS Syntax 3, section 4.3.
    """
    return style_references(view, "image", TECHNIQUE)
