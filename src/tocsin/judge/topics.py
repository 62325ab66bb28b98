"""Whether a text speaks of a topic: whole words and their plain inflections, never pieces of words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import msgspec

_WORD = re.compile(r"\w+")
# Endings that a word takes on or loses in its plain inflection; possessive "'s" is a word of its own.
_ENDINGS = {
    "en": ("s", "es"),
    "fr": ("s", "x", "e", "es"),
    "nl": ("s", "n", "en", "e"),
    "de": ("e", "n", "en", "er", "es", "s", "em", "ern"),
    "es": ("s", "es"),
    "it": (),
}
# Endings that stand for each other: topic's ending, ending in the text.
_SWAPS = {
    "en": (("y", "ies"), ("ies", "y")),
    "fr": (("al", "aux"), ("aux", "al")),
    "nl": (("heid", "heden"), ("heden", "heid")),
    "it": (("a", "e"), ("o", "i"), ("e", "i"), ("one", "oni")),
}
_LEAST_INFLECTED = 4  # letters: shorter words ("EU", "G7") are looked for as they are
_MOST_TOPICS = 1_000
_UNSPACED = "\u2e80"  # from here on scripts write no spaces between words
_SMALL_WORDS = (
    "the and for with from about into over on of in at to a an le la les des du de et sur dans pour par en un une au "
    "aux het een van voor met op over aan bij te der die das den dem des und fur mit uber zum zur im am ein eine"
)
_SMALL = frozenset(_SMALL_WORDS.split())


class Topic(msgspec.Struct, frozen=True):
    """A topic as it was written, and the forms of each of its words in turn; `together` tells that they must stand
    in this order, else they only must all occur.
    """

    written: str
    words: tuple[frozenset[str], ...]
    together: bool = True


def fold_words(text: str) -> list[str]:
    """The words of a text without case and accents; letters of scripts without spaces come one by one."""
    folded = text.casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", folded)
        folded = "".join(f" {c} " if c >= _UNSPACED else c for c in folded if not unicodedata.combining(c))
    return _WORD.findall(folded)


@lru_cache(maxsize=4_096)
def compile_topics(topics: tuple[str, ...], languages: tuple[str, ...]) -> tuple[Topic, ...]:
    """Topics ready to be looked for, with the inflections of these languages (ISO 639-1), of English without any."""
    found = []
    for written in topics[:_MOST_TOPICS]:
        words = fold_words(written)
        if sum(map(len, words)) >= 2 or (words and words[0] >= _UNSPACED):
            found.append(Topic(written, tuple([_forms(word, languages) for word in words])))
    return tuple(found)


@lru_cache(maxsize=4_096)
def compile_name(name: str, languages: tuple[str, ...]) -> Topic | None:
    """The name of an event as a topic: a text speaks of it when all its words but the small ones occur; None where
    none is left.
    """
    words = [word for word in fold_words(name) if word not in _SMALL and (len(word) > 2 or word.isdigit())]
    if not words:
        return None
    return Topic(name, tuple([_forms(word, languages) for word in words]), together=False)


def find_topic(words: Sequence[str], topics: Sequence[Topic]) -> str:
    """The first of these topics that a text of these words (see `fold_words`) speaks of, as written, or ""."""
    distinct = frozenset(words)
    for topic in topics:
        if all(not forms.isdisjoint(distinct) for forms in topic.words) and (
            len(topic.words) == 1 or not topic.together or _in_order(words, topic.words)
        ):
            return topic.written
    return ""


def _in_order(words: Sequence[str], wanted: tuple[frozenset[str], ...]) -> bool:
    for start in range(len(words) - len(wanted) + 1):
        if all(words[start + place] in forms for place, forms in enumerate(wanted)):
            return True
    return False


def _forms(word: str, languages: tuple[str, ...]) -> frozenset[str]:
    forms = {word}
    if len(word) < _LEAST_INFLECTED or not word.isalpha():
        return frozenset(forms)
    for language in languages or ("en",):
        for ending in _ENDINGS.get(language, ()):
            forms.add(word + ending)
            # Short rests are other words ("Franc" of "France"), but for the plural in -s.
            if word.endswith(ending) and len(word) - len(ending) >= (3 if ending == "s" else 6):
                forms.add(word[: -len(ending)])
        for ending, other in _SWAPS.get(language, ()):
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                forms.add(word[: -len(ending)] + other)
    return frozenset(forms)
