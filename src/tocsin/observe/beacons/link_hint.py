"""`link` elements by which a client fetches or resolves something ahead."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, HTML_STANDARD, VISIT, Technique
from tocsin.observe.html import HtmlView

TECHNIQUE = "link-hint"

ABOUT = Technique(
    TECHNIQUE,
    "Hint to fetch ahead",
    "open",
    VISIT,
    "`link rel=` prefetch, preload, modulepreload, prerender, preconnect, dns-prefetch, icon, manifest, "
    "alternate, search, pingback",
    "The mail tells the reader's program to look up a host, to connect to it or to fetch a file before "
    "anybody needs it. "
    "A name look-up alone already reaches the sender's name server.",
    BLOCK_REMOTE
    + " Name look-ups may happen all the same; prefetching should be switched off where there is a switch.",
    "Programs that draw mail with a browser engine and leave `link` in place. Icons and manifests are "
    "fetched "
    "only when the mail is opened as a page of its own.",
    (HTML_STANDARD + "multipage/links.html#linkTypes", "https://www.w3.org/TR/resource-hints/"),
)
BROWSER_TAB = "browser-tab"  # the mail opened as a page of its own

_AT_ONCE = ("prefetch", "preload", "modulepreload", "preconnect", "dns-prefetch")
_LIMITED: dict[str, tuple[str, ...]] = {
    "prerender": ("chromium",),
    "compression-dictionary": ("chromium",),
    "subresource": ("chromium",),  # a preload before there was one, until 2016
    "import": ("chromium",),  # HTML imports, until 2020
    "next": ("gecko",),  # fetched ahead like prefetch by old Gecko
    "icon": (BROWSER_TAB,),
    "apple-touch-icon": (BROWSER_TAB,),
    "apple-touch-icon-precomposed": (BROWSER_TAB,),
    "apple-touch-startup-image": (BROWSER_TAB,),
    "mask-icon": (BROWSER_TAB,),
    "manifest": (BROWSER_TAB,),
    "search": (BROWSER_TAB,),
}
_BY_HAND = ("alternate", "pingback")


def find(view: HtmlView) -> Iterator[Reference]:
    """Find hints by their `rel` tokens; style sheets belong to css-import.

    Icons, manifests and search descriptions are fetched for a page in a tab of its own, not for a mail drawn
    in a frame; `alternate` and `pingback` only when somebody asks for them: click. The reference's attribute
    is the token, since it decides what leaks. Source: WHATWG HTML, link types; W3C Resource Hints.
    """
    for node in view.tagged("link"):
        href = node.get("href")
        if not href:
            continue
        tokens = node.get("rel").lower().split()
        for token in dict.fromkeys(tokens):
            if token in _AT_ONCE:
                yield node.reference(TECHNIQUE, href, token, conditional=bool(node.get("media")))
            elif token in _LIMITED:
                yield node.reference(TECHNIQUE, href, token, conditional=True, fires_in=_LIMITED[token])
            elif token in _BY_HAND and "stylesheet" not in tokens:
                yield node.reference(TECHNIQUE, href, token, trigger="click", conditional=True)
