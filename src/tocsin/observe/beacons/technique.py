"""How a technique is described: what it is, when it acts, what it gives away, what a reader can do."""

from __future__ import annotations

import msgspec


class Technique(msgspec.Struct, frozen=True):
    """One row: `trigger` is the earliest usual one, `leaks` what a client that acts on it gives away.

    `carriers` are the places it can stand in. `what`, `reader` and `clients` are paragraphs for the page.
    """

    id: str
    title: str
    trigger: str
    leaks: tuple[str, ...]
    carriers: str
    what: str
    reader: str
    clients: str
    sources: tuple[str, ...] = ()


VISIT = ("address", "client", "time")
VISIT_WITH_COOKIES = ("address", "client", "time", "cookies")
BLOCK_REMOTE = (
    "Keep remote pictures and remote content blocked, and do not allow them for this sender. Nothing is sent "
    "while they stay blocked."
)
HTML_STANDARD = "WHATWG HTML, https://html.spec.whatwg.org/"
