"""Which known outlet or institution a mail claims to be from: by From name, signature and introduction.

A name in running text is what a mail speaks of, not who speaks: it doesn't count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from tocsin.model.names import KnownName, Names
from tocsin.observe.confusables import latin_likeness
from tocsin.observe.ordinary import ARTICLES, ORDINARY, ROLES
from tocsin.observe.words import join_words, split_words, word_set

_ORDINARY, _ARTICLES, _ROLES = (word_set(" ".join(words)) for words in (ORDINARY, ARTICLES, ROLES))
_EVERYDAY = (
    _ORDINARY | _ARTICLES | _ROLES | word_set("and et en und for of in on pour voor für security national")
)
_AFTER_ARTICLE = re.compile(r"[\s'\u2019]+")
_PREPOSITIONS = word_set(
    "with at for from of chez pour de du des à au aux bij van voor aan bei beim für von vom der in"
)
_JOINTS = re.compile(
    r"[,|/()\[\]:;•·–—\"“”«»<>@]+|\s-+\s|\s(?:via|from|at|chez|bei|bij|von|pour|for)\s", re.I
)
_CUES = tuple(
    join_words(split_words(cue))
    for cue in (
        *(
            "i am",
            "i m",
            "my name is",
            "we are",
            "on behalf of",
            "i work",
            "i write",
            "writing for",
            "i report",
        ),
        *("here from", "i cover", "je suis", "nous sommes", "je m appelle", "mon nom est", "au nom de"),
        *("je travaille", "j écris", "ik ben", "wij zijn", "mijn naam is", "namens", "ik werk", "ik schrijf"),
        *("ich bin", "wir sind", "mein name ist", "im namen", "ich arbeite", "ich schreibe"),
    )
)
_WORKS = word_set("work write report behalf travaille écris namens werk schrijf arbeite schreibe namen cover")
_SPOKEN_OF = word_set(
    "about article articles report reported story study interview published statement video according said read saw "
    "concernant article étude publié propos over artikel gelezen über bericht gelesen artikels reading"
)
_HEAD = 100  # words in which people introduce themselves
_REACH = 16  # words after the words of introduction
_TAIL, _TAIL_WORDS = 600, 100  # characters and words of a signature
_LONGEST_LINE = 90  # characters; a longer one is a sentence
_MOST = 4
_SHORT = 3  # letters; shorter names are taken for names only where nothing else fits


class _Entry(msgspec.Struct, frozen=True, gc=False):
    """One name of an entry, without its article: `phrase` as `join_words` writes it, `spelled` as people write it."""

    id: str
    words: tuple[bytes, ...]
    phrase: bytes
    spelled: str
    article: bool

    @property
    def ordinary(self) -> bool:
        """Whether the name is nothing but words of every day, or too short to be told from one; what needs an article
        is a name only with it.
        """
        if self.article and len(self.words) == 1:
            return True
        return all(word in _ORDINARY or word in _ARTICLES or len(word) <= _SHORT for word in self.words)


class NameBook(msgspec.Struct, frozen=True):
    """Known names by the most telling of their words; `keys` are those words."""

    by_word: dict[bytes, tuple[_Entry, ...]] = {}
    keys: frozenset[bytes] = frozenset()


NO_NAMES = NameBook()


def compile_names(names: Names | Sequence[KnownName]) -> NameBook:
    """Make names and aliases searchable."""
    entries = [
        entry
        for known in (names.entries if isinstance(names, Names) else names)
        for spelled in (known.name, *known.aliases)
        if (entry := _entry(known.id, spelled)) is not None
    ]
    often = Counter([word for entry in entries for word in entry.words])
    often.update(dict.fromkeys(_EVERYDAY, len(entries)))
    by_word: dict[bytes, list[_Entry]] = {}
    for entry in entries:
        rarest = min(entry.words, key=lambda word: (often[word], -len(word)))
        by_word.setdefault(rarest, []).append(entry)
    return NameBook({word: tuple(known) for word, known in by_word.items()}, frozenset(by_word))


def _entry(id_: str, spelled: str) -> _Entry | None:
    words = split_words(spelled)
    article = len(words) > 1 and words[0] in _ARTICLES
    if article:
        words = words[1:]
        spelled = _AFTER_ARTICLE.split(spelled.strip(), maxsplit=1)[-1]
    if not words or (len(words) == 1 and len(words[0]) < 2):
        return None
    return _Entry(id_, tuple(words), join_words(words), spelled, article)


def find_claims(book: NameBook, name: str, text: str, words: list[bytes]) -> dict[str, str]:
    """The ids of those the mail claims to be from, each with where: "from", "signature" or "introduction".

    `words` are those of `text` (`observe.words`), of its start and end at least.
    """
    found: dict[str, str] = {}
    if not book.keys:
        return found
    if name:
        for id_ in find_in_name(book, name):
            found[id_] = "from"
    if _stands_in(book, words[:_HEAD]):
        for id_ in _in_introduction(book, text[: 8 * _HEAD], words[:_HEAD]):
            found.setdefault(id_, "introduction")
    if _stands_in(book, words[-_TAIL_WORDS:]):
        for id_ in _in_signature(book, text[-_TAIL:]):
            found.setdefault(id_, "signature")
    return dict(list(found.items())[:_MOST]) if len(found) > _MOST else found


def _stands_in(book: NameBook, words: list[bytes]) -> bool:
    """Whether any name stands in these words at all: most mails need no further look."""
    at_hand = book.keys.intersection(words)
    if not at_hand:
        return False
    line = join_words(words)
    for word in at_hand:
        for entry in book.by_word[word]:
            if entry.phrase in line:
                return True
    return False


def find_in_name(book: NameBook, name: str) -> list[str]:
    """The ids of the entries that a display name claims; letters of other alphabets are read as they look."""
    found = _in_name(book, name[:200])
    if not name.isascii():
        found += [id_ for id_ in _in_name(book, latin_likeness(name[:200]).title()) if id_ not in found]
    return found


def _in_name(book: NameBook, name: str) -> list[str]:
    words = split_words(name)
    if book.keys.isdisjoint(words):
        return []
    found: list[str] = []
    segments = [split_words(segment) for segment in _JOINTS.split(name) if segment]
    for entry, _ in _matches(book, words):
        if entry.ordinary and not any(_fills(entry, segment) for segment in segments):
            continue
        if _is_spelled(entry, name) and entry.id not in found:
            found.append(entry.id)
    return found


def _fills(entry: _Entry, segment: list[bytes]) -> bool:
    """Whether a part of a display name holds this name and else only words that stand beside names."""
    at = _place(entry, segment)
    if at < 0:
        return False
    before, after = segment[:at], segment[at + len(entry.words) :]
    if entry.article:
        if not before or before[-1] not in _ARTICLES:
            return False
        before = before[:-1]
    rest = [*before, *after]
    if not rest:
        return entry.article or len(entry.words) > 1 or entry.spelled.isupper()
    return all(word in _ROLES or word in _ARTICLES for word in rest) and any(word in _ROLES for word in rest)


def _in_signature(book: NameBook, tail: str) -> list[str]:
    lines = [line.strip() for line in tail.split("\n") if line.strip() and line[:1] != ">"]
    named: set[str] = set()
    signed: list[str] = []
    for number, line in enumerate(lines):
        words = split_words(line)
        if book.keys.isdisjoint(words):
            continue
        around = [x for x in lines[max(0, number - 2) : number + 2] if len(x) <= _LONGEST_LINE]
        near = split_words(" ".join(around))
        for entry, at in _matches(book, words):
            if not _is_spelled(entry, line):
                continue
            named.add(entry.id)
            if len(line) <= _LONGEST_LINE and _is_signed(entry, words, at, line, near):
                signed.append(entry.id)
    return signed if len(named) <= 2 else []  # more is a list of those who wrote about something


def _is_signed(entry: _Entry, words: list[bytes], at: int, line: str, near: list[bytes]) -> bool:
    """Whether a short line reads "role, name", "name role", or only the name beside a line with a role."""
    before, after = words[:at], words[at + len(entry.words) :]
    if not all(word in _ROLES or word in _ARTICLES for word in after) and not _ends_part(entry, line):
        return False
    if before and before[-1] in _ARTICLES:
        before = before[:-1]
    elif entry.article:
        return False
    if not before:
        own = set(near).difference(entry.words)
        return not _ROLES.isdisjoint(own)
    if all(word in _ROLES or word in _PREPOSITIONS or word in _ARTICLES for word in before):
        return not _ROLES.isdisjoint(before)
    if _ROLES.isdisjoint(before):
        return False
    return before[-1] in _PREPOSITIONS or words[at - 1] in _PREPOSITIONS or _begins_part(entry, line)


def _begins_part(entry: _Entry, line: str) -> bool:
    return any(_place(entry, split_words(part)) in (0, 1) for part in _JOINTS.split(line)[1:] if part)


def _ends_part(entry: _Entry, line: str) -> bool:
    for part in _JOINTS.split(line):
        words = split_words(part) if part else []
        at = _place(entry, words)
        if at >= 0 and at + len(entry.words) == len(words):
            return True
    return False


def _in_introduction(book: NameBook, head: str, words: list[bytes]) -> Iterator[str]:
    line = join_words(words)
    for cue in _CUES:
        at = line.find(cue)
        if at < 0:
            continue
        cue_words = cue.split()
        start = line.count(b" ", 0, at) + len(cue_words)
        said = words[start : start + _REACH]
        if book.keys.isdisjoint(said):
            continue
        works = not _WORKS.isdisjoint(cue_words)
        for entry, place in _matches(book, said):
            if _is_introduced(entry, said, place, works=works) and _is_spelled(entry, head):
                yield entry.id


def _is_introduced(entry: _Entry, said: list[bytes], place: int, *, works: bool) -> bool:
    """Whether what follows "I am" puts the writer at this name; `works` tells that the cue itself speaks of work."""
    before, after = said[:place], said[place + len(entry.words) :][:3]
    if not _SPOKEN_OF.isdisjoint(before):
        return False
    if before and before[-1] in _ARTICLES and before[-1] not in _PREPOSITIONS:
        before = before[:-1]
    elif entry.article and not (before and before[-1] in _PREPOSITIONS):
        return False
    distinct = not entry.ordinary or len(entry.words) > 1
    if before and before[-1] in _PREPOSITIONS:
        return works or not _ROLES.isdisjoint(before) or (len(before) <= 4 and distinct)
    return len(before) <= 2 and (not _ROLES.isdisjoint(after) or (works and distinct))


def _matches(book: NameBook, words: list[bytes]) -> list[tuple[_Entry, int]]:
    """Names that stand in these words, with their place; none that is a piece of a longer one."""
    line = join_words(words)
    found: list[tuple[_Entry, int]] = []
    for word in book.keys.intersection(words):
        for entry in book.by_word[word]:
            at = line.find(entry.phrase)
            if at >= 0:
                found.append((entry, line.count(b" ", 0, at)))
    if len(found) > 1:
        spans = [(at, at + len(entry.words)) for entry, at in found]
        found = [
            pair
            for pair, (start, end) in zip(found, spans, strict=True)
            if not any(s <= start and end <= e and e - s > end - start for s, e in spans)
        ]
    return found


def _place(entry: _Entry, words: list[bytes]) -> int:
    line = join_words(words)
    at = line.find(entry.phrase)
    return line.count(b" ", 0, at) if at >= 0 else -1


def _is_spelled(entry: _Entry, text: str) -> bool:
    """Whether a name that could be ordinary words is written as a name."""
    spelled = entry.spelled
    if not entry.ordinary and not (spelled.isupper() and len(spelled) <= 5):
        return True
    if spelled.isupper() and len(spelled) <= 5:
        return re.search(rf"(?<!\w){re.escape(spelled)}(?!\w)", text) is not None
    return spelled in text or spelled.upper() in text or spelled.title() in text
