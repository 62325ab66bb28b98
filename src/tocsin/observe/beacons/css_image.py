"""Pictures and other files that a style asks for with a plain `url()`."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, VISIT, Technique
from tocsin.observe.css import style_references
from tocsin.observe.html import HtmlView

TECHNIQUE = "css-image"

ABOUT = Technique(
    TECHNIQUE,
    "Picture asked for by a style",
    "open",
    VISIT,
    "`background*`, `content`, `list-style*`, `cursor`, `border-image*`, `mask*`, `shape-outside`, "
    "`filter`, "
    "`clip-path`, `offset-path`, `behavior`, `-moz-binding`, `AlphaImageLoader`",
    "A style rule names a remote picture: a background, a list mark, a mouse pointer. It is fetched "
    "when the rule applies.",
    BLOCK_REMOTE,
    "Programs that draw mail with a browser engine. Several of the properties work in some engines only.",
    ("CSS Images 3, https://www.w3.org/TR/css-images-3/",),
)


def find(view: HtmlView) -> Iterator[Reference]:
    """Find `url()` in declarations of style sheets and style attributes.

    Conditional under a media query other than screen, a state such as :hover, an attribute selector, and in
    properties that no current browser fetches for, and for an element that its own style leaves undrawn
    (`display: none`). Source: CSS Images 4; CSS Syntax 3, section 4.3.
    """
    return style_references(view, "image", TECHNIQUE)
