"""Fonts that a style sheet asks for."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, VISIT, Technique
from tocsin.observe.css import style_references
from tocsin.observe.html import HtmlView

TECHNIQUE = "css-font"

ABOUT = Technique(
    TECHNIQUE,
    "Remote font",
    "open",
    VISIT,
    "`@font-face src`",
    "The mail asks for a font from a server. It is fetched when a text uses the font.",
    BLOCK_REMOTE,
    "Programs that draw mail with a browser engine: Apple Mail, Thunderbird, some others.",
    ("CSS Fonts 4, https://www.w3.org/TR/css-fonts-4/",),
)


def find(view: HtmlView) -> Iterator[Reference]:
    """Find the `src` of @font-face.

    A browser fetches a font once a text is set in its family. That is certain only where some style or
    `<font face>` names the family first and it has one face with one source; else it is conditional.
    Source: CSS Fonts 4, sections 4.3 and 5.
    """
    return style_references(view, "font", TECHNIQUE)
