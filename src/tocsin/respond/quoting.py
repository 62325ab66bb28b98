"""What somebody else wrote, made fit to stand in a notice: nothing in it can be followed, dialled or steer anything."""

from __future__ import annotations

import re

_FACTOR = 8  # so much more is read than is kept: what is broken up grows, blanks go
_QUOTES = str.maketrans(dict.fromkeys('“”„‟«»‹›‘’‚"', "'"))
# Letters that programs take for those of addresses: full width, ideographic and small forms.
_LOOK_ALIKES = str.maketrans("．。｡․﹒＠﹫／⁄∕：﹕＋", ".....@@///::+")
_HOST = re.compile(r"(?<![\w@.-])((?:[\w-]{1,63}\.){1,10}[\w-]{2,63})")
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}")
_SCHEME = re.compile(r"(?i)\b(?:https?|ftp|mailto|tel|sms|file|data|javascript):")
_MARKER = re.compile(r"(?<!\S)[-*•#>=]+(?!\S)")  # what could begin a line of a list once lines are wrapped
_MARKS = r"\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PILE = re.compile(f"([{_MARKS}]{{3}})[{_MARKS}]+")
_NUMBER = re.compile(r"\+?\d(?:[\s().\-/]{0,2}\d){5,}")


def quoted(text: str, limit: int, marks: tuple[str, str] = ("", "")) -> str:
    """The text on one line, cut to `limit` letters, between these quotation marks."""
    plain = text[: limit * _FACTOR].translate(_LOOK_ALIKES)
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in plain).split())
    plain = _PILE.sub(r"\1", plain)  # marks that would cover the lines above and below
    plain = _SCHEME.sub(lambda found: found[0].replace(":", "[:]"), plain)
    plain = _ADDRESS.sub(lambda found: found[0].replace("@", "[at]"), plain)
    plain = _HOST.sub(lambda found: found[0].replace(".", "[.]"), plain)
    plain = _NUMBER.sub("…", plain).translate(_QUOTES).replace("//", "/ /")
    plain = _MARKER.sub("–", plain.replace("[____", "[ ____"))
    if len(plain) > limit or len(text) > limit * _FACTOR:
        plain = plain[: limit - 1].rstrip() + "…"
    return f"{marks[0]}{plain}{marks[1]}"
