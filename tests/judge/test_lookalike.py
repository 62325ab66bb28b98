"""Names made to be taken for others."""

from __future__ import annotations

import pytest

from tocsin.judge.lookalike import imitated_site, imitates, imitates_name


@pytest.mark.parametrize(
    ("label", "known", "expected"),
    [
        ("harb0urpost", "harbourpost", True),
        ("harbour-post", "harbourpost", True),
        ("harbourp0st", "harbour-post", True),
        ("rnorningsun", "morningsun", True),
        ("harbourposts", "harbourpost", True),
        ("harbourpast", "harbourpost", True),
        ("harbourpost", "harbourpost", False),
        ("riverpost", "harbourpost", False),
        ("n0va", "nova", False),
    ],
)
def test_imitates(label: str, known: str, expected: bool) -> None:
    assert imitates(label, known) is expected


def test_the_ending_of_a_domain_plays_no_part() -> None:
    assert (
        imitated_site("harb0urpost.test", ("river.example", "harbourpost.example")) == "harbourpost.example"
    )
    assert imitated_site("harbourpost.test", ("harbourpost.example",)) == ""


@pytest.mark.parametrize(
    ("site", "name", "expected"),
    [
        ("harb0ur-post.test", "Harbour Post", True),
        ("harb0urpost.test", "Ann Writer, Harbour Post", True),
        ("harbour-post.test", "Harbour Post", False),
        ("harbourpost.test", "Harbour Post Newsroom", False),
        ("mailer.test", "Harbour Post", False),
        ("harb0urpost.test", "", False),
    ],
)
def test_a_site_that_misspells_its_own_name(site: str, name: str, expected: bool) -> None:
    assert imitates_name(site, name) is expected
