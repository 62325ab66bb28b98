"""Postal addresses, which honest mass mail carries in its foot because laws demand it."""

from __future__ import annotations

import re
from collections.abc import Set

_STREET_WORDS = frozenset(
    "street road avenue boulevard blvd suite floor drive lane st ave rd rue place chemin cedex allée quai strasse "
    "straße platz allee str straat laan postbus postfach box bp weg plein gracht kade broadway way square parkway "
    "chaussée cours route via calle piazza pmb building house court".encode().split()
)
_COMPOUNDS = (b"straat ", b"laan ", b"stra\xc3\x9fe ", b"strasse ", b"gracht ", b"plein ", b"kade ", b"steenweg ")
_ADDRESS = re.compile(
    r"\b[A-Z]{2},? \d{5}(?:-\d{4})?\b"  # CA 94000
    r"|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"  # SW1A 0AA
    r"|\b[A-Z]\d[A-Z] \d[A-Z]\d\b"  # K1A 0B1
    r"|(?:\d{1,4}(?: ?[a-zA-Z])?(?: ?[-–/] ?\d{1,4})?|\b(?:[Pp]ostbus|[Pp]ostfach|BP|[Bb]o[iî]te \d+))"
    r"[ ,.·|•\n–-]{1,6}(?:[A-Z]{1,2}[- ])?\d{4,5}(?: [A-Z]{2})?,? [A-ZÀ-Þ][a-zà-ÿ'-]{2}"  # 12, 1000 Town
    r"|\b\d{1,4},? (?:bis |ter )?(?:rue|avenue|av\.|boulevard|bd|place|chemin|quai|cours|allée)\b[^\n]{3,60}\b\d{5}\b"
    r"|\b(?:P\.? ?O\.? ?Box|Postbus|Postfach|PMB) ?#?\d{1,6}"
    r"|\b\d{1,5} [A-Z][\w.' ]{2,30} (?:Street|St|Avenue|Ave|Road|Rd|Blvd|Boulevard|Drive|Dr|Lane|Way|Square|Parkway)"
    r"\b[^\n]{0,40}(?:\n[^\n]{0,60})?\b\d{4,6}\b"
)
_FOOT = 1_500  # characters at the end in which it is looked for
_TOP = 300  # and at the start, where letters have it


def has_postal_address(text: str, words: Set[bytes], line: bytes) -> bool:
    """Whether the foot or the very top of a text has a postal address (Europe and North America).

    `words` and `line` are of `text`, see `observe.words`; they save the search in most mails.
    """
    if _STREET_WORDS.isdisjoint(words) and not any(ending in line for ending in _COMPOUNDS):
        return False
    if _ADDRESS.search(text, max(0, len(text) - _FOOT)) is not None:
        return True
    return _ADDRESS.search(text, 0, min(_TOP, len(text))) is not None
