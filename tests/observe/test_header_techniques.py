"""Header fields and external parts: which addresses act and when, and which names know their reader."""

from __future__ import annotations

import pytest

from tocsin.app.phrases import load_phrases
from tocsin.mail.headers import first
from tocsin.mail.mime import scan
from tocsin.mail.url import resolve
from tocsin.model.reference import Reference
from tocsin.model.source import RawMail
from tocsin.observe.beacons import header_url, link, receipt_request, receiver_dns
from tocsin.observe.mail import observe_message
from tocsin.observe.tokens import find_personal, needles_for
from tocsin.observe.vendors import index_catalogue

READER = "jonas.berg@institut.example"


def fields(*lines: str) -> bytes:
    return "".join(line + "\n" for line in (*lines, "", "Text.")).encode()


def found(*lines: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    references = header_url.find_in_headers(scan(fields(*lines)))
    return [(where, reference.url, reference.trigger, reference.fires_in) for where, reference in references]


@pytest.mark.parametrize(
    ("line", "url", "trigger"),
    [
        ("List-Unsubscribe: <mailto:a@b.example>, <https://a.example/\n u>", "https://a.example/u", "click"),
        ("List-Unsubscribe: https://a.example/u", "https://a.example/u", "click"),
        ("X-Image-URL: http://a.example/x.gif", "http://a.example/x.gif", "open"),
        ("X-Face-URL: <http://a.example/x.png>", "http://a.example/x.png", "open"),
        ("BIMI-Location: v=BIMI1; l=https://a.example/l.svg", "https://a.example/l.svg", "open"),
        ("OpenPGP: id=1; url=https://a.example/k.asc; preference=sign", "https://a.example/k.asc", "click"),
        ("X-Sharing-Config-Url: \\\\192.0.2.7\\c\\x.ics", "\\\\192.0.2.7\\c\\x.ics", "click"),
        ("X-Mozilla-External-Attachment-URL: file://a.example/x", "file://a.example/x", "open"),
        (
            'X-Mozilla-Cloud-Part: cloudFile; url="https://a.example/d"; name=x',
            "https://a.example/d",
            "click",
        ),
    ],
)
def test_field_that_acts(line: str, url: str, trigger: str) -> None:
    assert [entry[1:3] for entry in found(line)] == [(url, trigger)]
    assert found(line)[0][0] == line.partition(":")[0].lower()


def test_whatever_acts_on_opening_is_limited_to_programs() -> None:
    lines = (
        "X-Image-URL: http://a.example/1",
        "BIMI-Location: v=BIMI1; l=https://a.example/2; a=https://a.example/3",
    )
    entries = found(*lines, "X-Mozilla-External-Attachment-URL: https://a.example/4")
    assert len(entries) == 4
    assert all(trigger == "open" and programs for _, _, trigger, programs in entries)


def test_one_click_is_said() -> None:
    lines = ("List-Unsubscribe: <https://a.example/u>", "List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    ((_, reference),) = header_url.find_in_headers(scan(fields(*lines)))
    assert (reference.label, reference.conditional) == ("one-click unsubscribe (POST)", False)


@pytest.mark.parametrize(
    "line",
    [
        "List-Unsubscribe: <mailto:a@b.example>",
        "List-Archive: <https://a.example/>",
        "Face: iVBORw0KGgo=",
        "OpenPGP: id=1; preference=sign",
        "X-Sharing-Config-Url: none",
        "BIMI-Location: v=BIMI1; l=; a=",
    ],
)
def test_field_that_does_nothing(line: str) -> None:
    assert found(line) == []


@pytest.mark.parametrize(
    ("parameters", "url"),
    [
        ('access-type=URL; url="https://a.example/\n  x"', "https://a.example/x"),
        ("access-type=FTP; site=a.example; directory=pub; name=x.ps", "ftp://a.example/pub/x.ps"),
        ("access-type=anon-ftp; site=a.example; name=x.ps", "ftp://a.example/x.ps"),
        ("access-type=tftp; site=a.example; name=x", "tftp://a.example/x"),
        ('access-type=local-file; name="\\\\\\\\a.example\\\\s\\\\x"', "\\\\a.example\\s\\x"),
        ('access-type=mail-server; server="a@b.example"', "mailto:a@b.example"),
    ],
)
def test_external_body(parameters: str, url: str) -> None:
    ((where, reference),) = header_url.find_in_headers(
        scan(fields("MIME-Version: 1.0", f"Content-Type: message/external-body; {parameters}"))
    )
    assert (where, reference.url, reference.trigger) == ("", url, "click")


@pytest.mark.parametrize(
    "parameters", ["access-type=local-file; name=/etc/x", "access-type=ftp; name=x", "x=y"]
)
def test_external_body_that_names_no_host(parameters: str) -> None:
    assert found("MIME-Version: 1.0", f"Content-Type: message/external-body; {parameters}") == []


def looked_up(*lines: str) -> dict[str, Reference]:
    return {
        reference.url[8:-1]: reference for _, reference in receiver_dns.find_in_headers(scan(fields(*lines)))
    }


def test_names_that_a_server_looks_up() -> None:
    names = looked_up(
        "Return-Path: <b@bounce.a.example>",
        "Received: from mx.a.example (mx.a.example [192.0.2.1]) by mx.b.example; Tue, 11 Mar 2025 08:00:00 +0100",
        "DKIM-Signature: v=1; a=rsa-sha256; d=a.example;\n s=k1; b=xx",
        "From: A <a@news.a.example>",
        "Message-ID: <1@host.a.example>",
        "BIMI-Selector: v=BIMI1; s=logo",
    )
    assert {name: (reference.attribute, reference.conditional) for name, reference in names.items()} == {
        "bounce.a.example": ("mail-from", False),
        "mx.a.example": ("helo", True),
        "k1._domainkey.a.example": ("selector", False),
        "a.example": ("signer", False),
        "_dmarc.news.a.example": ("from", False),
        "host.a.example": ("message-id", True),
        "logo._bimi.news.a.example": ("selector", False),
    }
    assert {reference.trigger for reference in names.values()} == {"receipt"}


@pytest.mark.parametrize(
    ("domain", "expanded"),
    [
        ("%{l}.spf.a.example", "u+jonas.spf.a.example"),
        ("%{d2}", "a.example"),
        ("%{dr}.x", "example.a.b.x"),
        ("%{h}._spf.a.example", "mx.a.example._spf.a.example"),
        ("%{l1+}.x", "jonas.x"),
        ("%{i}.x", ""),
        ("%%%_%-.x", "% %20.x"),
    ],
)
def test_macros_are_expanded_by_what_the_mail_says(domain: str, expanded: str) -> None:
    assert receiver_dns.expand_macros(domain, "u+jonas@b.a.example", "mx.a.example") == expanded


def knowing(*lines: str) -> set[str]:
    """The kinds of names in a mail that know its reader."""
    message = scan(fields(*lines))
    tokens = [first(message.headers, name) for name in ("message-id", "return-path", "list-unsubscribe")]
    needles = needles_for([READER], tokens)
    kept = set()
    for _, reference in receiver_dns.find_in_headers(message):
        url = resolve(reference.url)
        if url is not None and receiver_dns.knows_reader(reference, find_personal(url, needles)):
            kept.add(reference.attribute)
    return kept


RANDOM = "q7zk2mx9w4vt8rn3"


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("Return-Path: <b@jonas.berg=institut.example.v.a.example>", {"mail-from"}),
        (f"Return-Path: <b@{RANDOM}.a.example>", {"mail-from"}),
        (f"From: A <a@{RANDOM}.a.example>", {"from"}),
        (f"Return-Path: <b+{RANDOM}@a.example>", set()),
        (f"DKIM-Signature: v=1; d=a.example; s={RANDOM}; b=x", set()),
        ("DKIM-Signature: v=1; d=a.example; s=20230601; b=x", set()),
        (f"DKIM-Signature: v=1; d={RANDOM}.a.example; s=k1; b=x", {"signer"}),
        (f"Received: from {RANDOM}.a.example by mx.institut.example; x", set()),
        (f"Message-ID: <1@{RANDOM}.a.example>", set()),
        ("From: A <a@jonas.a.example>", set()),
    ],
)
def test_name_knows_its_reader(line: str, kinds: set[str]) -> None:
    assert knowing(line) == kinds


@pytest.mark.parametrize(
    ("name", "trigger"),
    [
        ("Disposition-Notification-To", "open"),
        ("X-Confirm-Reading-To", "open"),
        ("X-MS-Read-Receipt-To", "open"),
        ("Return-Receipt-To", "open"),
        ("Generate-Delivery-Report", "receipt"),
        ("Notice-Requested-Upon-Delivery-To", "receipt"),
        ("Register-Mail-Reply-Requested-By", "receipt"),
    ],
)
def test_receipt_is_asked_for(name: str, trigger: str) -> None:
    (reference,) = receipt_request.find_in_headers(scan(fields(f"{name}: <probe@a.example>")))
    assert (reference.url, reference.trigger) == ("mailto:probe@a.example", trigger)


@pytest.mark.parametrize(
    ("text", "url", "conditional"),
    [
        ("see host.example/path?x=1.", "http://host.example/path?x=1", True),
        ("(evil.test/x)", "http://evil.test/x", True),
        ("at www.a.example/x,", "http://www.a.example/x", False),
        ("<https://a.example/long\n/path>", "https://a.example/long/path", False),
        ("[t](https://a.example/x 'title')", "https://a.example/x", False),
        ("[1]: <https://a.example/x>", "https://a.example/x", False),
    ],
)
def test_link_of_a_text(text: str, url: str, conditional: bool) -> None:
    (reference,) = link.find_in_text(text)
    assert (reference.url, reference.conditional) == (url, conditional)


@pytest.mark.parametrize(
    "text",
    ["src/harbour.c/1", "plan.docx/2", "and/or 12.5/13", "drivers/net/e.rs/x", "a@mail.example/x", "e.g./x"],
)
def test_words_with_dots_and_slashes_are_no_links(text: str) -> None:
    assert list(link.find_in_text(text)) == []


def test_lines_that_the_sender_broke_are_joined() -> None:
    text = "> see https://a.example/ab \n> cd and\nthe https://b.example/1 \n2 end"
    flowed = {"format": "flowed", "delsp": "yes"}
    urls = [reference.url for reference in link.find_in_text(link.unflowed(text, flowed))]
    assert urls == ["https://a.example/abcd", "https://b.example/12"]
    assert link.unflowed(text, {"format": "flowed"}) == text


def test_dots_and_slashes_without_end_are_passed_over() -> None:
    assert list(link.find_in_text("a" * 250 + "@.ab/x" * 20_000)) == []
    assert len(list(link.find_in_text("a.test/" * 100_000))) == 1


def test_piece_of_a_mail_is_read_and_the_rest_is_missed() -> None:
    piece = 'Content-Type: message/partial; id="7f3@a.example"; number=1; total=2'
    raw = fields("From: a@a.example", "MIME-Version: 1.0", piece, "", "Content-Type: text/html", "")
    raw = raw.removesuffix(b"\nText.") + b'<img src="https://o.a.example/1.gif"><img src="https://o.a.exam'
    seen = observe_message(RawMail("x", "x", raw), catalogue=index_catalogue((), {}), phrases=load_phrases())
    assert [beacon.url for beacon in seen.beacons][:1] == ["https://o.a.example/1.gif"]
    assert (
        "The mail is one piece of a larger one; the other pieces were not looked into." in seen.not_evaluated
    )
    assert "message-fragment" in {defect.code for defect in seen.defects}
