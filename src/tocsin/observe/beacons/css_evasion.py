"""Requests by styles that are spelled so that a search for `url(` misses or misreads them."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, VISIT, Technique
from tocsin.observe.css import evasive_references
from tocsin.observe.html import HtmlView

TECHNIQUE = "css-evasion"

ABOUT = Technique(
    TECHNIQUE,
    "Style written so that filters miss it",
    "open",
    VISIT,
    "escapes such as `\\75\\72\\6c(`, entities, comments, `var()`, `image()`, `image-set()`, "
    "`cross-fade()`, `src()`, "
    "`element()`, `attr()`, an unclosed `url(`",
    "The mail asks for a remote file in a style, spelled so that a program that searches for `url(` "
    "does not "
    "find it although a browser reads it as such. Ordinary senders have little reason to do so.",
    BLOCK_REMOTE + " A block that works by removing text may miss this one: keep the mail closed.",
    "Programs that draw mail with a browser engine. Roundcube's filter read escapes otherwise than browsers do "
    "(CVE-2024-42010), and missed addresses in variables (CVE-2026-48846).",
    ("CSS Syntax 3, https://www.w3.org/TR/css-syntax-3/", "CVE-2024-42010", "CVE-2026-48846"),
)


def find(view: HtmlView) -> Iterator[Reference]:
    """Find escapes in names and URLs, comments inside a declaration, variables, an unclosed `url(`.

    Also functions other than `url()`: `image-set()`, `cross-fade()`; `src()`, `image()` and `attr()` are
    conditional, since no current engine fetches for them, as is a name that only a removed comment puts
    together. Source: CSS Syntax 3; CSS Images 4; CSS Variables 1.
    """
    return evasive_references(view, TECHNIQUE)
