"""Whether a run of letters and digits was drawn at random or written by a person."""

from __future__ import annotations

import string
import sys
from functools import lru_cache

MIN_RANDOM = 12  # shorter runs name videos, posts and products as often as readers

_DIGITS, _JOINTS = b"0123456789", b"-_"
# For each letter the letters that often follow it in written English, French, Dutch and German. Four in five
# pairs inside words are among these, but hardly three in ten of random letters.
_FOLLOWERS = (
    "a:bcdgiklmnprstuv b:aeiloru c:aehiklortu d:aeioru e:acdegilmnprstuvwx f:aefior g:aehior h:aeiot"
    " i:acdefgjklmnorstv j:eou k:aei l:adeilosty m:aeimop n:acdegiknost o:bcdfgiklmnoprstuvw p:aehiloprt q:u"
    " r:acdegikmnorstu s:acehiopstu t:aehiorstu u:beilmnprst v:aeio w:aehio x:pt y:os z:ei"
)
_COMMON_PAIRS = frozenset(entry[0] + second for entry in _FOLLOWERS.split() for second in entry[2:])

# What each neighbouring pair of characters says for a random draw: log-likelihood ratios in twentieths, from the
# shares above and from how often file names and slugs change between letters and digits (one pair in ten).
_COMMON, _RARE, _LETTER_TO_DIGIT, _CASE_CHANGE, _TWO_DIGITS = -21, 24, 18, 14, -3
_ENOUGH = 80
_LOOKED_AT = 40


@lru_cache(maxsize=16384)
def looks_random(run: bytes) -> bool:
    """Whether an ASCII alphanumeric run of at least `MIN_RANDOM` characters looks like an identifier.

    Hexadecimal, base32, base36, base58, base62 and pieces of base64 do; words, names with numbers, dates,
    sizes and counters do not. Only the first 40 characters are looked at.
    """
    run = run[:_LOOKED_AT]
    length = len(run)
    if length < MIN_RANDOM or len(set(run)) < 7:
        return False
    letters = run.translate(None, _DIGITS)
    if not letters:
        return length >= 20
    digits = length - len(letters)
    if not letters.translate(None, b"abcdef") or not letters.translate(None, b"ABCDEF"):
        return (length >= 16 or (length == MIN_RANDOM and digits >= 3)) and length - 2 >= digits >= length / 6
    if not run.isalnum():
        return False
    pairs = _pair_table()
    even, odd = (
        memoryview(run[: length & ~1]).cast("H"),
        memoryview(run[1 : length - (~length & 1)]).cast("H"),
    )
    return sum(map(pairs.__getitem__, even)) + sum(map(pairs.__getitem__, odd)) >= _ENOUGH


def joined_looks_random(token: bytes) -> bool:
    """Whether runs that "-" and "_" join look like one identifier of base64: both cases, digits, few joints."""
    if token.islower() or token.isupper():
        return False
    run = token.translate(None, _JOINTS)
    return len(token) - len(run) <= 1 + len(token) // 16 and not run.isalpha() and looks_random(run)


def longest_run(token: bytes) -> bytes:
    """The longest alphanumeric run of a token, the first of several."""
    return max(token.replace(b"_", b"-").split(b"-"), key=len)


@lru_cache(maxsize=1)
def _pair_table() -> dict[int, int]:
    """What a pair says, by its two bytes read as one machine word."""
    signs = string.ascii_letters + string.digits
    return {
        int.from_bytes((first + second).encode(), sys.byteorder): _pair_says(first, second)
        for first in signs
        for second in signs
    }


def _pair_says(first: str, second: str) -> int:
    if first.isdigit() or second.isdigit():
        return _TWO_DIGITS if first.isdigit() and second.isdigit() else _LETTER_TO_DIGIT
    if first.islower() != second.islower():
        return _CASE_CHANGE
    return _COMMON if (first + second).lower() in _COMMON_PAIRS else _RARE
