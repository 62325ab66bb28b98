"""Pictures fetched by one URL: `img`, `input type=image`, and the attributes that old clients fetch too."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, HTML_STANDARD, VISIT_WITH_COOKIES, Technique
from tocsin.observe.embedded import MSHTML
from tocsin.observe.html import HtmlView

TECHNIQUE = "image"

ABOUT = Technique(
    TECHNIQUE,
    "Picture",
    "open",
    VISIT_WITH_COOKIES,
    "`img src`, `image`, `lowsrc`, `dynsrc`, `longdesc`, `input type=image`, `isindex`",
    "The mail shows a picture that does not travel with it. The reader's program asks the sender's "
    "server for "
    "it, and the server notes the request. Most such pictures are ordinary; one that is a single "
    "pixel, or "
    "whose address names the reader, is there to be counted.",
    BLOCK_REMOTE,
    "All that show remote pictures. Some mail services fetch pictures through servers of their own, "
    "which hides the "
    "reader's network address but not that the mail was opened. `lowsrc` and `dynsrc` work in programs "
    "with "
    "Internet Explorer's engine only; `longdesc` only when the reader asks for the description.",
    (HTML_STANDARD + "multipage/images.html",),
)
TAGS = frozenset({"img", "input", "isindex"})


def find(view: HtmlView) -> Iterator[Reference]:
    """Find pictures. `image` has become `img` in the parser; lazy pictures load when scrolled to: open.

    `src` is one candidate among others where there is a `srcset` or a `picture` around it. `lowsrc` and
    `dynsrc` are Internet Explorer's, `longdesc` is opened by hand only. The pictures of VML shapes are foreign-markup.
    Source: WHATWG HTML, update the image data.
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
        kind = node.get("type").lower()
        if kind.strip() == "image" and (src := node.get("src")):
            # With white space around it a browser takes it for an unknown type, thus for a text field.
            yield node.reference(TECHNIQUE, src, "src", conditional=kind != "image")
    for node in view.tagged("isindex"):
        if src := node.get("src"):
            yield node.reference(TECHNIQUE, src, "src", conditional=True, fires_in=(MSHTML,))
