"""STIX patterns: what they ask of a mail, what of them is left out and why, and that writing them loses nothing."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stix2patterns.validator import validate

from tocsin.exchange.stix_pattern import normal, read_pattern
from tocsin.exchange.stix_syntax import PatternError, parse
from tocsin.exchange.stix_text import labels_of, stix_text
from tocsin.model.intel import Combination, Comparison, Pattern

MD5, SHA256 = "d41d8cd98f00b204e9800998ecf8427e", "ab" * 32


def one(kind: str, operator: str, *values: str, negated: bool = False) -> Comparison:
    return Comparison(kind, operator, values, negated)


def both(*parts: Pattern) -> Combination:
    return Combination("and", parts)


def either(*parts: Pattern) -> Combination:
    return Combination("or", parts)


UNDERSTOOD = [
    ("[url:value = 'HTTP://Evil.example/?a=b&c=d']", one("url", "=", "http://evil.example/?a=b&c=d")),
    (r"[url:value = 'http://evil.example/\'x\'?y=\\\\']", one("url", "=", r"http://evil.example/'x'?y=\\")),
    ("[url:value = 'hxxp://evil[.]example/p']", one("url", "=", "http://evil.example/p")),
    ("[domain-name:value = 'Evil.example']", one("host", "under", "evil.example")),
    ("[ipv4-addr:value = '198.51.100.7']", one("ip", "=", "198.51.100.7")),
    ("[ipv4-addr:value = '198.51.100.0/24']", one("ip", "cidr", "198.51.100.0/24")),
    ("[ipv6-addr:value ISSUBSET '2001:db8:5::/48']", one("ip", "cidr", "2001:db8:5::/48")),
    ("[email-addr:value = 'A@Evil.example']", one("address", "=", "a@evil.example")),
    ("[email-message:from_ref.value = 'a@evil.example']", one("address", "=", "a@evil.example")),
    ("[email-message:subject = 'Your  Visit']", one("subject", "=", "your visit")),
    ("[email-message:subject LIKE 'Your%_isit']", one("subject", "like", "your%_isit")),
    ("[email-message:additional_header_fields.'X-Mailer' = 'Sender 1']", one("mailer", "=", "sender 1")),
    (f"[file:hashes.MD5 = '{MD5}']", one("hash", "=", MD5)),
    (f"[file:hashes.'SHA-256' = '{SHA256.upper()}']", one("hash", "=", SHA256)),
    (f"[file:hashes.SHA-256 = '{SHA256}']", one("hash", "=", SHA256)),
    (r"[domain-name:value MATCHES '^x\\.y$']", one("host", "matches", r"(?i)^x\.y$")),
    (r"[url:value MATCHES '/px\.gif\?u=']", one("url", "matches", r"/px\.gif\?u=")),
    (
        "[domain-name:value IN ('b.example', 'a.example')]",
        either(one("host", "under", "b.example"), one("host", "under", "a.example")),
    ),
    (
        "[domain-name:value = 'a.example' OR domain-name:value LIKE '%.a.example']",
        one("host", "under", "a.example"),
    ),
    (
        "[url:value = 'http://b.example/1' OR (url:value = 'http://a.example/1')]",
        one("url", "in", "http://a.example/1", "http://b.example/1"),
    ),
    (
        "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.7']",
        one("ip", "=", "198.51.100.7"),
    ),
    (
        "([url:value = 'http://a.example/1'] AND [email-message:subject = 'x y']) WITHIN 60 SECONDS",
        both(one("url", "=", "http://a.example/1"), one("subject", "=", "x y")),
    ),
    (
        "[email-message:subject LIKE 'news %' AND email-message:subject != 'news today']",
        both(one("subject", "like", "news %"), one("subject", "=", "news today", negated=True)),
    ),
    (
        "[a.example:x = 1] OR [domain-name:value = 'b.example']".replace("a.example", "x-thing"),
        one("host", "under", "b.example"),
    ),
]


@pytest.mark.parametrize(("text", "meant"), UNDERSTOOD)
def test_patterns_are_understood(text: str, meant: Pattern) -> None:
    assert read_pattern(text).pattern == meant


LEFT_OUT = [
    ("[domain-name:value = 'com']", "top-level"),
    ("[ipv4-addr:value ISSUBSET '0.0.0.0/0']", "wider"),
    ("[file:name = 'a.doc']", "only hashes"),
    ("[email-message:to_refs[*].value = 'a@b.example']", "received"),
    ("[email-message:body LIKE '%x%']", "not kept"),
    ("[url:value = 'http://a.example/1'] FOLLOWEDBY [url:value = 'http://b.example/1']", "order"),
    ("[url:value = 'http://a.example/1'] REPEATS 5 TIMES", "counted"),
    (
        "[url:value = 'http://a.example/1'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'",
        "START",
    ),
    ("[url:value LIKE 'http://a%' AND url:value LIKE '%z']", "same object"),
    ("[url:value != 'http://a.example/1']", "not there"),
    ("[url:value MATCHES '(?=a)b']", "linear time"),
    ("[url:value MATCHES '(a']", "cannot be read"),
    ("[url:value LIKE '%']", "every mail"),
    ("[EXISTS url:value]", "EXISTS"),
    ("[url:value > 'a']", "no meaning"),
    ("[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']", "resolved"),
    ("[url:value = 'http://a.example/1'", "ends where"),
    ("url:value = 'x'", "[ or ( is expected"),
    ("", "ends where"),
    ("(" * 100_000, "brackets inside each other"),
    ("[" + "(" * 100_000, "brackets inside each other"),
    ("[url:value = 'a" + "\\'" * 50_000, "cannot be read"),
]


@pytest.mark.parametrize(("text", "reason"), LEFT_OUT, ids=[text[:60] for text, _ in LEFT_OUT])
def test_what_cannot_be_compared_is_listed(text: str, reason: str) -> None:
    reading = read_pattern(text, where="objects[3]")
    assert reading.pattern is None
    assert [one.where for one in reading.left_out] == ["objects[3]"]
    assert reason in reading.left_out[0].reason


def test_one_side_of_an_or_stays_usable_and_the_other_is_listed() -> None:
    reading = read_pattern(
        "[url:value = 'http://a.example/1' OR file:name = 'it\\'s'] OR [domain-name:value IN ('com', 'b.example')]"
    )
    assert reading.pattern == either(one("url", "=", "http://a.example/1"), one("host", "under", "b.example"))
    assert {left.written for left in reading.left_out} == {"com", "file:name = 'it\\'s'"}


def test_thousands_of_conditions_are_read() -> None:
    names = [f"a{number}.evil.example" for number in range(5_000)]
    many = " OR ".join(f"domain-name:value = '{name}'" for name in names)
    pattern = read_pattern(f"[{many}]").pattern
    assert isinstance(pattern, Combination)
    assert len(pattern.parts) == 5_000
    long = " AND ".join(f"x-thing:b{number} = 'a'" for number in range(5_000))
    assert read_pattern(f"[{long}]").pattern is None


def test_an_and_is_listed_as_a_whole() -> None:
    text = "[url:value = 'http://a.example/1' OR file:name = 'x'] AND [file:name = 'y']"
    reading = read_pattern(text)
    assert reading.pattern is None
    assert [left.written for left in reading.left_out] == [text]


hosts = st.from_regex(r"[a-z]{1,8}(-[a-z]{1,4})?\.(evil|worse)\.example", fullmatch=True)
texts = st.text(alphabet="abcXYZ '\\=[]()%_\"é.?*/<>日\n", min_size=3, max_size=20).map(
    lambda text: "ab" + text
)
leaf = st.one_of(
    hosts.map(lambda host: one("host", "under", host)),
    hosts.map(lambda host: one("host", "=", host)),
    hosts.map(lambda host: one("host", "like", "%" + host)),
    st.tuples(hosts, st.from_regex(r"[a-z'=?]{1,9}", fullmatch=True)).map(
        lambda pair: one("url", "=", f"https://{pair[0]}/?{pair[1].replace(chr(39), '%27')}")
    ),
    hosts.map(lambda host: one("address", "=", "a@" + host)),
    st.sampled_from([one("ip", "=", "198.51.100.7"), one("ip", "cidr", "2001:db8:7::/48")]),
    st.sampled_from([one("hash", "=", MD5), one("hash", "=", SHA256), one("template", "=", "ab" * 8)]),
    texts.map(lambda text: one("subject", "=", " ".join(text.casefold().split()))),
    texts.map(lambda text: one("mailer", "=", text.casefold().strip())),
    st.from_regex(r"[A-Za-z0-9]{6,12}", fullmatch=True).map(lambda text: one("token", "=", text)),
    st.just(one("url", "matches", r"^https?://[^/]+/px\?'=")),
)
trees = st.recursive(
    leaf,
    lambda inner: st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4)).map(
        lambda made: Combination(made[0], tuple(made[1]))
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(trees)
def test_what_is_written_is_read_back(pattern: Pattern) -> None:
    text = stix_text(pattern)
    reading = read_pattern(text, exact_host=bool(labels_of(normal(pattern))))
    assert reading.left_out == ()
    assert reading.pattern == normal(pattern)


@settings(max_examples=25, deadline=None)
@given(trees)
def test_what_is_written_is_a_pattern_to_others(pattern: Pattern) -> None:
    assert validate(stix_text(pattern), stix_version="2.1")


@pytest.mark.parametrize("text", [text for text, meant in UNDERSTOOD])
def test_reading_what_was_written_changes_nothing(text: str) -> None:
    pattern = read_pattern(text).pattern
    assert pattern is not None
    assert read_pattern(stix_text(pattern), exact_host=bool(labels_of(pattern))).pattern == pattern


pieces = st.sampled_from(
    [
        "[",
        "]",
        "(",
        ")",
        "'",
        "\\",
        "url:value",
        "file:hashes.'MD5'",
        "=",
        "!=",
        " AND ",
        " OR ",
        "FOLLOWEDBY",
        "NOT ",
        "LIKE ",
        "MATCHES",
        " IN ",
        "'x'",
        "'%'",
        "t'2026'",
        "7",
        ",",
        ".",
        "*",
        "WITHIN",
        "START",
        "�",
        "ISSUBSET",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(pieces, max_size=30).map("".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    reading = read_pattern(text)
    assert reading.pattern is not None or all(left.reason for left in reading.left_out)
    with contextlib.suppress(PatternError):
        parse(text)
