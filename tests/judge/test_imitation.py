"""Domains that are made to be taken for a known one, each way by itself, and near ones that are nobody's likeness."""

from __future__ import annotations

import pytest

from tocsin.judge.imitation import Lookalikes
from tocsin.judge.lookalike import slip, sound
from tocsin.mail.url import site_of
from tocsin.model.names import KnownName


def known(id_: str, name: str, *domains: str, aliases: tuple[str, ...] = ()) -> KnownName:
    return KnownName(id_, name, "newspaper", domains, "BE", "https://example.org", aliases)


LOOKALIKES = Lookalikes(
    (
        known("reuters", "Reuters", "reuters.com", "thomsonreuters.com"),
        known("soir", "Le Soir", "lesoir.be"),
        known("nyt", "The New York Times", "nytimes.com", aliases=("New York Times",)),
        known("times", "The Times", "thetimes.co.uk"),
        known("standard", "Standard", "standard.co.uk"),
        known("bbc", "BBC", "bbc.co.uk"),
        known("ft", "Financial Times", "ft.com"),
        known("politico", "Politico", "politico.eu"),
        known("parliament", "European Parliament", "europarl.europa.eu"),
        known("phoenix", "Phonixtra", "phonixtra.example"),
        known("berlin", "University", "fu-berlin.de"),
        known("two", "Reuters Two", "reuters-two.example"),
    )
)


def likeness(host: str) -> tuple[str, str, str] | None:
    found = LOOKALIKES.of(host, site_of(host))
    return (found[0].of.id, found[0].way, found[0].strength) if found else None


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("r\u0435uters.test".encode("idna").decode(), ("reuters", "letters", "strong")),
        ("p\u043elit\u0456co.test".encode("idna").decode(), ("politico", "letters", "strong")),
        ("r3uters.test", ("reuters", "signs", "strong")),
        ("p0litico.test", ("politico", "signs", "strong")),
        ("nytirnes.test", ("nyt", "signs", "strong")),
        ("reuters-newsdesk.test", ("reuters", "joined", "strong")),
        ("reutersnewsdesk.test", ("reuters", "joined", "strong")),
        ("newsreuters.test", ("reuters", "joined", "strong")),
        ("reuters-eu.test", ("reuters", "country", "weak")),
        ("new-york-times-press.test", ("nyt", "joined", "strong")),
        ("europarl-office.test", ("parliament", "joined", "strong")),
        ("lesoir-be.test", ("soir", "country", "weak")),
        ("lesoir-be-news.test", ("soir", "joined", "weak")),
        ("reuterseu.test", ("reuters", "country", "weak")),
        ("bbc-press.test", ("bbc", "joined", "weak")),
        ("reuters.com.newsroom.test", ("reuters", "place", "strong")),
        ("reuters.com-news.test", ("reuters", "place", "strong")),
        ("mail.europarl.europa.eu.login.test", ("parliament", "place", "strong")),
        ("reuters.newsroom.test", ("reuters", "place", "weak")),
        ("reuters.unrelated.test", ("reuters", "place", "claimed")),
        ("rueters.test", ("reuters", "slip", "weak")),
        ("politixo.test", ("politico", "slip", "strong")),
        ("poltiico.test", ("politico", "slip", "strong")),
        ("fonikstra.test", ("phoenix", "sound", "weak")),
        ("le-soir.test", ("soir", "hyphen", "claimed")),
        ("lesoir.test", ("soir", "ending", "claimed")),
        ("reuters.test", ("reuters", "ending", "claimed")),
        ("standard.test", ("standard", "ending", "claimed")),
        ("standard-news.test", ("standard", "joined", "claimed")),
        ("ft-news.test", ("ft", "joined", "claimed")),
        ("thetimesnews.test", ("times", "joined", "claimed")),
    ],
)
def test_ways(host: str, expected: tuple[str, str, str]) -> None:
    assert likeness(host) == expected


@pytest.mark.parametrize(
    "host",
    [
        "reuters.com",
        "newsletter.reuters.com",
        "www.europa.eu",  # the registrable domain of one of them
        "tu-berlin.de",
        "river.test",
        "news.test",
        "press-office.test",
        "routers.test.invalid",
        "aft.test",
        "abc-news.test",
        "news.river.test",
        "",
        "test",
        ".",
        "xn--.test",
        "xn--a\u0000.test",
        "xn--99999999999999.test",
        ".".join(["a"] * 300) + ".test",
        "-".join(["news"] * 60) + ".test",
        "news" * 200 + ".test",
        "\u202ereuters\u202c",
    ],
)
def test_nobody_is_imitated(host: str) -> None:
    assert LOOKALIKES.of(host, site_of(host)) == ()


def test_genuine_is_found_by_the_longest_suffix() -> None:
    assert LOOKALIKES.genuine("news.reuters.com") is not None
    assert LOOKALIKES.genuine("reuters.com.news.test") is None
    assert LOOKALIKES.genuine(".".join(["a"] * 300)) is None


def test_without_names_nothing_is_imitated() -> None:
    assert Lookalikes().of("reuters-news.test", "reuters-news.test") == ()


@pytest.mark.parametrize(
    ("label", "name", "expected"),
    [
        ("rueters", "reuters", "swapped"),
        ("reutets", "reuters", "neighbour"),
        ("reuterss", "reuters", "doubled"),
        ("reters", "reuters", "dropped"),
        ("reuqers", "reuters", "other"),
        ("reuxters", "reuters", "other"),
        ("reuters", "reuters", ""),
        ("retures", "reuters", ""),
        ("", "a", "dropped"),
        ("", "", ""),
    ],
)
def test_slips(label: str, name: str, expected: str) -> None:
    assert slip(label, name) == expected


@pytest.mark.parametrize(
    ("left", "right"), [("phonix", "fonix"), ("courier", "kourier"), ("axis", "aksis"), ("lly", "li")]
)
def test_sounds(left: str, right: str) -> None:
    assert sound(left) == sound(right)
