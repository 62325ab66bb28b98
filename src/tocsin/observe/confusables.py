"""Letters of other alphabets as the Latin letters that a reader takes them for."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Lower-case letters with the Latin one that they are drawn like, from the data of Unicode TS #39 (confusables.txt):
# those that a host name or a display name can hold and that common fonts do not tell apart.
_ALIKE = {
    "a": "аαɑạ", "b": "ьɓвβ", "c": "сϲᴄⅽ", "d": "ԁɗժḍ", "e": "еєҽεėẹ", "f": "ϝƒք", "g": "ɡցğģ",
    "h": "һհḥн", "i": "іıɩιӏɪị", "j": "јϳʝ", "k": "кκķḳ", "l": "ӏⅼłļḷ", "m": "мⅿṃ", "n": "пηոռņṇ",
    "o": "оοσօөøọ", "p": "рρϱþ", "q": "ԛգզ", "r": "гᴦɾŗṛ", "s": "ѕꜱşṣ", "t": "тτţṭ", "u": "υսцʋᴜụ",
    "v": "ѵνᴠⅴ", "w": "ԝшωաᴡẉ", "x": "хχⅹ", "y": "уүγყỵ", "z": "ᴢżẓ", "ss": "ß", "ae": "æ", "oe": "œ",
}  # fmt: skip
_FOLDED = {ord(sign): latin for latin, signs in _ALIKE.items() for sign in signs}
# Marks that turn the direction of text or have no width: they hide in names and change nothing in sight but order.
_UNSEEN = dict.fromkeys(
    (0xAD, 0x34F, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
)


def latin_likeness(text: str) -> str:
    """The text in lower case as it looks when read as Latin letters, accents and marks without width removed.

    After the skeletons of Unicode TS #39, section 4, with a small table of our own.
    """
    if text.isascii():
        return text.lower()
    return _folded(text)


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower().translate(_UNSEEN).translate(_FOLDED))
    return "".join([sign for sign in plain.translate(_FOLDED) if not unicodedata.combining(sign)])


def host_likeness(host: str) -> str:
    """A host name with its xn-- labels decoded and read as Latin letters (RFC 3492, RFC 5890); bad ones stay."""
    if "xn--" not in host and host.isascii():
        return host
    return ".".join([latin_likeness(_decoded(label)) for label in host.split(".")])


def _decoded(label: str) -> str:
    if not label.startswith("xn--") or len(label) > 63:
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label
