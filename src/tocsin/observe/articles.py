"""Copies of known articles in the text of a mail, by hashed runs of eight words.

Word shingles and containment after Broder, On the resemblance and containment of documents, 1997. Paraphrases and
translations are not found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from zlib import crc32

import msgspec

from tocsin.model.articles import Article
from tocsin.observe.copies import without_tokens
from tocsin.observe.words import split_words

RUN = 8  # words of a shingle
LEAST_RUNS = 20  # shingles (27 words in a row) below which nothing counts as copied
LEAST_SHARE = 0.25  # of the shorter of mail and article
MOST_KEPT = 500_000  # shingles kept; of larger folders every second, fourth, … is
_SAME = 0.8  # share of the shorter from which on two articles are one in two versions
_VERSIONS = (
    4  # articles that may hold the same shingle before it counts as boilerplate without a further look
)

_BASE = 0x9E3779B97F4A7C15 | 1
_MASK = (1 << 64) - 1
_OUT = pow(_BASE, RUN, 1 << 64)
_MIX = 0xFF51AFD7ED558CCD


class ArticleBook(msgspec.Struct, frozen=True):
    """Articles ready to be looked for. `owner` gives the article that a shingle belongs to; of large folders only one
    shingle in `step` is kept, picked by its hash. `sizes` tells how many each article has, `sites` its publishers.
    """

    titles: tuple[str, ...] = ()
    sites: tuple[tuple[str, ...], ...] = ()
    sizes: tuple[int, ...] = ()
    owner: dict[int, int] = {}
    step: int = 1


NO_ARTICLES = ArticleBook()


class Copy(msgspec.Struct, frozen=True):
    """The article that a text copies; `share` (0..1) of the shorter of both stands in both."""

    title: str
    sites: tuple[str, ...]
    share: float


def shingles(words: Sequence[bytes], step: int = 1) -> set[int]:
    """Hashes (64 bits) of every run of eight of these words; with `step` one in so many, picked by hash."""
    if len(words) < RUN:
        return set()
    hashed = list(map(crc32, words))
    rolling = 0
    for value in hashed[:RUN]:
        rolling = (rolling * _BASE + value) & _MASK
    found = {rolling * _MIX & _MASK}
    for value, gone in zip(hashed[RUN:], hashed, strict=False):
        rolling = (rolling * _BASE + value - gone * _OUT) & _MASK
        found.add(rolling * _MIX & _MASK)
    # The lowest bits of a product are the weakest, so the high ones decide what is kept.
    return found if step == 1 else {one for one in found if not (one >> 40) % step}


def index_articles(articles: Iterable[Article], most: int = MOST_KEPT) -> ArticleBook:
    """Make articles searchable; memory is bounded by `most` shingles, whatever is handed in.

    What several articles share is boilerplate and counts for none of them, unless the articles are the same but for a
    fifth: those count as one, under the title that comes first.
    """
    titles: list[str] = []
    sites: list[str] = []
    totals: list[int] = []
    held: dict[int, tuple[int, ...]] = {}
    step = 1
    for article in articles:
        found = shingles(split_words(without_tokens(article.text)), step)
        number = len(titles)
        titles.append(article.title)
        sites.append(article.site)
        totals.append(0)
        for one in found:
            known = held.get(one, ())
            if len(known) <= _VERSIONS:
                held[one] = (*known, number)
        while len(held) > most:
            step *= 2
            held = {one: known for one, known in held.items() if not (one >> 40) % step}
    roots = _same(held, totals)
    owner: dict[int, int] = {}
    sizes = [0] * len(titles)
    for one, known in held.items():
        first = roots[known[0]]
        if len(known) == 1 or (len(known) <= _VERSIONS and all(roots[number] == first for number in known)):
            owner[one] = first
            sizes[first] += 1
    published: list[dict[str, None]] = [{} for _ in titles]
    for number, site in enumerate(sites):
        if site:
            published[roots[number]][site] = None
    return ArticleBook(tuple(titles), tuple(map(tuple, published)), tuple(sizes), owner, step)


def find_copy(book: ArticleBook, words: Sequence[bytes]) -> Copy | None:
    """The article of which a text of these words (see `split_words`, without links) copies the most, or None."""
    mine = shingles(words, book.step)
    if len(mine) * book.step < LEAST_RUNS:
        return None
    hits = Counter([book.owner[one] for one in mine if one in book.owner])
    if not hits:
        return None
    number, count = max(hits.items(), key=lambda item: (item[1], -item[0]))
    share = count / min(len(mine), book.sizes[number])
    if count * book.step < LEAST_RUNS or share < LEAST_SHARE:
        return None
    return Copy(book.titles[number], book.sites[number], min(share, 1.0))


def _same(held: dict[int, tuple[int, ...]], totals: list[int]) -> list[int]:
    """For each article the first of those that it is a version of, itself if there is none."""
    pairs: Counter[tuple[int, int]] = Counter()
    for known in held.values():
        for number in known:
            totals[number] += 1
        if 1 < len(known) <= _VERSIONS:
            pairs.update(combinations(known, 2))
    roots = list(range(len(totals)))
    for (left, right), shared in sorted(pairs.items()):
        if shared >= _SAME * min(totals[left], totals[right]):
            first, second = sorted((_root(roots, left), _root(roots, right)))
            roots[second] = first
    return [_root(roots, number) for number in range(len(roots))]


def _root(roots: list[int], number: int) -> int:
    while roots[number] != number:
        roots[number] = roots[roots[number]]
        number = roots[number]
    return number
