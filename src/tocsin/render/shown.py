"""Text from mail made fit for people's eyes: nothing hidden or clickable, nothing that steers a terminal."""

from __future__ import annotations

import html
import re

from tocsin.mail.plain_json import UNSEEN
from tocsin.mail.url import defang

_LONGEST_NAME = 300  # characters; names of hosts have 253
_SPACE = re.compile(r"[ \t\r\n]+")
# Marks that stack on one letter until they cover the lines above and below it; no language needs so many.
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PILE = re.compile(f"([{_MARKS}]{{4}})[{_MARKS}]+")


def visible(text: str) -> str:
    """The text on one line, each control, invisible or direction-changing character as `⟨U+202E⟩`."""
    text = _SPACE.sub(" ", text).strip(" ")
    return UNSEEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", _PILE.sub(r"\1⟨…⟩", text))


def shown(text: str, limit: int = 300) -> str:
    """Text from mail as people see it: visible, defanged, cut after `limit` characters with a word on it."""
    if len(text) > limit:
        return f"{_begun(text, limit)}… (cut, {len(text):,} characters in all)"
    return defang(visible(text))


def short(text: str, limit: int) -> str:
    """Like `shown`, for narrow places: cut without a word about it."""
    return defang(visible(text)) if len(text) <= limit else f"{_begun(text, limit - 1)}…"


def _begun(text: str, limit: int) -> str:
    """The first characters; defanged before they are cut, as a host without its end is not known for one."""
    return defang(visible(text[: limit + _LONGEST_NAME]))[:limit]


def place(source: str) -> str:
    """A place (path#member): the path as it must be typed, the member, named by others, defanged."""
    path, mark, member = source.partition("#")
    return visible(path) + mark + defang(visible(member))


def escaped(text: str) -> str:
    """Our own text, or text already shown, for HTML content and attributes in double quotes."""
    return html.escape(UNSEEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text), quote=True)


def isolated(text: str, limit: int = 300) -> str:
    """Text from mail as HTML, its writing direction kept to itself."""
    return f"<bdi>{escaped(shown(text, limit))}</bdi>"
