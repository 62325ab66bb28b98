"""What reading one style sheet or style attribute gives."""

from __future__ import annotations

import msgspec


class CssReference(msgspec.Struct, frozen=True, gc=False):
    """One URL that a style makes some client fetch.

    `role` is "image", "import" or "font"; `property` the declaration's name, or "@import". `evasive` tells
    that it is written so that a search for `url(` may miss it or misread it. `offset` is in characters.
    `selectors` is the head of the style rule around it without comments and escapes, "" where none is known.
    `family` is the name of the font that it is a source of, in lower case.
    `probe` is what the rules around it ask about the reader (see `css_probe`), `media` the nearest `@media`.
    """

    url: str
    role: str
    property: str
    function: str = "url"
    evasive: bool = False
    trigger: str = "open"
    conditional: bool = False
    fires_in: tuple[str, ...] = ()
    offset: int = -1
    selectors: str = ""
    probe: str = ""
    media: str = ""
    family: str = ""


class CssReading(msgspec.Struct, frozen=True, gc=False):
    """References of one text, values of custom properties that could be fetched, and where those are used.

    `customs` are (name, url, whether written as a string); `uses` are (name, whether a string counts as URL
    there, the reference it becomes, its URL empty). A use in a custom property has the role "custom" and that
    property's name. `complete` is False where a limit ended the reading.
    """

    references: tuple[CssReference, ...] = ()
    customs: tuple[tuple[str, str, bool], ...] = ()
    uses: tuple[tuple[str, bool, CssReference], ...] = ()
    complete: bool = True
