"""Whether a run of letters and digits was drawn at random or written by a person."""

from __future__ import annotations

import re
import string
from functools import lru_cache

MIN_RANDOM = 12  # shorter runs name videos, posts and products as often as readers

_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
# For each letter the letters that often follow it in written English, French, Dutch and German. Four in five
# pairs inside words are among these, but hardly three in ten of random letters.
_FOLLOWERS = (
    "a:bcdgiklmnprstuv b:aeiloru c:aehiklortu d:aeioru e:acdegilmnprstuvwx f:aefior g:aehior h:aeiot"
    " i:acdefgjklmnorstv j:eou k:aei l:adeilosty m:aeimop n:acdegiknost o:bcdfgiklmnoprstuvw p:aehiloprt q:u"
    " r:acdegikmnorstu s:acehiopstu t:aehiorstu u:beilmnprst v:aeio w:aehio x:pt y:os z:ei"
)
_COMMON_PAIRS = frozenset(entry[0] + second for entry in _FOLLOWERS.split() for second in entry[2:])

# What each neighbouring pair of characters says for a random draw: log-likelihood ratios, from the shares
# above and from how often file names and slugs change between letters and digits (one pair in ten).
_COMMON, _RARE, _LETTER_TO_DIGIT, _CASE_CHANGE, _TWO_DIGITS = -1.05, 1.2, 0.9, 0.7, -0.3
_ENOUGH = 4.0


@lru_cache(maxsize=16384)
def looks_random(run: str) -> bool:
    """Whether an ASCII alphanumeric run of at least `MIN_RANDOM` characters looks like an identifier.

    Hexadecimal, base32, base36, base58, base62 and pieces of base64 do; words, names with numbers, dates,
    sizes and counters do not. Only the first 40 characters are looked at.
    """
    run = run[:40]
    length = len(run)
    if length < MIN_RANDOM or len(set(run)) < 7:
        return False
    if run.isdigit():
        return length >= 20
    if _HEX.fullmatch(run):
        digits = sum(map(str.isdigit, run))
        return (length >= 16 or (length == MIN_RANDOM and digits >= 3)) and length - 2 >= digits >= length / 6
    says = _pair_table()
    return sum(map(says.__getitem__, map(str.__add__, run, run[1:]))) >= _ENOUGH


@lru_cache(maxsize=1)
def _pair_table() -> dict[str, float]:
    signs = string.ascii_letters + string.digits
    return {first + second: _pair_says(first, second) for first in signs for second in signs}


def _pair_says(first: str, second: str) -> float:
    if first.isdigit() or second.isdigit():
        return _TWO_DIGITS if first.isdigit() and second.isdigit() else _LETTER_TO_DIGIT
    if first.islower() != second.islower():
        return _CASE_CHANGE
    return _COMMON if (first + second).lower() in _COMMON_PAIRS else _RARE
