"""Find phrases in a text by its set of words: a phrase is searched only where all its words occur."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Set

import msgspec

from tocsin.model.phrases import Phrases, PhraseTable
from tocsin.observe.forwarded import MARK_WORDS
from tocsin.observe.headline import SECOND_PERSON
from tocsin.observe.language import FUNCTION_WORDS
from tocsin.observe.postal import ADDRESS_WORDS
from tocsin.observe.words import join_words, split_words, word_set

_Entry = tuple[frozenset[bytes], bytes, str]
_COMMON = word_set(  # words of four letters and more that stand in half of all mails
    "this that your have more will with from here there they could would please time about been message information "
    "make want know pour dans vous votre avec voor niet deze over meer naar nicht eine auch sich ihre"
)
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_GROUP = re.compile(r"\(([^()]*)\)")


class PhraseIndex(msgspec.Struct, frozen=True):
    """Phrases by two of their words, the rarest first (the same word twice in a phrase of one).

    `by_word` is `{first: (seconds, {second: ((words, phrase, kind), …)})}`, each phrase as `join_words` writes it.
    """

    by_word: dict[bytes, tuple[frozenset[bytes], dict[bytes, list[_Entry]]]]
    keys: frozenset[bytes]
    kinds: tuple[str, ...]


class PhraseBook(msgspec.Struct, frozen=True):
    """The compiled tables of `model.phrases.Phrases`: `text` holds asks and marks, `persona` the roles.
    `languages` are those in which every kind of ask has phrases: in others it is not known that nothing is asked.
    `words` are all that any phrase has, the grammar of the known languages, and what tells forwards, postal
    addresses and readers addressed: of the words of a text, those are the ones to ask further questions about.
    """

    text: PhraseIndex
    persona: PhraseIndex
    asks: tuple[str, ...]
    words: frozenset[bytes]
    languages: frozenset[str]


def compile_phrases(phrases: Phrases) -> PhraseBook:
    """Make phrase tables searchable; kinds keep the order of their tables."""
    text, persona = _index({**phrases.asks, **phrases.marks}), _index(phrases.persona)
    words = _words_of(text) | _words_of(persona) | FUNCTION_WORDS | MARK_WORDS | SECOND_PERSON | ADDRESS_WORDS
    spoken = [frozenset(languages) for languages in phrases.asks.values()]
    languages = frozenset[str].intersection(*spoken) if spoken else frozenset[str]()
    return PhraseBook(text, persona, tuple(phrases.asks), words, languages)


def find_kinds(index: PhraseIndex, line: bytes, words: Set[bytes]) -> set[str]:
    """The kinds of which at least one phrase stands in `line` (see `join_words`), whose words are `words`."""
    found: set[str] = set()
    for word in index.keys & words:
        seconds, by_second = index.by_word[word]
        for second in seconds & words:
            for needed, phrase, kind in by_second[second]:
                if kind not in found and needed <= words and phrase in line:
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
    by_word: dict[bytes, dict[bytes, list[_Entry]]] = {}
    for kind, languages in table.items():
        seen: set[bytes] = set()
        for words in itertools.chain.from_iterable(map(expand_phrase, _spellings(languages))):
            line = join_words(words)
            if not words or line in seen:
                continue
            seen.add(line)
            ranked = sorted(words, key=_rarity, reverse=True) if len(words) > 1 else words
            seconds = by_word.setdefault(ranked[0], {})
            entries = seconds.setdefault(ranked[min(1, len(ranked) - 1)], [])
            entries.append((frozenset(words), line, kind))
    return PhraseIndex(
        {word: (frozenset(seconds), seconds) for word, seconds in by_word.items()},
        frozenset(by_word),
        tuple(table),
    )


def _spellings(languages: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Every phrase as it is written, and as people write it who have or take no time for accents."""
    for language, phrases in languages.items():
        for phrase in phrases:
            yield phrase
            if not phrase.isascii():
                bare = unicodedata.normalize("NFKD", phrase.translate(_LIGATURES))
                yield "".join(c for c in bare if not unicodedata.combining(c))
                if language == "de":
                    yield phrase.translate(_UMLAUTS)


def _words_of(index: PhraseIndex) -> frozenset[bytes]:
    entries = [entry for _, seconds in index.by_word.values() for entry in seconds.values()]
    return frozenset[bytes]().union(*(needed for entry in entries for needed, _, _ in entry))


def _rarity(word: bytes) -> int:
    return 0 if word in _COMMON else len(word)
