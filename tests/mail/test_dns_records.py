"""DNS records as people paste them: what is read, passed over, and said to be wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.mail.dns_records import Records, parse_records

DIG = """
; <<>> DiG 9.18 <<>> TXT outlet.example
;; ANSWER SECTION:
outlet.example.\t\t3600\tIN\tTXT\t"v=spf1 ip4:192.0.2.1 -all"
outlet.example.         3600 IN TXT     "one; with a semicolon" " and a second string"
K1._Domainkey.Outlet.example 300 TXT "v=DKIM1; p=QUJD\\\\\\"\\059"   ; a comment
www.outlet.example. 1h IN CNAME outlet.example.
outlet.example. IN MX 20 b.outlet.example.
outlet.example. IN MX 10 a.outlet.example.
outlet.example. IN A 192.0.2.1
outlet.example. IN AAAA 2001:0db8:0:0::1
outlet.example. 60 IN SOA ns. root. 1 2 3 4 5
gone.example. ANY -
plain.example. TXT unquoted
$TTL 300
"""


def test_what_dig_prints_is_read() -> None:
    records, bad = parse_records(DIG)
    assert bad == []
    assert records.lookup("OUTLET.example.", "TXT") == (
        "one; with a semicolon and a second string",
        "v=spf1 ip4:192.0.2.1 -all",
    )
    assert records.lookup("k1._domainkey.outlet.example", "TXT") == ('v=DKIM1; p=QUJD\\";',)
    assert records.lookup("outlet.example", "MX") == ("a.outlet.example", "b.outlet.example")
    assert records.lookup("www.outlet.example", "AAAA") == ("2001:db8::1",)
    assert records.lookup("plain.example", "TXT") == ("unquoted",)


def test_nothing_is_not_the_same_as_unknown() -> None:
    records, _ = parse_records(DIG)
    assert records.lookup("gone.example", "TXT") == ()
    assert records.lookup("gone.example", "A") == ()
    assert records.lookup("unheard.example", "TXT") is None
    assert records.lookup("plain.example", "A") is None


def test_aliases_that_go_in_circles_end() -> None:
    records, _ = parse_records("a.example. CNAME b.example.\nb.example. CNAME a.example.\n")
    assert records.lookup("a.example", "TXT") is None


def test_records_beside_a_mail_come_before_those_of_all() -> None:
    own, general = (
        parse_records('a.example. TXT "own"')[0],
        parse_records('a.example. TXT "all"\nb.example. TXT "all"')[0],
    )
    joined = own.beside(general)
    assert joined.lookup("a.example", "TXT") == ("own",)
    assert joined.lookup("b.example", "TXT") == ("all",)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("outlet.example.", "there is no type"),
        ("outlet.example. IN", "there is no type"),
        ('outlet.example. TXTT "x"', "not a type"),
        ('"outlet.example." TXT "x"', "not a name"),
        ("out let.example. TXT x", "not a type"),
        ('outlet.example. TXT "x', "not closed"),
        ("outlet.example. TXT", "no value"),
        ("outlet.example. A 192.0.2", "not an address"),
        ("outlet.example. A 2001:db8::1", "not an address of type A"),
        ("outlet.example. MX a.example.", "a number and a host"),
        ("outlet.example. CNAME a b", "one value"),
        ('  TXT "x"', "write the name on every line"),
        ("$ORIGIN example.", "every name in full"),
        ("outlet.example. ANY x", "only be followed"),
        ("outlet.example. TXT ( ", ""),
        (f'outlet.example. TXT "{"x" * 20_000}"', "at most"),
    ],
)
def test_bad_lines_are_said_with_their_number(line: str, said: str) -> None:
    records, bad = parse_records("\n\n" + line)
    if said:
        assert [b.number for b in bad] == [3]
        assert said in bad[0].text
        assert not records
    else:
        assert records.lookup("outlet.example", "TXT") == ("(",)


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    records, _ = parse_records(text)
    assert isinstance(records, Records)
