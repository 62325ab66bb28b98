"""How hard a text is to read: LIX, the same measure for every language.

LIX is the mean length of sentences in words plus the percentage of words of more than six letters (C.-H. Björnsson,
Läsbarhet, 1968; compared over eleven languages in Björnsson, Readability of Newspapers in 11 Languages, Reading
Research Quarterly 18, 1983). It needs no list of syllables, so that a language can be added without code. Newspapers
lie between 40 and 60; each language has its own height, since some write long words. `PLAIN` is what a notice may have.
"""

from __future__ import annotations

import re

PLAIN = {"en": 34.0, "fr": 42.0, "nl": 38.0, "de": 40.0, "es": 42.0}
ELSEWHERE = 42.0

_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_SENTENCE = re.compile(r"[.!?:;](?:\s|$)|\n\s*\n|\n- ")
_LONG = 6


def lix(text: str) -> float:
    """The measure of a text; 0 for one without words. An item of a list counts as a sentence."""
    words = _WORD.findall(text)
    if not words:
        return 0.0
    sentences = sum(1 for part in _SENTENCE.split(text) if _WORD.search(part))
    long = sum(len(word) > _LONG for word in words)
    return len(words) / max(1, sentences) + 100 * long / len(words)


def is_plain(text: str, language: str) -> bool:
    """Whether a text in this language (ISO 639-1) can be read without a specialist."""
    return lix(text) <= PLAIN.get(language, ELSEWHERE)
