"""The words of a text in one form, so that phrases, languages and hashes are looked up instead of searched."""

from __future__ import annotations

import re

HEAD, FOOT = 4_000, 1_500  # characters of a long text whose words are looked at

# White space and ASCII punctuation part words; letters become lower-case. The second bytes 80 to 9E of UTF-8 become
# A0 to BE, which lowers the accented capitals of Latin-1; that it also merges some letters of other scripts does not
# matter to look-ups, as long as both sides go through this table.
_TABLE = bytes(
    byte + 32 if 0x80 <= byte <= 0x9E else byte if byte > 127 or chr(byte).isalnum() else 32
    for byte in range(256)
).lower()
_WIDTHLESS = re.compile(
    rb"\xe2(?:\x80[\x8b-\x8f]|\x81\xa0)"
)  # zero-width space and joiners, which hide in words
_PUNCTUATION = re.compile(
    rb"\xe2[\x80-\x84\x86-\x9f][\x80-\xbf]"
)  # U+2000 to U+213F and U+2180 to U+27FF: dashes, quotes, signs
_SIGNS = re.compile(rb"\xc2[\xa0-\xac\xae-\xbf]")  # U+00A0 to U+00BF: no-break space, guillemets
_WIDE = re.compile(rb"\xe3\x80[\x80-\x9f]|\xef\xbc[\x81-\x8f]")  # Chinese and Japanese punctuation


def split_words(text: str) -> list[bytes]:
    """The words of a text, parted by white space and punctuation, marks without width removed.

    Words are UTF-8 in lower case, with some letters merged beyond ASCII: compare them with nothing but words that
    this function made.
    """
    if text.isascii():
        return text.encode().translate(_TABLE).split()
    raw = text.encode("utf-8", "replace")
    if b"\xe2" in raw:
        raw = _PUNCTUATION.sub(b" ", _WIDTHLESS.sub(b"", raw))
    if b"\xc2" in raw:
        raw = _SIGNS.sub(b" ", raw.replace(b"\xc2\xad", b""))  # soft hyphens
    if b"\xcd\x8f" in raw:
        raw = raw.replace(b"\xcd\x8f", b"")  # combining grapheme joiner, which pads preview lines
    if b"\xe3\x80" in raw or b"\xef" in raw:
        raw = _WIDE.sub(b" ", raw.replace(b"\xef\xbb\xbf", b""))
    return raw.translate(_TABLE).split()


def word_set(words: str) -> frozenset[bytes]:
    """A table of words in the form of `split_words`."""
    return frozenset(split_words(words))


def join_words(words: list[bytes]) -> bytes:
    """Words as one line with a space at both ends, in which `b" a phrase "` is found at word bounds only."""
    return b" " + b" ".join(words) + b" "
