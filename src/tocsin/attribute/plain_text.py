"""Makes text comparable with a glossary: what looks the same becomes the same, and sentences stand alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import msgspec

# Letters of other scripts, and rarer Latin ones, that look like plain Latin letters; NFKC has done the rest.
_LIKE = str.maketrans(
    "аеорсухіѕјԁԛԝһкмнтвгпиӏԍьѵүӕαονρτικυχηγβεϲϳωⲟꞵıɑɡʟɪɴʀʙʜᴀᴄᴅᴇғɢᴊᴋᴍᴏᴘǫꜱᴛᴜᴠᴡʏᴢօոսհցⅰɩƅ",
    "aeopcyxisjdqwhkmhtbrnulgbvyæaovptikuxnybecjwobiaglinrbhacdefgjkmopqstuvwyzonshgiib",
)
_DIGITS = str.maketrans("0134578$@", "oieastbsa")
_LEET = re.compile(r"(?<=[a-z])[013457$@]+(?=[a-z])")
_SPACED = re.compile(r"(?<!\w)\w(?:[ ._*·-]\w){3,}(?!\w)")
_BROKEN = re.compile(r"(?<=\w)[-\u2010\u2011][ \t]*\r?\n[ \t]*(?=\w)")
_DASH = re.compile(r"(?<=\w)[-\u2010\u2011_*](?=\w)")
_PARAGRAPH = re.compile(r"\r?\n[ \t]*(?:\r?\n[ \t]*)+")
_END = re.compile(r"[.!?…。]+[\"'”“»’)\]]*(?:\s+|$)")
_SHORT_WORD = re.compile(
    r"(?:^|[\s(])(?:\w|\d{1,2}|e\.g|i\.e|bzw|ca|dr|etc|evtl|mr|mrs|nr|no|st|vgl|bijv|dhr|mevr|resp|sog|usw|u\.a|d\.h"
    r"|z\.b|o\.a|p\.ex|c\.-à-d)$",
    re.IGNORECASE,
)

_LONGEST_SHORT = 12  # characters looked at before a full stop


class Sentence(msgspec.Struct, frozen=True):
    """One sentence: as written, and folded two ways (lower case, no accents; in `joined` without hyphens in words)."""

    written: str
    folded: str
    joined: str


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text; line breaks, hidden characters and look-alikes part nothing."""
    for paragraph in _PARAGRAPH.split(_BROKEN.sub("", _visible(text))):
        for part in _parts(" ".join(paragraph.split())):
            yield Sentence(part, folded(part), folded(_DASH.sub("", part)))


def _parts(text: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(text):
        if (
            end[0].startswith(".")
            and end.end() < len(text)
            and _SHORT_WORD.search(text[max(start, end.start() - _LONGEST_SHORT) : end.start()])
        ):
            continue
        yield text[start : end.end()].strip()
        start = end.end()
    if text[start:].strip():
        yield text[start:].strip()


def _visible(text: str) -> str:
    """Without characters that are not seen; compatibility forms as the letters they stand for."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(
        letter
        for letter in text
        if letter in "\r\n\t" or unicodedata.category(letter) not in ("Cf", "Cc", "Co", "Cn", "Cs")
        if not "\ufe00" <= letter <= "\ufe0f" and letter not in "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
    )


def folded(text: str) -> str:
    """Lower case, without accents, with look-alikes and digits inside words as the letters they are read as.

    The French word for "sure" becomes "ssur", since without its accent it is the word for "on".
    """
    text = re.sub(r"\bsûr(?=(?:e|s|es|ement)?\b)", "ssur", _visible(text).casefold())
    text = unicodedata.normalize("NFKD", text.translate(_LIKE))
    text = "".join(letter for letter in text if not unicodedata.combining(letter)).translate(_LIKE)
    text = text.replace("’", "'").replace("ʼ", "'").replace("œ", "oe").replace("æ", "ae").replace("ł", "l")
    text = _SPACED.sub(lambda found: re.sub(r"[^\w]|_", "", found[0]), text)
    return _LEET.sub(lambda found: found[0].translate(_DIGITS), text)


def strange_word(text: str) -> str:
    """The first word with letters that are not Latin even when look-alikes are read as Latin; "" if none."""
    for word in re.findall(r"[^\W\d_]+", folded(text)):
        if any("LATIN" not in unicodedata.name(letter, "") for letter in word if letter not in "ªºµ"):
            return str(word)
    return ""
