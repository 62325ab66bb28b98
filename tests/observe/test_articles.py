"""Copies of known articles: found word by word, not where texts share boilerplate or a theme only."""

from __future__ import annotations

import random

import pytest

from tocsin.model.articles import Article
from tocsin.observe.articles import ArticleBook, find_copy, index_articles
from tocsin.observe.words import split_words

WORDS = [
    f"{a}{b}{c}"
    for a in ("ka", "lo", "mi", "ne", "ru")
    for b in ("den", "fal", "gor", "tis")
    for c in "aeiouy"
]


def prose(seed: int, count: int = 300) -> str:
    rng = random.Random(seed)
    return " ".join(rng.choice(WORDS) for _ in range(count))


BOILERPLATE = prose(99, 120)
ORE, TIDE = prose(1), prose(2)


def book(*texts: str, most: int = 500_000) -> ArticleBook:
    return index_articles(
        [Article(f"Story {n}", text, f"outlet{n}.test") for n, text in enumerate(texts)], most
    )


def copied(known: ArticleBook, text: str) -> tuple[str, float] | None:
    found = find_copy(known, split_words(text))
    return (found.title, round(found.share, 2)) if found is not None else None


def test_a_whole_copy_is_found_whatever_its_case_marks_and_lines() -> None:
    text = ORE.title().replace(" ", ",\n", 40).replace("a", "a\u200b", 5)
    assert copied(book(ORE, TIDE), text) == ("Story 0", 1.0)


def test_a_copy_inside_a_letter_and_the_first_half_of_an_article_are_found() -> None:
    known = book(ORE, TIDE)
    inside = copied(known, f"{prose(5, 80)} {TIDE} {prose(6, 80)}")
    assert inside == ("Story 1", 1.0)
    half = " ".join(ORE.split()[:150])
    assert copied(known, f"{prose(7, 40)} {half}") == ("Story 0", 0.78)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one two three",
        prose(8),
        " ".join(sorted(ORE.split())),
        " ".join(ORE.split()[:24]) + " " + prose(9, 200),  # a quotation
        " ".join(word for n, word in enumerate(ORE.split()) if n % 6),  # every sixth word left out
    ],
)
def test_other_texts_short_quotations_and_paraphrases_are_not_found(text: str) -> None:
    assert copied(book(ORE, TIDE), text) is None


def test_what_several_articles_share_counts_for_none_of_them() -> None:
    known = book(f"{ORE} {BOILERPLATE}", f"{TIDE} {BOILERPLATE}")
    assert copied(known, BOILERPLATE) is None
    assert copied(known, f"{TIDE} {BOILERPLATE}") == ("Story 1", 1.0)


def test_two_versions_of_one_story_count_as_one() -> None:
    known = book(ORE, f"{ORE} {prose(11, 20)}", TIDE)
    found = find_copy(known, split_words(ORE))
    assert found is not None
    assert (found.title, found.sites) == ("Story 0", ("outlet0.test", "outlet1.test"))


def test_large_folders_are_thinned_and_still_found() -> None:
    texts = [prose(seed, 400) for seed in range(100, 200)]
    known = book(*texts, most=5_000)
    assert known.step > 1
    assert len(known.owner) <= 5_000
    assert [copied(known, text) for text in texts[:20]] == [(f"Story {n}", 1.0) for n in range(20)]
    assert copied(known, prose(500, 400)) is None


def test_an_empty_list_finds_nothing() -> None:
    assert copied(book(), ORE) is None
    assert copied(book("", "too short"), ORE) is None
