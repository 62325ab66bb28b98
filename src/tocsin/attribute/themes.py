"""What a mail is about: the themes whose words stand in its subject or at its start."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import msgspec

_WORD = re.compile(r"\w+")
_UNSPACED = "\u2e80"  # from here on scripts write no spaces between words
_LONGEST = 2_000  # characters of a text that are looked at
_LONGEST_WORD = 40
LEAST_PREFIX = 4  # letters before a star


class Term(msgspec.Struct, frozen=True, gc=False):
    """Words in a row that stand for a theme; a weak one counts only beside a weak one of another group of the theme.

    A group says one thing in several words or languages ("Russia", "russe"); "" is a term of its own.
    """

    theme: str
    words: tuple[str, ...]
    weak: bool = False
    group: str = ""


class ThemeBook(msgspec.Struct, frozen=True):
    """Terms by their first word, or by its beginning where that ends in a star; `lengths` are those of beginnings."""

    whole: Mapping[str, tuple[Term, ...]] = {}
    begun: Mapping[str, tuple[Term, ...]] = {}
    lengths: tuple[int, ...] = ()


NO_THEMES = ThemeBook()


def fold(text: str) -> list[str]:
    """The words of a text without case and accents; letters of scripts without spaces come one by one."""
    folded = text[:_LONGEST].casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", folded)
        folded = "".join(f" {c} " if c >= _UNSPACED else c for c in folded if not unicodedata.combining(c))
    return [word[:_LONGEST_WORD] for word in _WORD.findall(folded)]


def fold_term(written: str) -> tuple[str, ...]:
    """The words of a term as it is written in the list; a word that ends in a star stands for all that begin so.

    Raises ValueError for a term without words, and for a star behind fewer letters than LEAST_PREFIX.
    """
    words: list[str] = []
    for piece in written.split():
        found = fold(piece)
        if piece.endswith("*") and found:
            if len(found[-1]) < LEAST_PREFIX:
                raise ValueError(f"{piece!r} has fewer than {LEAST_PREFIX} letters before its star")
            found[-1] += "*"
        words += found
    if not words:
        raise ValueError(f"{written!r} holds no word")
    return tuple(words)


def compile_themes(terms: Sequence[Term]) -> ThemeBook:
    """Terms ready to be looked for; their words are folded."""
    whole: dict[str, list[Term]] = {}
    begun: dict[str, list[Term]] = {}
    for term in terms:
        first = term.words[0]
        if first.endswith("*"):
            begun.setdefault(first[:-1], []).append(term)
        else:
            whole.setdefault(first, []).append(term)
    return ThemeBook(
        {word: tuple(found) for word, found in whole.items()},
        {word: tuple(found) for word, found in begun.items()},
        tuple(sorted({len(word) for word in begun})),
    )


def find_themes(book: ThemeBook, subject: str, text: str) -> dict[str, str]:
    """The themes that subject and text show, each with where its telling term stands: "subject" or "text".

    One term suffices; of weak ones two of different groups are needed.
    """
    found: dict[str, str] = {}
    weak: dict[str, dict[str, str]] = {}
    for where, words in (("subject", fold(subject)), ("text", fold(text))):
        for term in _terms(book, words):
            if term.weak:
                weak.setdefault(term.theme, {}).setdefault(term.group or " ".join(term.words), where)
            else:
                found.setdefault(term.theme, where)
    for theme, terms in weak.items():
        if len(terms) > 1:
            found.setdefault(theme, "subject" if "subject" in terms.values() else "text")
    return found


def _terms(book: ThemeBook, words: Sequence[str]) -> Iterator[Term]:
    for at, word in enumerate(words):
        for term in book.whole.get(word, ()):
            if _stands(term.words, words, at):
                yield term
        for length in book.lengths:
            if length > len(word):
                break
            for term in book.begun.get(word[:length], ()):
                if _stands(term.words, words, at):
                    yield term


def _stands(wanted: Sequence[str], words: Sequence[str], at: int) -> bool:
    if at + len(wanted) > len(words):
        return False
    pairs = zip(wanted[1:], islice(words, at + 1, None), strict=False)
    return all(word.startswith(part[:-1]) if part.endswith("*") else word == part for part, word in pairs)
