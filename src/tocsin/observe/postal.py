"""Postal addresses, which honest mass mail carries in its foot because laws demand it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Set

from tocsin.observe.words import word_set

_STREET_WORDS = word_set(
    "street road avenue boulevard blvd suite floor drive lane ave rue place chemin cedex allée quai strasse straße "
    "platz str straat laan weg plein gracht kade broadway square parkway chaussée cours route calle piazza"
)
_COMPOUND_ENDS = tuple(
    word + b" " for word in word_set("straat laan straße strasse gracht plein kade steenweg platz")
)
_BOX_WORDS = word_set("box postbus postfach pmb")
_LETTERED_COUNTRIES = word_set("uk kingdom england scotland wales london canada")
ADDRESS_WORDS = _STREET_WORDS | _BOX_WORDS | _LETTERED_COUNTRIES
_POSTCODE = re.compile(r"\d{4,6}")
_ADDRESS = re.compile(
    r"\b[A-Z]{2},? \d{5}(?:-\d{4})?\b"  # CA 94000
    r"|\d{1,4}(?: ?[a-zA-Z])?(?: ?[-–/] ?\d{1,4})?"
    r"[ ,.·|•\n–-]{1,6}(?:[A-Z]{1,2}[- ])?\d{4,5}(?: [A-Z]{2})?,? [A-ZÀ-Þ][a-zà-ÿ'-]{2}"  # 12, 1000 Town
    r"|\b\d{1,4},? (?:bis |ter )?(?:rue|avenue|av\.|boulevard|bd|place|chemin|quai|cours|allée)\b[^\n]{3,60}\b\d{5}\b"
    r"|\b\d{1,5} [A-Z][\w.' ]{2,30} (?:Street|St|Avenue|Ave|Road|Rd|Blvd|Boulevard|Drive|Dr|Lane|Way|Square|Parkway)"
    r"\b[^\n]{0,40}(?:\n[^\n]{0,60})?\b\d{4,6}\b"
)
_BOX = re.compile(r"\b(?:P\.? ?O\.? ?Box|Postbus|Postfach|PMB) ?#?\d{1,6}", re.IGNORECASE)
_LETTERED = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|[A-Z]\d[A-Z] \d[A-Z]\d\b")  # SW1A 0AA, K1A 0B1
_FOOT = 1_500  # characters at the end in which it is looked for
_TOP = 300  # and at the start, where letters have it
_BEFORE, _AFTER = 110, 40  # characters around a postcode that hold the address
_MOST_NUMBERS = 12


def has_postal_address(text: str, line: bytes, known: Set[bytes], numbers: Collection[bytes]) -> bool:
    """Whether the foot or the very top of a text has a postal address (Europe and North America).

    `line` are the words of `text` (`join_words`), `known` those of them that stand in `PhraseBook.words`, `numbers`
    those that have digits; they save the search in most mails.
    """
    if not numbers:
        return False
    if not _BOX_WORDS.isdisjoint(known) and _BOX.search(text[-_FOOT:]) is not None:
        return True
    coded = any(4 <= len(number) <= 6 and number.isdigit() for number in numbers)
    if not coded and _LETTERED_COUNTRIES.isdisjoint(known):
        return False
    if _STREET_WORDS.isdisjoint(known) and not any(map(line.__contains__, _COMPOUND_ENDS)):
        return False
    foot = text[-_FOOT:]
    if not _LETTERED_COUNTRIES.isdisjoint(known) and _LETTERED.search(foot) is not None:
        return True
    if not coded:
        return False
    if any(_ADDRESS.search(window) for window in _windows(foot)):
        return True
    return len(text) > _FOOT and any(_ADDRESS.search(window) for window in _windows(text[:_TOP]))


def _windows(text: str) -> Iterator[str]:
    """What stands around the last numbers that could be postcodes."""
    numbers = [found.start() for found in _POSTCODE.finditer(text)]
    last = len(text)
    for at in reversed(numbers[-_MOST_NUMBERS:]):
        if at < last:
            last = max(0, at - _BEFORE)
            yield text[last : at + _AFTER]
