"""SPF against records that were handed in: RFC 7208, and what follows from records that are not there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.mail.dns_records import Records, parse_records
from tocsin.observe.spf import check_spf

ZONE = """
outlet.example.      TXT "v=spf1 a mx:mail.outlet.example include:_spf.bulk.example ip6:2001:db8:1::/48 -all"
outlet.example.      A 192.0.2.1
mail.outlet.example. MX 10 in.outlet.example.
in.outlet.example.   A 192.0.2.20
in.outlet.example.   AAAA 2001:db8::20
_spf.bulk.example.   TXT "v=spf1 ip4:198.51.100.0/25 ?ip4:198.51.100.128/25 ~all"
wide.example.        TXT "v=spf1 a/24//64 ~all"
wide.example.        A 203.0.113.77
wide.example.        AAAA 2001:db8:7::1
moved.example.       TXT "v=spf1 redirect=outlet.example"
nowhere.example.     TXT "v=spf1 redirect=plain.example"
plain.example.       TXT "hello"
two.example.         TXT "v=spf1 -all"
two.example.         TXT "v=spf1 +all"
odd.example.         TXT "v=spf1 foo:bar -all"
badnet.example.      TXT "v=spf1 ip4:1.2.3 -all"
loop.example.        TXT "v=spf1 include:loop.example -all"
quiet.example.       TXT "v=spf1"
upper.example.       TXT "V=SPF1 IP4:192.0.2.9 -ALL"
part.example.        TXT "v=spf1 include:unknown.example ip4:192.0.2.9 -all"
softpart.example.    TXT "v=spf1 ~include:unknown.example ip4:192.0.2.9 -all"
byname.example.      TXT "v=spf1 ptr ip4:192.0.2.9 -all"
void.example.        TXT "v=spf1 a:v1.example a:v2.example a:v3.example ip4:192.0.2.9 -all"
void2.example.       TXT "v=spf1 a:v1.example a:v2.example ip4:192.0.2.9 -all"
v1.example.          ANY -
v2.example.          A -
v3.example.          A -
macro.example.       TXT "v=spf1 exists:%{ir}.%{l1r-}.%{d2}.spf.example -all"
9.2.0.192.x.macro.example.spf.example. A 127.0.0.2
helo.example.        TXT "v=spf1 ip4:192.0.2.9 -all"
aka.example.         CNAME helo.example.
""" + "".join(f'chain{n}.example. TXT "v=spf1 include:chain{n + 1}.example"\n' for n in range(12)) + (
    'chain12.example. TXT "v=spf1 +all"\n'
)  # fmt: skip
RECORDS, BAD = parse_records(ZONE)


def test_the_zone_is_read() -> None:
    assert BAD == []


@pytest.mark.parametrize(
    ("address", "sender", "expected"),
    [
        ("192.0.2.1", "ann@outlet.example", "pass"),  # a
        ("192.0.2.20", "ann@outlet.example", "pass"),  # mx
        ("2001:db8::20", "ann@outlet.example", "pass"),  # whatever the address of `a` is
        ("198.51.100.3", "ann@outlet.example", "pass"),  # include
        ("198.51.100.200", "ann@outlet.example", "fail"),  # the included neutral is no match
        ("::ffff:192.0.2.1", "ann@outlet.example", "pass"),
        ("203.0.113.9", "ann@outlet.example", "fail"),
        ("203.0.113.200", "a@wide.example", "pass"),
        ("2001:db8:7::ffff", "a@wide.example", "pass"),
        ("192.0.2.1", "a@wide.example", "softfail"),
        ("192.0.2.1", "a@moved.example", "pass"),
        ("203.0.113.9", "a@moved.example", "fail"),
        ("203.0.113.9", "a@nowhere.example", "permerror"),
        ("203.0.113.9", "a@plain.example", "none"),
        ("203.0.113.9", "a@two.example", "permerror"),
        ("203.0.113.9", "a@odd.example", "permerror"),
        ("203.0.113.9", "a@badnet.example", "permerror"),
        ("203.0.113.9", "a@loop.example", "permerror"),
        ("203.0.113.9", "a@chain0.example", "permerror"),  # eleven look-ups
        ("203.0.113.9", "a@chain3.example", "pass"),
        ("203.0.113.9", "a@quiet.example", "neutral"),
        ("192.0.2.9", "a@upper.example", "pass"),
        ("192.0.2.9", "a@part.example", "pass"),  # it is listed, whatever the included record says
        ("192.0.2.8", "a@part.example", ""),  # the included record may list it
        ("192.0.2.9", "a@softpart.example", ""),
        ("192.0.2.9", "a@byname.example", "pass"),
        ("192.0.2.8", "a@byname.example", ""),
        ("192.0.2.9", "a@void.example", "permerror"),  # three names without an address
        ("192.0.2.9", "a@void2.example", "pass"),
        ("192.0.2.9", "x-ann@macro.example", "pass"),
        ("192.0.2.9", "bob@macro.example", ""),
        ("192.0.2.9", "", "pass"),  # a bounce: the greeting is asked for
        ("192.0.2.9", "a@aka.example", "pass"),
        ("192.0.2.9", "a@unheard.example", ""),
        ("not an address", "ann@outlet.example", ""),
    ],
)
def test_results(address: str, sender: str, expected: str) -> None:
    assert check_spf(RECORDS, address, sender, "helo.example") == expected


@pytest.mark.parametrize(
    ("spec", "expanded"),
    [  # RFC 7208 7.4
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
    ],
)
def test_macros(spec: str, expanded: str) -> None:
    records = Records({
        ("email.example.com", "TXT"): (f"v=spf1 exists:{spec}.x -all",),
        (f"{expanded}.x", "A"): ("127.0.0.1",),
    })  # fmt: skip
    assert check_spf(records, "192.0.2.3", "strong-bad@email.example.com", "") == "pass"


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("+-~?allincudemxptr46:/%{}shld012. =_exists-"), max_size=80))
def test_no_policy_raises(text: str) -> None:
    records = Records({("a.example", "TXT"): ("v=spf1 " + text,), ("a.example", "A"): ("192.0.2.1",)})
    assert check_spf(records, "192.0.2.1", "x@a.example", "a.example") in (
        "", "pass", "fail", "softfail", "neutral", "none", "permerror",
    )  # fmt: skip


def test_a_policy_that_fans_out_ends() -> None:
    """Every record includes sixty: the bound counts over all of them."""
    policy = "v=spf1 " + " ".join(f"include:f{n}.example" for n in range(60))
    records = parse_records("".join(f'f{n}.example. TXT "{policy}"\n' for n in range(60)))[0]
    assert check_spf(records, "192.0.2.1", "x@f0.example", "") == "permerror"
