"""Pictures fetched by one URL: `img`, `input type=image`, and the attributes that old clients fetch too."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.embedded import MSHTML, OUTLOOK_WINDOWS
from tocsin.observe.html import HtmlView

TECHNIQUE = "image"
_SHAPES = ("v:fill", "v:imagedata", "v:image", "v:stroke")
TAGS = frozenset({"img", "input", "isindex", *_SHAPES})


def find(view: HtmlView) -> Iterator[Reference]:
    """Find pictures. `image` has become `img` in the parser; lazy pictures load when scrolled to: open.

    `src` is one candidate among others where there is a `srcset` or a `picture` around it. `lowsrc` and
    `dynsrc` are Internet Explorer's, `longdesc` is opened by hand only. The pictures of VML shapes, with the
    prefix `v:` that all programs give it, are drawn by Word.
    Source: WHATWG HTML, update the image data; W3C Note, Vector Markup Language (1998).
    """
    for node in view.tagged("img"):
        attributes = node.attributes
        if src := attributes.get("src"):
            several = node.parent == "picture" or bool(attributes.get("srcset", "").strip())
            yield node.reference(TECHNIQUE, src, "src", conditional=several)
        for name in ("lowsrc", "dynsrc"):
            if url := attributes.get(name):
                yield node.reference(TECHNIQUE, url, name, conditional=True, fires_in=(MSHTML,))
        if url := attributes.get("longdesc"):
            yield node.reference(TECHNIQUE, url, "longdesc", trigger="click", conditional=True)
    for node in view.tagged("input"):
        if node.get("type").strip().lower() == "image" and (src := node.get("src")):
            yield node.reference(TECHNIQUE, src, "src")
    for node in view.tagged("isindex"):
        if src := node.get("src"):
            yield node.reference(TECHNIQUE, src, "src", conditional=True, fires_in=(MSHTML,))
    for node in view.tagged(*_SHAPES):
        for name in ("src", "o:href"):
            if url := node.get(name):
                yield node.reference(TECHNIQUE, url, name, conditional=True, fires_in=(OUTLOOK_WINDOWS,))
