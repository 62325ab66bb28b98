"""Signatures and policies held against DNS records that were handed in: real signatures, no network."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.signed_mails import (
    BODY,
    HEADERS,
    RECEIVED,
    key_record,
    sealed,
    signed,
    signed_small,
)
from tests.observe.test_sender import CATALOGUE

from tocsin.mail.dns_records import NO_RECORDS, Records, parse_records
from tocsin.mail.mime import scan
from tocsin.model.observation import Sender
from tocsin.observe.sender import observe_sender

KEY = key_record("k._domainkey.outlet.example.")
POLICY = '_dmarc.outlet.example. IN TXT "v=DMARC1; p=reject"\n'
SPF = 'outlet.example. 60 TXT "v=spf1 ip4:192.0.2.0/24 -all"\n'
RETURN = b"Return-Path: <ann@outlet.example>\r\n"


def records_of(text: str) -> Records:
    records, bad = parse_records(text)
    assert not bad
    return records


def read(raw: bytes, records: str = "", trusted: tuple[str, ...] = ()) -> tuple[Sender, dict[str, str]]:
    """The sender and the observations, {kind: value}, of a mail with these records beside it."""
    sender, observations = observe_sender(scan(raw), CATALOGUE, None, records_of(records), trusted)
    return sender, {observation.kind: observation.value for observation in observations}


@pytest.mark.parametrize(
    "canonical", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"]
)
@pytest.mark.parametrize("body", [BODY, b"", b"\r\n\r\n", b"no end", b" \t\r\nx \r\n\t\r\n"])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_a_true_signature_holds(canonical: str, body: bytes, line_end: bytes) -> None:
    raw = signed(body=body, canonical=canonical).replace(b"\r\n", line_end)
    sender, found = read(raw, KEY)
    assert (sender.dkim, sender.dkim_domains) == ("pass", ("outlet.example",))
    assert (sender.verified_by, sender.by_records) == ("records", ("dkim",))
    assert found["signature-holds"] == "outlet.example"


def test_a_true_ed25519_signature_holds() -> None:
    raw, record = signed_small(HEADERS + b"\r\n" + BODY)
    assert read(raw, record)[0].dkim == "pass"


def test_signature_and_policy_give_the_result_for_the_author() -> None:
    sender, _ = read(RETURN + RECEIVED + signed(), KEY + POLICY + SPF)
    assert (sender.spf, sender.dkim, sender.dmarc, sender.dmarc_policy) == ("pass", "pass", "pass", "reject")


@pytest.mark.parametrize(
    ("raw", "records", "expected"),
    [
        pytest.param(signed() + b"--\r\nfooter of a list\r\n", KEY, ("", "signature-altered"), id="footer"),
        pytest.param(
            signed().replace(b"word   about", b"[list] word").replace(b"Dear", b">Dear"),
            KEY,
            ("", "signature-altered-header"),
            id="subject and body changed",
        ),
        pytest.param(signed(length=True) + b"appended\r\n", KEY, ("", "signature-altered"), id="signed in part"),
        pytest.param(signed(length=True), KEY, ("pass", "signature-holds"), id="length of the whole"),
        pytest.param(signed().replace(b"Ann Peters", b"Anne Peters"), KEY, ("fail", ""), id="another author"),
        pytest.param(signed(), "", ("", ""), id="no records"),
        pytest.param(signed(), SPF, ("", ""), id="no key among the records"),
        pytest.param(signed(), "k._domainkey.outlet.example. TXT -\n", ("", ""), id="the key is gone"),
        pytest.param(
            signed(),
            'k._domainkey.outlet.example. TXT "v=DKIM1; p="\n',
            ("", "signature-key-revoked"),
            id="the key was revoked",
        ),
        pytest.param(
            signed(), 'k._domainkey.outlet.example. TXT "v=DKIM1; p=QUJD"\n', ("", ""), id="a key that is none"
        ),
        pytest.param(
            signed(), KEY.replace("k=rsa", "k=ed25519"), ("", ""), id="a key of another kind"
        ),
        pytest.param(b"From: x@y.example\r\n" + signed(), KEY, ("", ""), id="a second author above"),
        pytest.param(
            signed(identity="@sub.outlet.example", domain="outlet.example"),
            KEY.replace("k=rsa", "k=rsa; t=s"),
            ("", ""),
            id="an identity that the key forbids",
        ),
    ],
)  # fmt: skip
def test_what_is_not_verified_is_unknown(raw: bytes, records: str, expected: tuple[str, str]) -> None:
    sender, found = read(raw, records)
    assert sender.dkim == expected[0]
    signatures = [kind for kind in found if kind.startswith("signature-")]
    assert signatures == ([expected[1]] if expected[1] else [])


def test_nothing_is_said_without_records() -> None:
    with_none, _ = observe_sender(scan(RETURN + RECEIVED + signed()), CATALOGUE, None, NO_RECORDS)
    assert (with_none.spf, with_none.dkim, with_none.dmarc, with_none.verified_by) == ("", "", "", "")
    assert with_none.dkim_domains == ("outlet.example",)  # what it claims


def recorded(results: str) -> bytes:
    return b"Authentication-Results: mx.house.example; " + results.encode() + b"\r\n"


def test_what_the_receiver_recorded_comes_first() -> None:
    sender, found = read(recorded("dkim=fail header.d=outlet.example") + RECEIVED + signed(), KEY + POLICY)
    assert (sender.dkim, sender.verified_by, sender.by_records) == ("fail", "receiver", ("dkim", "dmarc"))
    assert sender.dmarc == "pass"  # filled in
    assert found["authentication-disagrees"] == "dkim: recorded fail, computed pass"
    forged = signed().replace(b"Ann Peters", b"Anne Peters")
    _, found = read(recorded("dkim=pass header.d=outlet.example") + RECEIVED + forged, KEY)
    assert found["authentication-disagrees"] == "dkim: recorded pass, computed fail"


@pytest.mark.parametrize(
    ("policy", "author", "signer", "expected"),
    [
        ("v=DMARC1; p=none", "outlet.example", "outlet.example", "pass"),
        ("v=DMARC1; p=none", "outlet.example", "mail.outlet.example", "pass"),
        ("v=DMARC1; p=none; adkim=s", "outlet.example", "mail.outlet.example", "fail"),
        ("v=DMARC1; p=none", "outlet.example", "elsewhere.example", "fail"),
        ("v=DMARC1; p=none", "news.outlet.example", "outlet.example", "pass"),
        ("v=DMARC1; p=none; adkim=s", "news.outlet.example", "outlet.example", "fail"),
        ("v=spf1 -all", "outlet.example", "outlet.example", "none"),
    ],
)
def test_alignment_is_by_organisation_unless_the_record_is_strict(
    policy: str, author: str, signer: str, expected: str
) -> None:
    headers = HEADERS.replace(b"ann@outlet.example", b"ann@" + author.encode())
    raw = b"Return-Path: <b@bulk.example>\r\n" + RECEIVED + signed(headers, domain=signer)
    records = (
        key_record(f"k._domainkey.{signer}.")
        + f'_dmarc.outlet.example. TXT "{policy}"\nbulk.example. TXT "v=spf1 ip4:192.0.2.7 -all"\n'
    )
    assert read(raw, records)[0].dmarc == expected


def test_a_fail_needs_every_question_answered() -> None:
    raw = RETURN + RECEIVED + HEADERS + b"\r\n" + BODY
    no_machines = 'outlet.example. TXT "v=spf1 ip4:198.51.100.1 -all"\n'
    assert read(raw, POLICY + no_machines)[0].dmarc == "fail"
    assert read(raw, POLICY)[0].dmarc == ""  # SPF is not known
    assert read(RETURN + RECEIVED + signed(), POLICY + no_machines)[0].dmarc == ""  # the key is not


def test_spf_needs_the_receivers_word_for_the_address() -> None:
    assert read(RETURN + HEADERS + b"\r\n" + BODY, SPF)[0].spf == ""
    inner = RECEIVED.replace(b"192.0.2.7", b"10.0.0.7")
    assert read(RETURN + inner + HEADERS + b"\r\n" + BODY, SPF)[0].spf == ""


def test_an_intact_chain_is_told() -> None:
    first = sealed(signed(), "lists.example", "arc=none; dmarc=pass header.from=outlet.example")
    changed = first + b"--\r\nfooter\r\n"
    second = sealed(changed, "relay.example", "arc=pass; dmarc=fail header.from=outlet.example")
    keys = key_record("a._domainkey.lists.example.") + key_record("a._domainkey.relay.example.")
    assert read(first, keys)[0].arc == "pass"
    assert read(changed, keys)[0].arc == ""
    assert read(second, keys)[0].arc == "pass"
    assert read(second, key_record("a._domainkey.relay.example."))[0].arc == ""
    forged = second.replace(b"dmarc=fail", b"dmarc=pass")
    assert read(forged, keys)[0].arc == "fail"


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_raises_and_none_makes_another_authors_signature_hold(data: st.DataObject) -> None:
    raw = bytearray(sealed(signed(), "lists.example", "arc=none; dmarc=pass"))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    records = parse_records(KEY + key_record("a._domainkey.lists.example.") + POLICY + SPF)[0]
    sender, _ = observe_sender(scan(bytes(raw)), CATALOGUE, None, records)
    assert sender.dkim in ("", "pass", "fail")
    assert sender.dkim != "pass" or sender.address == "ann@outlet.example"


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([
    "v=1", "a=rsa-sha256", "a=ed25519-sha256", "c=relaxed/relaxed", "d=outlet.example", "d=" + "a." * 200, "s=k",
    "h=from:to", "h=" + "from:" * 3000,
    "bh=" + "A" * 43 + "=", "b=QUJD", "b=", "l=99999999999999999999", "i=@x.example",
    "x=1", "t=99999999999999999999999", "q=dns/txt", "=", "bh==", "d=\u00e9.example", "  ", "cv=pass", "i=1",
]), max_size=14), st.sampled_from(["DKIM-Signature", "ARC-Seal", "ARC-Message-Signature"]))  # fmt: skip
def test_no_signature_field_raises(tags: list[str], name: str) -> None:
    raw = f"{name}: {'; '.join(tags)}\r\n".encode() * 3 + HEADERS + b"\r\n" + BODY
    sender, _ = observe_sender(scan(raw), CATALOGUE, None, records_of(KEY))
    assert sender.dkim in ("", "fail")
