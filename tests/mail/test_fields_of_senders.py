"""Addresses, dates, Received and Authentication-Results as mail has them."""

from __future__ import annotations

import pytest

from tocsin.mail.addresses import normalise, parse_addresses
from tocsin.mail.authresults import parse_authentication_results
from tocsin.mail.dates import parse_date
from tocsin.mail.received import parse_received

NOON = 1772445600.0  # 2026-03-02 10:00:00 UTC


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@b.example", [("", "a@b.example")]),
        ("<a@b.example>", [("", "a@b.example")]),
        ("Jane Doe <j@b.example>", [("Jane Doe", "j@b.example")]),
        ('"Doe, Jane" <j@b.example>', [("Doe, Jane", "j@b.example")]),
        ("Doe, Jane <j@b.example>", [("Doe, Jane", "j@b.example")]),
        ("j@b.example (Jane Doe)", [("Jane Doe", "j@b.example")]),
        ("a@b.example <c@d.example>", [("a@b.example", "c@d.example")]),
        ('"a@b.example" <c@d.example>', [("a@b.example", "c@d.example")]),
        ("=?utf-8?q?J=C3=A9?= <j@b.example>", [("Jé", "j@b.example")]),
        ('"=?utf-8?q?J=C3=A9?=" <j@b.example>', [("Jé", "j@b.example")]),
        ("=?utf-8?q?Doe=2C_J?= <j@b.example>, k@b.example", [("Doe, J", "j@b.example"), ("", "k@b.example")]),
        ("Team: a@b.example, C <c@b.example>;", [("", "a@b.example"), ("C", "c@b.example")]),
        ("undisclosed-recipients:;", []),
        ("a@b.example; c@b.example", [("", "a@b.example"), ("", "c@b.example")]),
        ("<a@b.example", [("", "a@b.example")]),
        ("Jane a@b.example", [("Jane", "a@b.example")]),
        ("a@b@c.example", [("", "a@b@c.example")]),
        ("<@relay.example:a@b.example>", [("", "a@b.example")]),
        ("<pete(his account)@silly.example>", [("", "pete@silly.example")]),
        ("", []),
        (",,,", []),
    ],
)
def test_addresses(value: str, expected: list[tuple[str, str]]) -> None:
    assert [(entry.name, entry.address) for entry in parse_addresses(value)] == expected


def test_many_recipients_and_the_limit() -> None:
    value = ", ".join(f'"Doe, {i}" <a{i}@b.example>' for i in range(10_000))
    assert len(parse_addresses(value)) == 10_000
    assert len(parse_addresses(value, limit=7)) == 7


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("A.B@EXAMPLE.org", "a.b@example.org"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        (" <a@b.example.> ", "a@b.example"),
        ("nobody", "nobody"),
    ],
)
def test_normalise(address: str, expected: str) -> None:
    assert normalise(address) == expected


@pytest.mark.parametrize(
    "value",
    [
        "Mon, 2 Mar 2026 10:00:00 +0000",
        "2 Mar 2026 10:00:00 GMT",
        "Mon, 02 Mar 2026 11:00:00 +0100 (CET)",
        "Mon, 2 Mar 26 10:00:00 +0000",
        "Mon,2 Mar 2026 10:00 UTC",
        "Mon, 2 March 2026 05:00:00 EST",
        "Mon Mar  2 10:00:00 2026",
        "2026-03-02T10:00:00Z",
        "2026-03-02 11:00:00 +01:00",
        "lun., 2 mars 2026 11:00:00 +0100",
        "Mon, 2 Mar 2026 10:00:00 AM +0000",
        "March 2, 2026 10:00:00 AM",
        "2-Mar-2026 10:00:00 +0000",
        "Mon, 2 Mar 2026 10.00.00 +0000",
    ],
)
def test_dates(value: str) -> None:
    assert parse_date(value) == NOON


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Thu, 1 Jan 1970 00:00:00 +0000", 0.0),
        ("Thu, 31 Dec 2099 23:59:59 +0000", 4102444799.0),
        ("", None),
        ("yesterday", None),
        ("99 Foo 2026 10:00:00", None),
        ("Mon, 32 Mar 2026 10:00:00 +0000", None),
    ],
)
def test_dates_at_the_edges(value: str, expected: float | None) -> None:
    assert parse_date(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            "from mail.a.example (h [192.0.2.7]) by mx.b.example (MTA) with ESMTPS; 2 Mar 2026 10:00:00 UT",
            ("mail.a.example", "192.0.2.7", "mx.b.example", "ESMTPS", NOON),
        ),
        (
            "from a.example ([IPv6:2001:db8::1]) by mx.b.example with smtp; Mon, 2 Mar 2026 10:00:00 +0000",
            ("a.example", "2001:db8::1", "mx.b.example", "SMTP", NOON),
        ),
        ("by 192.0.2.1 with HTTP; Mon, 2 Mar 2026 10:00:00 +0000", ("", "", "192.0.2.1", "HTTP", NOON)),
        ("(qmail 123 invoked by uid 0); 2 Mar 2026 10:00:00 -0000", ("", "", "uid", "", NOON)),
        ("from unknown", ("unknown", "", "", "", None)),
        ("", ("", "", "", "", None)),
    ],
)
def test_received(value: str, expected: tuple[str, str, str, str, float | None]) -> None:
    hop = parse_received(value)
    assert (hop.from_host, hop.from_ip, hop.by_host, hop.protocol, hop.time_s) == expected


def test_authentication_results() -> None:
    found = parse_authentication_results(
        "mx.b.example; dkim=pass (2048-bit key) header.d=a.example header.b=abc=; "
        "spf=softfail (sender is not; allowed) smtp.mailfrom=x@a.example; "
        'dmarc=fail (p=NONE sp=REJECT dis=NONE) header.from=a.example; arc=none reason="no seal"'
    )
    assert found.authserv_id == "mx.b.example"
    assert [(method, result) for method, result, _ in found.results] == [
        ("dkim", "pass"), ("spf", "softfail"), ("dmarc", "fail"), ("arc", "none"),
    ]  # fmt: skip
    properties = {method: values for method, _, values in found.results}
    assert properties["dkim"]["header.d"] == "a.example"
    assert properties["dkim"]["header.b"] == "abc="
    assert properties["spf"]["smtp.mailfrom"] == "x@a.example"
    assert properties["dmarc"]["policy.p"] == "none"
    assert properties["dmarc"]["policy.sp"] == "reject"
    assert properties["arc"]["reason"] == "no seal"


@pytest.mark.parametrize(
    ("value", "server", "methods"),
    [
        ("mx.b.example; none", "mx.b.example", []),
        ("mx.b.example 1; spf=pass smtp.helo=a.example", "mx.b.example", ["spf"]),
        ("spf=pass smtp.mailfrom=a.example; dkim=none", "", ["spf", "dkim"]),
        ("i=1; mx.b.example; dkim=pass", "mx.b.example", ["dkim"]),
        ("", "", []),
    ],
)
def test_authentication_results_in_other_forms(value: str, server: str, methods: list[str]) -> None:
    found = parse_authentication_results(value)
    assert found.authserv_id == server
    assert [method for method, _, _ in found.results] == methods
