"""The words of a text in one form, so that phrases, languages and hashes are looked up instead of searched."""

from __future__ import annotations

# ASCII letters, digits and all bytes of UTF-8 sequences stay; every other byte parts words.
_TABLE = bytes(b if b > 127 or chr(b).isalnum() else 32 for b in range(256)).lower()
# Typographic marks that part words, as UTF-8; and marks without width, which hide inside words.
_SPACES = tuple(
    mark.encode()
    for mark in "\u2019\u2018\u201c\u201d\u201e\u2013\u2014\u2026\u2022\u00a0\u00ab\u00bb\u00b7\u2039\u203a\u202f\u2009\u3000\uff0c\u3002"
)
_WIDTHLESS = tuple(mark.encode() for mark in "\u200b\u200c\u200d\u00ad\u034f\u2060\ufeff")


def split_words(text: str) -> list[bytes]:
    """The words of a text: lower-case UTF-8, parted by white space and punctuation, hidden marks removed."""
    if text.isascii():
        return text.encode().translate(_TABLE).split()
    raw = text.lower().encode("utf-8", "replace")
    for mark in _SPACES:
        if mark in raw:
            raw = raw.replace(mark, b" ")
    for mark in _WIDTHLESS:
        if mark in raw:
            raw = raw.replace(mark, b"")
    return raw.translate(_TABLE).split()


def join_words(words: list[bytes]) -> bytes:
    """Words as one line with a space at both ends, in which `b" a phrase "` is found at word bounds only."""
    return b" " + b" ".join(words) + b" "
