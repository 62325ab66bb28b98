"""`link` elements by which a client fetches or resolves something ahead."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.html import HtmlView

TECHNIQUE = "link-hint"
BROWSER_TAB = "browser-tab"  # the mail opened as a page of its own

_AT_ONCE = ("prefetch", "preload", "modulepreload", "preconnect", "dns-prefetch")
_LIMITED: dict[str, tuple[str, ...]] = {
    "prerender": ("chromium",),
    "compression-dictionary": ("chromium",),
    "import": ("chromium",),  # HTML imports, until 2020
    "next": ("gecko",),  # fetched ahead like prefetch by old Gecko
    "icon": (BROWSER_TAB,),
    "apple-touch-icon": (BROWSER_TAB,),
    "apple-touch-icon-precomposed": (BROWSER_TAB,),
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
