"""Find phrases in a text by its set of words: a phrase is searched only where its two longest words occur."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Set

import msgspec

from tocsin.model.phrases import Phrases, PhraseTable
from tocsin.observe.words import join_words, split_words

_GROUP = re.compile(r"\(([^()]*)\)")


class PhraseIndex(msgspec.Struct, frozen=True):
    """Phrases by their longest word and, below it, their second longest (the same word in a phrase of one).

    `by_word` is `{longest: (seconds, {second: ((phrase, kind), …)})}`, each phrase as `join_words` writes it.
    """

    by_word: dict[bytes, tuple[frozenset[bytes], dict[bytes, list[tuple[bytes, str]]]]]
    keys: frozenset[bytes]
    kinds: tuple[str, ...]


class PhraseBook(msgspec.Struct, frozen=True):
    """The compiled tables of `model.phrases.Phrases`: `text` holds asks and marks, `persona` the roles."""

    text: PhraseIndex
    persona: PhraseIndex
    asks: tuple[str, ...]


def compile_phrases(phrases: Phrases) -> PhraseBook:
    """Make phrase tables searchable; kinds keep the order of their tables."""
    return PhraseBook(_index({**phrases.asks, **phrases.marks}), _index(phrases.persona), tuple(phrases.asks))


def find_kinds(index: PhraseIndex, line: bytes, words: Set[bytes]) -> set[str]:
    """The kinds of which at least one phrase stands in `line` (see `join_words`), whose words are `words`."""
    found: set[str] = set()
    for word in index.keys & words:
        seconds, by_second = index.by_word[word]
        for second in seconds & words:
            for phrase, kind in by_second[second]:
                if kind not in found and phrase in line:
                    found.add(kind)
    return found


def expand_phrase(phrase: str) -> Iterator[list[bytes]]:
    """The words of every wording of a phrase: "a (b|c d|) e" is a b e, a c d e and a e."""
    pieces = _GROUP.split(phrase)
    choices = [
        [split_words(wording) for wording in (piece.split("|") if index % 2 else [piece])]
        for index, piece in enumerate(pieces)
    ]
    for choice in itertools.product(*choices):
        yield list(itertools.chain.from_iterable(choice))


def _index(table: PhraseTable) -> PhraseIndex:
    by_word: dict[bytes, dict[bytes, list[tuple[bytes, str]]]] = {}
    for kind, languages in table.items():
        for phrase in itertools.chain.from_iterable(languages.values()):
            for words in expand_phrase(phrase):
                if words:
                    ranked = sorted(words, key=len, reverse=True)
                    seconds = by_word.setdefault(ranked[0], {})
                    second = ranked[1] if len(ranked) > 1 else ranked[0]
                    seconds.setdefault(second, []).append((join_words(words), kind))
    return PhraseIndex(
        {word: (frozenset(seconds), seconds) for word, seconds in by_word.items()},
        frozenset(by_word),
        tuple(table),
    )
