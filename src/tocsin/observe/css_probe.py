"""Which conditions of a style tell the sender something about the reader once a request depends on them."""

from __future__ import annotations

import re

from tocsin.observe.css_text import unescape, without_comments

# Width, height, orientation and minimal or maximal device width are what every responsive newsletter asks.
_FEATURE = re.compile(
    r"prefers-|resolution|device-pixel-ratio|(?<![-\w])device-(?:width|height|aspect)|aspect-ratio|hover|pointer"
    r"|color|monochrome|dynamic-range|scripting|(?<![-\w])(?:update|grid|scan)(?![-\w])|overflow-|display-mode"
    r"|environment-blending|video-|light-level|nav-controls|device-posture|viewport-segments|transform-3d"
    r"|\(\s*-(?:moz|ms|o|webkit)-"
)
_PAPER = re.compile(
    r"(?<![-\w])(?<!not )(?:print|speech|aural|braille|tty|tv|projection|handheld|embossed)\b"
)
_STATE = re.compile(
    r":(?:hover|active|focus|visited|target|checked|indeterminate|valid|invalid|user-|in-range|out-of-range"
    r"|placeholder-shown|autofill|fullscreen|modal|playing|paused|muted|popover-open|open\b|picture-in-picture)"
    r"|::?selection|::?-(?:webkit|moz|ms|o|khtml)-"
    r"|\[\s*value\s*[\^$*~|]?="
)
# Names that mail programs put around a body or give to it.
_WRAPPER = re.compile(
    r"\.externalclass|#messageviewbody|\.moz-text-|#outlook\b|\.yshortcuts|#yahoo|\[data-og(?:sc|sb|ab|ac)\]|\[owa\]"
    r"|^u\s*[+~]\s*|\.gmail_|\.x_",
)
_SPACE = re.compile(r"\s+")
_FAMILY = re.compile(r"font-family\s*+:\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^;}]*+))", re.IGNORECASE)
_LOCAL = re.compile(r"local\(\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^)]*+))", re.IGNORECASE)
_NO_LETTER = re.compile(r"[^a-z0-9]+")


def probe_of(prelude: str) -> str:
    """Give what a rule's head (`@media …` or selectors) asks about the reader, "" for what is asked for looks.

    Media features other than width, height and orientation, print, `@supports`, `@container`, states that a
    reader brings about, pseudo-classes of one engine, wrappers of one mail program, the beginnings of a typed
    value. A list of selectors asks only if each of them does. Source: Media Queries 5; Selectors 4; "Cascading
    Spy Sheets", NDSS 2025.
    """
    head = _SPACE.sub(" ", unescape(without_comments(prelude[:4_000]))).strip().lower()
    if head[:1] != "@":
        found = ""
        for selector in head.split(","):
            match = _STATE.search(selector) or _WRAPPER.search(selector.strip())
            if match is None:
                return ""
            found = match[0].strip()
        return found
    name = head[1:].partition(" ")[0].partition("(")[0]
    if name in ("supports", "container", "-moz-document", "document", "page"):
        return f"@{name}"
    return media_probe(head[len("@media") :]) if name == "media" else ""


def media_probe(query: str) -> str:
    """Give what a list of media queries asks about the reader, "" if one of them asks for looks only."""
    found = ""
    for one in query.lower().split(","):
        match = _FEATURE.search(one) or _PAPER.search(one)
        if match is None:
            return ""
        found = match[0].strip(" (")
    return found


def font_probe(rule: str) -> str:
    """Give the installed font that a `@font-face` asks for under another name before it fetches, "" for none.

    Font services name their own font (`local("Lato Regular")` for Lato), to save a download. Whoever looks
    for somebody else's font learns from the request that it is missing.
    """
    family = _FAMILY.search(rule)
    own = _bare(family[1] or family[2] or family[3] or "") if family else ""
    for names in _LOCAL.findall(rule):
        local = _bare(names[0] or names[1] or names[2])
        if local and not (own and (local[:4] == own[:4] or own in local or local in own)):
            return "local()"
    return ""


def _bare(name: str) -> str:
    return _NO_LETTER.sub("", name.lower())
