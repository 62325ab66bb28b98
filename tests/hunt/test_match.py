"""Indicators and mails: what meets, by what it is told apart, and that no way in is missed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.judge.factories import beacon, link, mail, pixel, sender, token

from tocsin.hunt.digests import leading_digests
from tocsin.hunt.hits import excuse_of, hits_of
from tocsin.hunt.match import Shown, Uncompiled, as_expression, evaluate, expression, literal
from tocsin.hunt.observables import digests_of, observables
from tocsin.hunt.search import SearchSet
from tocsin.model.intel import Combination, Comparison, Indicator, Pattern
from tocsin.model.observation import Observation

MAIL = mail(
    pixel("https://u.news.hostile.test/o/a?u=1#x", personal=token("9f8e7d6c5b4a")),
    link("http://192.0.2.7/page"),
    link("https://user:word@login.test/in"),
    beacon("mailto:receipts@counter.test", host="", site="", part="return-receipt-to"),
    sender=sender(
        "desk@outlet.test",
        mailer="Foxwriter 3",
        message_id_host="made.by.test",
        relays=("relay.hoster.test", "198.51.100.9"),
    ),
    observations=(Observation("attachment-md5", "0" * 32, "2"),),
    sha256="ab" * 32,
)


def leaf(kind: str, operator: str, *values: str, negated: bool = False) -> Comparison:
    return Comparison(kind, operator, values, negated)


def both(*parts: Pattern) -> Combination:
    return Combination("and", parts)


def either(*parts: Pattern) -> Combination:
    return Combination("or", parts)


HOST = leaf("host", "=", "u.news.hostile.test")
ABSENT = leaf("host", "=", "other.test")
CASES: list[tuple[Pattern, str | None]] = [
    (leaf("url", "=", "https://u.news.hostile.test/o/a?u=1"), "url"),
    (leaf("url", "=", "http://u.news.hostile.test/o/a?u=1#other"), "url"),
    (leaf("url", "=", "https://u.news.hostile.test/o/a?u=2"), None),
    (leaf("url", "=", "https://u.news.hostile.test/o/a"), None),
    (leaf("url", "=", "https://u.news.hostile.test/o/a/?u=1"), None),
    (HOST, "host"),
    (leaf("host", "=", "news.hostile.test"), None),
    (leaf("host", "in", "other.test", "relay.hoster.test"), "host"),
    (leaf("host", "under", "u.news.hostile.test"), "host"),
    (leaf("host", "under", "news.hostile.test"), "domain"),
    (leaf("host", "under", "hostile.test"), "domain"),
    (leaf("host", "under", "stile.test"), None),
    (leaf("host", "under", "test"), None),
    (leaf("token", "=", "9f8e7d6c5b4a"), "token"),
    (leaf("address", "=", "desk@outlet.test"), "address"),
    (leaf("address", "=", "receipts@counter.test"), "address"),
    (leaf("host", "=", "made.by.test"), "host"),
    (leaf("url", "=", "https://login.test/in"), "url"),
    (leaf("ip", "=", "192.0.2.7"), "ip"),
    (leaf("host", "=", "192.0.2.7"), "ip"),
    (leaf("ip", "cidr", "198.51.100.0/28"), "cidr"),
    (leaf("ip", "cidr", "203.0.113.0/24"), None),
    (leaf("hash", "=", "0" * 32), "hash"),
    (leaf("hash", "=", "ab" * 32), "hash"),
    (leaf("subject", "=", "a word about next week"), "subject"),
    (leaf("mailer", "=", "foxwriter 3"), "mailer"),
    (leaf("url", "like", "https://_.news.%/o/a?u=1%"), "url"),
    (leaf("url", "like", "https://news.%"), None),
    (leaf("host", "like", "%.HOSTILE.test"), "domain"),
    (leaf("host", "matches", r"^u\.\w+\.hostile\.test$"), "domain"),
    (leaf("subject", "matches", "WORD about"), "subject"),
    (both(HOST, leaf("subject", "like", "a word%")), "pattern"),
    (both(HOST, ABSENT), None),
    (both(HOST, leaf("mailer", "=", "other", negated=True)), "pattern"),
    (both(HOST, leaf("mailer", "=", "foxwriter 3", negated=True)), None),
    (either(leaf("mailer", "=", "foxwriter 3"), HOST), "host"),
    (either(ABSENT, leaf("ip", "cidr", "192.0.2.0/24")), "cidr"),
]


@pytest.mark.parametrize(("pattern", "match"), CASES)
def test_matches_are_told_apart(pattern: Pattern, match: str | None) -> None:
    met = evaluate(pattern, Shown(observables(MAIL)))
    assert (met[0] if met else None) == match


@pytest.mark.parametrize(("pattern", "match"), [case for case in CASES if case[1]])
def test_what_meets_is_found_by_digest_or_by_search(pattern: Pattern, match: str) -> None:
    seen = observables(MAIL)
    ways = set(leading_digests(pattern))
    if ways:
        assert ways & set(digests_of(seen))
        return
    searched = SearchSet([Indicator("i", "s", pattern, "")])
    found = {
        number for one in seen if one.kind in searched.kinds for number in searched.ask(one.kind, one.value)
    }
    found.update(number for digest in digests_of(seen) for number in searched.exact.get(digest, ()))
    assert 0 in found or searched.always


def test_the_place_of_what_is_seen_is_told() -> None:
    met = evaluate(leaf("host", "under", "hostile.test"), Shown(observables(MAIL)))
    assert met is not None
    assert (met[1].kind, met[1].value, met[1].where) == ("host", "u.news.hostile.test", "1")


def test_many_expressions_answer_like_each_by_itself() -> None:
    patterns = [leaf("url", "like", f"%{n}.hostile.test/%") for n in range(40)]
    patterns += [leaf("url", "matches", rf"//u\d?\.n{n}[.]") for n in range(40)]
    searched = SearchSet([Indicator(str(n), "s", one, "") for n, one in enumerate(patterns)])
    assert searched.pieces("url") == ("",)
    for url in ("https://a7.hostile.test/x", "https://u1.n13.test/", "https://nothing.test/"):
        alone = {
            n
            for n, one in enumerate(patterns)
            if evaluate(one, Shown(observables(mail(pixel(url))))) is not None
        }
        assert set(searched.ask("url", url)) == alone


def test_an_expression_that_cannot_be_searched_in_linear_time_is_said() -> None:
    with pytest.raises(Uncompiled, match="linear time"):
        expression("url", "matches", r"(?=a)b")
    searched = SearchSet([Indicator("i", "s", leaf("url", "matches", r"(a)\1"), "")])
    assert [id for id, _ in searched.problems] == ["i"]
    assert not searched.indicators


@pytest.mark.parametrize(
    ("operator", "value", "piece"),
    [
        ("like", "https://%.hostile.test/_x", ".hostile.test/"),
        ("matches", r"^https?://[a-z]+\.hostile\.test/", ".hostile.test/"),
        ("matches", "a{0}bcd", "bcd"),
        ("matches", "abc|xyz", ""),
        ("matches", "(?i)abc", ""),
        ("matches", r"abc\d+de[)]f", "abc"),
        ("matches", "(never)?seen", "seen"),
    ],
)
def test_the_longest_sure_piece(operator: str, value: str, piece: str) -> None:
    assert literal(operator, value) == piece


ATOMS = st.sampled_from(["a", "b", ".", r"\.", "[ab]", "(ab)", "(a|b)", "[^)]", r"\w", r"[)\]a]", "(a(b)c)"])
COUNTS = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{0,1}", "*?"])
EXPRESSIONS = st.lists(st.tuples(ATOMS, COUNTS).map("".join), min_size=1, max_size=6).map("".join)


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS, st.text("ab.)(]c", max_size=12))
def test_the_sure_piece_stands_in_all_that_matches(pattern: str, text: str) -> None:
    if expression("url", "matches", pattern)(text):
        assert literal("matches", pattern) in text


@given(st.text("ab%_.", max_size=8), st.text("ab._%", max_size=8))
def test_like_is_percent_and_underscore(pattern: str, text: str) -> None:
    python = "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in pattern)
    assert expression("url", "like", pattern)(text) == bool(re.fullmatch(python, text, re.DOTALL))
    assert as_expression("url", "like", pattern).startswith("(?s)")


def indicator(**values: object) -> Indicator:
    return Indicator("i", "s", HOST, "w", **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "match", "excuse"),
    [
        (indicator(), "host", ""),
        (indicator(valid_from_s=2_000_000_000.0), "host", ""),
        (indicator(valid_until_s=1_800_000_000.0), "host", ""),
        (indicator(valid_until_s=1_600_000_000.0), "host", "run out when the mail came"),
        (indicator(revoked=True), "host", "withdrawn"),
        (indicator(warning="mail services"), "host", "strangers share it (mail services)"),
        (indicator(), "subject", "proves little"),
    ],
)
def test_what_does_not_alarm(one: Indicator, match: str, excuse: str) -> None:
    said = excuse_of(one, match, 1_700_000_000.0)
    assert bool(said) == bool(excuse)
    assert excuse in said


def test_a_hit_for_each_indicator_by_its_most_telling_match() -> None:
    named = either(
        leaf("host", "under", "hostile.test"), leaf("url", "=", "https://u.news.hostile.test/o/a?u=1")
    )
    hits = hits_of(7, None, Shown(observables(MAIL)), [Indicator("i", "s", named, "")], 5.0)
    assert [(hit.indicator, hit.number, hit.match, hit.alarms) for hit in hits] == [("i", 7, "url", True)]
