"""Who sent a mail, by its header: tables of what must be read, and of what must not be believed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.mail.mime import scan
from tocsin.model.catalogue import HostingGroup, Vendor
from tocsin.model.message import Envelope
from tocsin.model.observation import Sender
from tocsin.observe.sender import observe_sender
from tocsin.observe.vendors import index_catalogue

CATALOGUE = index_catalogue(
    [
        Vendor(
            id="brevia",
            name="Brevia",
            kind="esp",
            hosts=("brevia.example",),
            senders=("send.brevia.example",),
            headers=("x-brevia-id",),
            source="https://brevia.example/",
        )
    ],
    {
        "freemail": HostingGroup("test", ("postbox.example",)),
        "dynamic-dns": HostingGroup("test", ("homeip.example",)),
        "free-hosting": HostingGroup("test", ("pages.example",)),
    },
)
AT = "; Tue, 12 Jan 2021 09:30:00 +0100"
RECEIVED = f"Received: from out.sender.example (out.sender.example [192.0.2.7]) by mx.house.example{AT}"
PASS = (
    "Authentication-Results: mx.house.example; spf=pass smtp.mailfrom=a@sender.example;"
    " dkim=pass header.d=sender.example; dmarc=pass (p=REJECT) header.from=sender.example"
)


def read(*lines: str) -> tuple[Sender, dict[str, str]]:
    """The sender of a mail with these header lines, and the observations as {kind: value}."""
    message = scan(("\r\n".join(lines) + "\r\n\r\ntext\r\n").encode())
    sender, observations = observe_sender(message, CATALOGUE)
    return sender, {observation.kind: observation.value for observation in observations}


def test_reads_the_fields_of_a_common_mail() -> None:
    sender, _ = read(
        "Return-Path: <bounce@mail.sender.example>",
        PASS,
        RECEIVED,
        "From: =?utf-8?Q?Ann_P=C3=A9ters?= <Ann@News.Sender.example>",
        "Reply-To: desk@sender.example",
        "Message-ID: <1234@host.sender.example>",
        "In-Reply-To: <a@house.example>",
        "References: <b@house.example> <a@house.example>",
        "X-Mailer: Composer 7",
        "List-Id: Weekly <weekly.sender.example>",
        "List-Unsubscribe: <https://sender.example/u>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Precedence: Bulk",
        "Auto-Submitted: auto-generated; x=1",
    )
    assert sender.name == "Ann Péters"
    assert (sender.address, sender.domain) == ("ann@news.sender.example", "news.sender.example")
    assert (sender.site, sender.reply_site, sender.return_site) == ("sender.example",) * 3
    assert sender.message_id_host == "host.sender.example"
    assert sender.in_reply_to == ("a@house.example", "b@house.example")
    assert (sender.mailer, sender.list_id, sender.precedence) == (
        "Composer 7",
        "weekly.sender.example",
        "bulk",
    )
    assert sender.list_unsubscribe
    assert sender.one_click
    assert sender.auto_submitted == "auto-generated"
    assert sender.relays == ("out.sender.example", "192.0.2.7")
    assert (sender.spf, sender.dkim, sender.dmarc, sender.dmarc_policy) == ("pass", "pass", "pass", "reject")
    assert sender.dkim_domains == ("sender.example",)
    assert sender.authserv_id == "mx.house.example"


FORGED = "Authentication-Results: mx.house.example; spf=pass; dkim=pass header.d=bank.example; dmarc=pass"
FOREIGN = "Authentication-Results: filter.elsewhere.example; dmarc=pass; spf=pass"
OWN_FAIL = "Authentication-Results: mx.house.example; spf=fail; dkim=none; dmarc=fail (p=NONE)"
SENT_BY = (
    "Received: from laptop (unknown [198.51.100.9]) by out.sender.example; Tue, 12 Jan 2021 09:29:00 +0100"
)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([PASS, RECEIVED], "pass", id="above the first Received"),
        pytest.param([RECEIVED, PASS], "pass", id="below, of the receiver's site"),
        pytest.param([FOREIGN, RECEIVED], "pass", id="any server above the first Received"),
        pytest.param([RECEIVED, FOREIGN], "", id="a stranger's, below"),
        pytest.param([RECEIVED, SENT_BY, FORGED], "", id="forged below a foreign hop"),
        pytest.param([OWN_FAIL, RECEIVED, FORGED], "fail", id="topmost counts, forged below a hop"),
        pytest.param(
            [RECEIVED, OWN_FAIL, "From: x@bank.example", FORGED], "fail", id="forged among own fields"
        ),
        pytest.param([FORGED], "", id="nobody received it"),
        pytest.param([RECEIVED], "", id="nothing recorded"),
        pytest.param([RECEIVED, SENT_BY, OWN_FAIL], "fail", id="a failure below a hop"),
        pytest.param([RECEIVED, "ARC-" + FORGED], "", id="a forwarder's word"),
    ],
)
def test_believes_the_receiving_side_only(lines: list[str], expected: str) -> None:
    sender, _ = read(*lines, "From: x@sender.example")
    assert sender.dmarc == expected


def test_results_of_several_filters_of_one_server_are_joined() -> None:
    sender, _ = read(
        "Authentication-Results: mx.house.example; dmarc=fail (p=quarantine) header.from=bank.example",
        "Authentication-Results: mx.house.example; dkim=fail header.d=bank.example",
        "Authentication-Results: mx.house.example; spf=softfail smtp.mailfrom=x@other.example",
        RECEIVED,
        "From: x@bank.example",
    )
    assert (sender.dmarc, sender.dkim, sender.spf) == ("fail", "fail", "softfail")
    assert sender.dmarc_policy == "quarantine"
    assert sender.return_path == "x@other.example"


def test_inner_hops_do_not_end_the_receiving_side() -> None:
    sender, _ = read(
        f"Received: by 2001:db8::1 with SMTP id q1{AT}",
        f"Received: from mx.house.example (mx.house.example [192.0.2.1]) by store.house.example{AT}",
        RECEIVED,
        OWN_FAIL,
        "From: x@bank.example",
    )
    assert sender.dmarc == "fail"


def test_a_cloud_receiver_writes_hops_under_two_domains_and_results_without_a_server() -> None:
    lines = [
        f"Received: from N1AB34CD0001.prod.labs.example (2001:db8::1) by S2B.prod.cloud.example with HTTPS{AT}",
        f"Received: from F3C.edge.cloud.example (2001:db8::2) by N1AB34CD0001.office.example with SMTP{AT}",
        "Authentication-Results: spf=fail (sender IP is 198.51.100.9); dkim=none (unsigned) header.d=none;dmarc=fail;",
        f"Received: from evil.example (198.51.100.9) by F3C.edge.cloud.example with SMTP{AT}",
        "From: x@bank.example",
    ]
    sender, _ = read(*lines, "X-MS-Exchange-Organization-SCL: 1")
    assert (sender.spf, sender.dkim, sender.dmarc) == ("fail", "none", "fail")
    without_mark, _ = read(*lines)
    assert without_mark.dmarc == ""


def test_signatures_that_did_not_hold_name_nobody() -> None:
    signature = "DKIM-Signature: v=1; a=rsa-sha256; d=bank.example; s=a; b=xyz"
    own = "Authentication-Results: mx.house.example; dkim=pass header.d=own.example; dkim=fail header.d=bank.example"
    checked, _ = read(own, RECEIVED, signature, "From: x@bank.example")
    assert (checked.dkim, checked.dkim_domains) == ("pass", ("own.example",))
    unchecked, _ = read(RECEIVED, signature, "From: x@bank.example")
    assert (unchecked.dkim, unchecked.dkim_domains) == ("", ("bank.example",))


def test_received_spf_counts_where_the_receiver_wrote_it() -> None:
    sender, _ = read(
        RECEIVED, "Received-SPF: SoftFail (mx.house.example: domain of x)", "From: x@bank.example"
    )
    assert sender.spf == "softfail"
    forged, _ = read(RECEIVED, SENT_BY, "Received-SPF: pass", "From: x@bank.example")
    assert forged.spf == ""


@pytest.mark.parametrize(
    ("kind", "hit", "near"),
    [
        (
            "reply-to-freemail",
            ["From: a@sender.example", "Reply-To: a@postbox.example"],
            ["From: a@postbox.example", "Reply-To: b@postbox.example"],
        ),
        (
            "reply-to-other-site",
            ["From: a@sender.example", "Reply-To: a@other.example"],
            ["From: a@sender.example", "Reply-To: a@desk.sender.example"],
        ),
        (
            "name-is-other-address",
            ['From: "ann@bank.example" <x@sender.example>'],
            ['From: "ann@mail.sender.example" <x@sender.example>'],
        ),
        (
            "name-mixed-script",
            ["From: =?utf-8?Q?B=D0=B0nk?= <x@a.example>"],
            ["From: =?utf-8?B?0JDQvdC90LA=?= <x@a.example>"],
        ),
        (
            "name-turned",
            ["From: =?utf-8?B?bW9jLuKAriA8Z3JvLm51?= <x@a.example>"],
            ["From: =?utf-8?B?16nXnNeV150=?= <x@a.example>"],
        ),
        ("from-domain-dynamic-dns", ["From: a@box.homeip.example"], ["From: a@homeip-box.example"]),
        ("from-domain-free-hosting", ["From: a@my.pages.example"], ["From: a@sender.example"]),
        ("from-domain-punycode", ["From: a@xn--bnk-0na.example"], ["From: a@bank.example"]),
        ("several-from", ["From: a@sender.example", "From: b@other.example"], ["From: a@sender.example"]),
        ("from-without-address", ["From: Security Department"], ["From: Security <a@sender.example>"]),
        (
            "sender-other-site",
            ["From: a@sender.example", "Sender: b@other.example"],
            ["From: a@sender.example", "Sender: b@bulk.sender.example"],
        ),
        (
            "return-path-other-site",
            ["Return-Path: <a@other.example>", "From: a@sender.example"],
            ["Return-Path: <>", "From: a@sender.example"],
        ),
        (
            "merge-mailer",
            ["From: a@b.example", "X-Mailer: PHPMailer 6.1 (https://x.example)"],
            ["From: a@b.example", "X-Mailer: Composer"],
        ),
        (
            "merge-mailer",
            ["From: a@b.example", "X-Gophish-Contact: x@y.example"],
            ["From: a@b.example", "X-Contact: x"],
        ),
        (
            "bulk-headers",
            ["From: a@b.example", "Feedback-ID: 1:2:3"],
            ["From: a@b.example", "Precedence: normal"],
        ),
        (
            "verp",
            ["Return-Path: <bounce-17-ann=house.example@s.example>"],
            ["Return-Path: <ann.house@s.example>"],
        ),
        ("verp", ["Return-Path: <bounces+8842631-a81f@s.example>"], ["Return-Path: <bounces@s.example>"]),
        (
            "helo-raw-ip",
            [f"Received: from 192.0.2.9 (unknown [192.0.2.9]) by mx.house.example{AT}"],
            [RECEIVED],
        ),
        (
            "helo-no-domain",
            [f"Received: from desktop (unknown [192.0.2.9]) by mx.house.example{AT}"],
            [RECEIVED],
        ),
        (
            "origin-subscriber-line",
            [f"Received: from pc (dsl-192-0-2-9.pool.isp.example [192.0.2.9]) by mx.house.example{AT}"],
            [RECEIVED],
        ),
    ],
)
def test_observations(kind: str, hit: list[str], near: list[str]) -> None:
    assert kind in read(*hit)[1]
    assert kind not in read(*near)[1]


def test_own_domain_spoofed_needs_a_failure() -> None:
    to = "To: ann@house.example"
    failed = read(OWN_FAIL, RECEIVED, "From: Chief <chief@house.example>", to)[1]
    assert failed["own-domain-spoofed"] == "ann@house.example"
    assert "own-domain-spoofed" not in read(RECEIVED, "From: chief@house.example", to)[1]
    assert "own-domain-spoofed" not in read(OWN_FAIL, RECEIVED, "From: a@bank.example", to)[1]


def test_lists_break_signatures() -> None:
    kinds = read(
        OWN_FAIL, RECEIVED, "From: a@house.example", "To: list@house.example", "List-Id: <talk.house.example>"
    )[1]
    assert kinds["list-damage"] == "talk.house.example"
    assert "own-domain-spoofed" not in kinds


@pytest.mark.parametrize(
    ("lines", "evidence"),
    [
        (
            [
                f"Received: from m1.send.brevia.example (m1.send.brevia.example [192.0.2.8]) by mx.house.example{AT}"
            ],
            "received",
        ),
        (["DKIM-Signature: v=1; d=send.brevia.example; b=x"], "dkim"),
        (["Return-Path: <b@send.brevia.example>"], "return-path"),
        (["X-Brevia-Id: 5"], "x-brevia-id"),
    ],
)
def test_names_the_service_that_carried_it(lines: list[str], evidence: str) -> None:
    sender, kinds = read(*lines, "From: a@sender.example")
    assert sender.service == "brevia"
    assert kinds["service-evidence"] == evidence


def test_no_service_by_a_look_alike() -> None:
    assert (
        read("Return-Path: <b@notsend.brevia.example.sender.example>", "From: a@b.example")[0].service is None
    )


@pytest.mark.parametrize(
    ("value", "relays"),
    [
        (
            "from [192.0.2.4] (helo=mail.a.example) by mx.b.example with esmtp",
            ("mail.a.example", "192.0.2.4"),
        ),
        ("from rev.a.example ([192.0.2.4] helo=x.a.example) by mx.b.example", ("rev.a.example", "192.0.2.4")),
        (
            "from x (rev.a.example. [IPv6:2001:db8::7]) (using TLSv1.3) by mx.b.example",
            ("rev.a.example", "2001:db8::7"),
        ),
        ("from box [192.0.2.4] by mx.b.example with SMTP", ("192.0.2.4",)),
        (
            "from a.example (4.2.0.192.dyn.a.example [192.0.2.4]) by mx.b.example",
            ("4.2.0.192.dyn.a.example", "192.0.2.4"),
        ),
        ("from h.a.example (10.0.0.2) by mx.b.example", ("h.a.example",)),
        ("(qmail 12 invoked by uid 5)", ()),
        ("by mx.b.example with HTTP", ()),
    ],
)
def test_hops_of_all_shapes(value: str, relays: tuple[str, ...]) -> None:
    assert read(f"Received: {value}{AT}")[0].relays == relays


def test_nothing_at_all() -> None:
    assert observe_sender(scan(b""), CATALOGUE) == (Sender(), ())


def test_the_envelope_outranks_the_header() -> None:
    message = scan(b"Return-Path: <forged@bank.example>\r\n\r\n", envelope=Envelope("real@sender.example"))
    assert observe_sender(message, CATALOGUE)[0].return_path == "real@sender.example"


HOSTILE_NAMES = (
    "From Sender Reply-To Received Authentication-Results Received-SPF DKIM-Signature List-Id Return-Path Message-ID "
    "References X-Mailer Precedence List-Unsubscribe-Post To"
)
HOSTILE_PIECES = (
    'from by ( ) [ ] < > @ ; : = " \\ =?utf-8?B? ?= 192.0.2.1 2001:db8::1 mx.house.example spf=pass dkim=pass '
    "header.d= helo= , d="
)
HOSTILE_VALUES = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from([*HOSTILE_PIECES.split(), "\r\n ", " ", "from ", "by "]), max_size=30).map(
        "".join
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(HOSTILE_NAMES.split()), HOSTILE_VALUES), max_size=12))
def test_header_soup_never_raises(fields: list[tuple[str, str]]) -> None:
    raw = "".join(f"{name}: {value}\r\n" for name, value in fields).encode("utf-8", "surrogatepass")
    sender, observations = observe_sender(scan(raw + b"\r\nbody"), CATALOGUE)
    assert sender.address == sender.address.lower()
    assert all(observation.kind for observation in observations)


@pytest.mark.parametrize(
    "value",
    [
        "(" * 50_000,
        "from " * 20_000,
        "from a (" + "(b)" * 20_000,
        "a@" * 40_000,
        "<" * 80_000,
        "d=" * 40_000,
        "=?" * 40_000,
    ],
)
@pytest.mark.parametrize(
    "name", ["Received", "From", "Authentication-Results", "DKIM-Signature", "References"]
)
def test_long_values_end(name: str, value: str) -> None:
    sender, _ = read(f"{name}: {value}")
    assert len(sender.relays) <= 100
