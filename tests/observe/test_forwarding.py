"""Receivers that are named, lists and forwarders, and headers that contradict or forge: by whole mails."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.test_sender import AT, CATALOGUE, FORGED, OWN_FAIL, PASS, RECEIVED, read

from tocsin.mail.mime import scan
from tocsin.model.catalogue import HostingGroup
from tocsin.model.observation import Sender
from tocsin.observe.sender import observe_sender
from tocsin.observe.vendors import index_catalogue

FROM = "From: Ann <ann@sender.example>"
GATEWAY = "Authentication-Results: filter.gateway.example; dmarc=pass header.from=sender.example"
THROUGH = [
    f"Received: from filter.gateway.example (filter.gateway.example [198.51.100.2]) by store.house.example{AT}",
    GATEWAY,
    f"Received: from out.sender.example (out.sender.example [192.0.2.7]) by filter.gateway.example{AT}",
]


def trusting(*lines: str, servers: tuple[str, ...]) -> Sender:
    message = scan(("\r\n".join(lines) + "\r\n\r\ntext\r\n").encode())
    return observe_sender(message, CATALOGUE, trusted=servers)[0]


@pytest.mark.parametrize(
    ("lines", "servers", "expected"),
    [
        pytest.param([PASS, RECEIVED], ("mx.house.example",), "pass", id="named"),
        pytest.param([PASS, RECEIVED], ("house.example",), "pass", id="named by its domain"),
        pytest.param([PASS, RECEIVED], ("mx.other.example",), "", id="another is named"),
        pytest.param([GATEWAY, PASS, RECEIVED], ("mx.house.example",), "pass", id="below another's"),
        pytest.param([OWN_FAIL, PASS, RECEIVED], ("house.example",), "", id="topmost of its own contradicts"),
        pytest.param(THROUGH, ("filter.gateway.example",), "pass", id="a gateway before the mailbox"),
        pytest.param(THROUGH, (), "", id="a gateway that nobody names"),
        pytest.param(
            [RECEIVED, f"Received: from laptop (unknown [198.51.100.9]) by out.sender.example{AT}", FORGED],
            ("mx.house.example",),
            "",
            id="its name below a foreign hop",
        ),
        pytest.param(
            [f"Received: from a by mx.evil.example{AT}", FORGED],
            ("bank.example",),
            "",
            id="no field of its own",
        ),
    ],
)
def test_only_named_servers_are_believed(lines: list[str], servers: tuple[str, ...], expected: str) -> None:
    assert trusting(*lines, FROM, servers=servers).dmarc == expected


def test_received_spf_counts_from_a_named_server_only() -> None:
    lines = [
        "Received-SPF: pass (mx.house.example: domain of a@sender.example) receiver=mx.house.example;",
        RECEIVED,
        FROM,
    ]
    assert trusting(*lines, servers=("house.example",)).spf == "pass"
    assert trusting(*lines, servers=("other.example",)).spf == ""


FAIL = (
    "Authentication-Results: mx.house.example; spf=fail smtp.mailfrom=a@x.example;"
    " dmarc=fail header.from=sender.example"
)
SEAL = [
    "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=relay.example; s=a; b=QUJD",
    "ARC-Message-Signature: i=1; a=rsa-sha256; d=relay.example; s=a; h=from; bh=QUJD; b=QUJD",
    "ARC-Authentication-Results: i=1; mx.relay.example; dmarc=pass header.from=sender.example",
]
BY_RELAY = f"Received: from out.relay.example (out.relay.example [192.0.2.8]) by mx.house.example{AT}"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([FAIL, RECEIVED, "List-Id: <talk.lists.example>"], "list-damage", id="List-Id"),
        pytest.param([FAIL, RECEIVED, "X-Mailman-Version: 2.1"], "list-damage", id="a list program"),
        pytest.param([FAIL, *SEAL, BY_RELAY], "forward-damage", id="sealed by the host that handed it on"),
        pytest.param([FAIL, *SEAL, RECEIVED], "", id="sealed by somebody else"),
        pytest.param(
            [FAIL, *[line.replace("from=sender", "from=other") for line in SEAL], BY_RELAY],
            "",
            id="a seal on another author",
        ),
        pytest.param(
            [FAIL, BY_RELAY, "To: reader@relay.example"], "forward-damage", id="addressed to the forwarder"
        ),
        pytest.param(
            [
                FAIL,
                BY_RELAY,
                "Return-Path: <SRS0=ab12=XY=sender.example=ann@relay.example>",
                "To: reader@relay.example",
            ],
            "forward-damage",
            id="return path rewritten",
        ),
        pytest.param([FAIL, BY_RELAY, "To: reader@house.example"], "", id="not addressed to it"),
        pytest.param(
            [FAIL, BY_RELAY.replace("relay", "sender"), "To: b@sender.example"],
            "own-domain-spoofed",
            id="itself",
        ),
        pytest.param(
            [
                FAIL.replace("=sender.", "=house."),
                *SEAL,
                BY_RELAY,
                "From: boss@house.example",
                "To: x@house.example",
            ],
            "own-domain-spoofed",
            id="no forwarder excuses the reader's own domain",
        ),
        pytest.param([PASS, BY_RELAY, *SEAL], "", id="nothing failed"),
    ],
)
def test_damage_on_the_way_is_seen(lines: list[str], expected: str) -> None:
    _, kinds = read(*lines, FROM)
    found = {"list-damage", "forward-damage", "own-domain-spoofed"} & kinds.keys()
    assert found == ({expected} if expected else set())


def test_known_forwarding_services_are_told_by_their_machines() -> None:
    catalogue = index_catalogue([], {"forwarding": HostingGroup("test", ("relay.example",))})
    message = scan("\r\n".join([FAIL, BY_RELAY, FROM, "", "text"]).encode())
    assert "forward-damage" in {o.kind for o in observe_sender(message, catalogue)[1]}


def test_a_list_that_puts_itself_into_from_is_told() -> None:
    _, kinds = read(
        "From: Ann Peters via Talk <talk@lists.example>",
        "Reply-To: Ann Peters <ann@sender.example>",
        "List-Id: <talk.lists.example>",
    )
    assert kinds["from-rewritten"] == "ann@sender.example"
    _, kinds = read("From: Ann Peters via Talk <talk@lists.example>", "Reply-To: ann@sender.example")
    assert "from-rewritten" not in kinds


def result(*lines: str, author: str = FROM) -> tuple[str, dict[str, str]]:
    sender, kinds = read(*lines, RECEIVED, author)
    return sender.dmarc, kinds


def test_results_that_contradict_each_other_are_unknown() -> None:
    server = "Authentication-Results: mx.house.example; "
    dmarc, kinds = result(server + "dmarc=pass; dmarc=fail")
    assert (dmarc, kinds["authentication-contradicts"]) == ("", "dmarc=fail,dmarc=pass")
    dmarc, kinds = result(server + "dmarc=pass", server + "dmarc=fail")
    assert (dmarc, kinds["authentication-contradicts"]) == ("", "dmarc=fail,dmarc=pass")


def test_spf_of_the_envelope_counts_before_that_of_the_greeting() -> None:
    server = "Authentication-Results: mx.house.example; "
    sender, kinds = read(server + "spf=pass smtp.helo=x; spf=fail smtp.mailfrom=a@b.example", RECEIVED, FROM)
    assert sender.spf == "fail"
    assert "authentication-contradicts" not in kinds


def test_a_pass_for_another_domain_says_nothing() -> None:
    dmarc, kinds = result(PASS, author="From: x@bank.example")
    assert (dmarc, kinds["authentication-other-domain"]) == ("", "sender.example")
    assert result(PASS, author="From: x@news.sender.example")[0] == "pass"  # same organisation


def test_two_authors_are_no_reason_to_fail() -> None:
    sender, kinds = read(PASS, RECEIVED, "From: x@bank.example", FROM)
    assert sender.dmarc == ""
    assert kinds["several-from"] == "2"


def test_a_thousand_fields_are_bounded() -> None:
    sender, _ = read(*[PASS.replace("mx.house", f"mx.n{n}") for n in range(1000)], PASS, RECEIVED, FROM)
    assert sender.authserv_id == "mx.n0.example"
    sender = trusting(
        *[FORGED.replace("mx.house", f"mx.n{n}") for n in range(1000)],
        RECEIVED,
        FROM,
        servers=("house.example",),
    )
    assert sender.dmarc == ""


LINES = [
    PASS, RECEIVED, FORGED, OWN_FAIL, GATEWAY, FAIL, BY_RELAY, FROM, *SEAL, *THROUGH,
    "DKIM-Signature: d=a.example", "From: x@bank.example", "To: x@house.example", "Received-SPF: fail",
    "Authentication-Results:", "ARC-Seal: i=1", "Authentication-Results: ;;;=;(((", "Received: ",
    "List-Id: <a.b.example>", "Return-Path: <SRS0=a=b=c.example=d@e.example>",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(LINES), max_size=25),
    st.sampled_from([(), ("house.example",), ("gateway.example",)]),
)
def test_no_order_of_fields_raises(lines: list[str], servers: tuple[str, ...]) -> None:
    sender = trusting(*lines, servers=servers)
    assert sender.dmarc in ("", "pass", "fail")
    assert sender.verified_by in ("", "receiver")
