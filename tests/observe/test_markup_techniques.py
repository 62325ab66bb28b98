"""Forms, scripts, foreign markup, AMP, actions, look-ups and open addresses: trigger, clients, limits."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.mail.mime import scan
from tocsin.model.observation import Beacon
from tocsin.observe.beacons import markup_action
from tocsin.observe.beacons.assemble import observe_beacons
from tocsin.observe.html import read_html
from tocsin.observe.tokens import NO_NEEDLES
from tocsin.observe.vendors import index_catalogue

HOST = "https://a.example/"
FORM = "<form action=https://a.example/1>"


def observe(raw: str) -> tuple[Beacon, ...]:
    return observe_beacons(scan(raw.encode()), index_catalogue((), {}), NO_NEEDLES).beacons


def html(markup: str) -> tuple[Beacon, ...]:
    return observe(f"From: b@b.example\nContent-Type: text/html; charset=utf-8\n\n{markup}\n")


def told(markup: str, technique: str) -> list[tuple[str, str, bool, tuple[str, ...]]]:
    return [
        (beacon.url.removeprefix(HOST), beacon.trigger, beacon.conditional, beacon.fires_in)
        for beacon in html(markup)
        if beacon.technique == technique
    ]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (f"{FORM}<input>", [("1", "click", False, ())]),
        (f"<form><button formaction={HOST}1>x</button></form>", [("1", "click", False, ())]),
        (f"<form><button type=button formaction={HOST}1>x</button></form>", []),
        (f"<form><input type=text formaction={HOST}1></form>", []),
        (f"<form action-xhr={HOST}1 verify-xhr={HOST}2></form>",
         [("1", "click", True, ("amp",)), ("2", "click", True, ("amp",))]),
        (f"<!--[if mso]>{FORM}<![endif]-->", [("1", "click", True, ("outlook-windows",))]),
    ],
)  # fmt: skip
def test_form(markup: str, expected: list[tuple[str, str, bool, tuple[str, ...]]]) -> None:
    assert told(markup, "form") == expected


def test_a_form_says_how_it_is_sent() -> None:
    labels = [
        beacon.label for beacon in html(f"<form method=post action={HOST}1></form>{FORM[:-2]}2></form>")
    ]
    assert labels == ["form action, POST", "form action, GET"]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (f"<script src={HOST}1></script>", [("1", "open")]),
        (f"<script type='text/plain' src={HOST}1></script>", []),
        (f"<script>x = `{HOST}1`</script>", [("1", "open")]),
        (r'<script>x = "https:\/\/a.example\x2f1"</script>', [("1", "open")]),
        (f"<p ONMOUSEOVER=\"x('{HOST}1')\">", [("1", "open")]),
        (f"<p onMouseOver=\"x('{HOST}1')\">", [("1", "open")]),
        (f"<p\nonclick=\"x('{HOST}1')\">", [("1", "click")]),
        (f"<img/onerror=\"x('{HOST}1')\">", [("1", "open")]),
        (f"<input onfocus=\"x('{HOST}1')\">", [("1", "click")]),
        (f"<input onfocus=\"x('{HOST}1')\" autofocus>", [("1", "open")]),
        (f"<a href=\"JavaScript:x('{HOST}1')\">x</a>", [("1", "click")]),
        (f'<a href="javascript:x(%27{HOST}1%27)">x</a>', [("1", "click")]),
        (f"<iframe src=\"javascript:x('{HOST}1')\"></iframe>", [("1", "open")]),
        (f"<p onclick=x title='{HOST}1'>", []),
        (f"{FORM}</form><script>f.submit()</script>", [("1", "open")]),
        (f"{FORM}</form><body onload=f.submit()>", [("1", "open")]),
        (f"{FORM}</form><p onclick=f.submit()>", []),
    ],
)
def test_active(markup: str, expected: list[tuple[str, str]]) -> None:
    assert told(markup, "active") == [(url, trigger, True, ("scripting",)) for url, trigger in expected]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (f"<v:rect><v:fill src={HOST}1></v:rect>", [("1", "open", True, ("outlook-windows",))]),
        (f"<math><mi href={HOST}1>x</mi></math>", [("1", "click", False, ())]),
        (f"<math altimg={HOST}1></math>", [("1", "open", True, ("old-gecko",))]),
        (f"<?xml-stylesheet href='{HOST}1'?><p>", [("1", "open", True, ("xml",))]),
        (f"<p>a</p><?xml-stylesheet href='{HOST}1'?>", []),
        (f"<!DOCTYPE a SYSTEM '{HOST}1'><p>", [("1", "open", True, ("xml",))]),
        ("<!DOCTYPE html PUBLIC '-//W3C//DTD HTML 4.01//EN' 'http://www.w3.org/TR/html4/strict.dtd'><p>", []),
        (
            f"<!DOCTYPE a [<!ENTITY b SYSTEM '{HOST}1'><!ENTITY c '{HOST}2'>]><p>",
            [("1", "open", True, ("xml",))],
        ),
        (f"<!DOCTYPE a [ <!-- <p> --> <!ENTITY b SYSTEM '{HOST}1'>]><p>", [("1", "open", True, ("xml",))]),
        (f"<html manifest={HOST}1>", [("1", "open", True, ("browser-tab",))]),
        (f"<head profile={HOST}1>", [("1", "open", True, ("mshtml",))]),
        (f"<base href={HOST}><img src=1><img src=2>", [("1", "open", False, ())]),
        (f"<base href={HOST}><a href=1>x</a>", []),
        ("<base href=/x/><img src=1>", []),
    ],
)
def test_foreign_markup(markup: str, expected: list[tuple[str, str, bool, tuple[str, ...]]]) -> None:
    assert told(markup, "foreign-markup") == expected


def linked(data: object, kind: str = "application/ld+json") -> str:
    return f"<script type='{kind}'>{json.dumps(data)}</script>"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"potentialAction": {"@type": "ViewAction", "url": HOST + "1"}}, [("1", "click")]),
        ({"action": [{"handler": {"@type": "HttpActionHandler", "url": HOST + "1"}}]}, [("1", "click")]),
        ({"@type": "PromotionCard", "image": [HOST + "1", HOST + "2"]}, [("1", "receipt"), ("2", "receipt")]),
        ({"@type": "Product", "image": HOST + "1"}, [("1", "open")]),
        ({"@type": "Organization", "url": HOST + "1", "logo": HOST + "2"}, [("2", "receipt")]),
        ({"@context": HOST, "@type": HOST + "Event", "description": HOST + "1"}, []),
    ],
)
def test_linked_data(data: object, expected: list[tuple[str, str]]) -> None:
    found = [
        (reference.url.removeprefix(HOST), reference.trigger, reference.conditional, reference.fires_in)
        for reference in markup_action.find(read_html(linked(data)))
    ]
    assert found == [(url, trigger, True, ("gmail",)) for url, trigger in expected]


def test_a_signed_card_is_decoded() -> None:
    card = {"type": "AdaptiveCard", "autoInvokeAction": {"type": "Action.Http", "url": HOST + "1"}}
    claims = base64.urlsafe_b64encode(json.dumps({"adaptiveCardSerialized": json.dumps(card)}).encode())
    markup = (
        "<section itemscope itemtype=http://schema.org/SignedAdaptiveCard>"
        f"<div itemprop=signedAdaptiveCard>e30.{claims.decode().rstrip('=')}.eA</div></section>"
    )
    assert told(markup, "markup-action") == [("1", "open", True, ("outlook",))]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        '{"image":' * 10_000,
        '{"a": "\ud83d',
        "nul",
        '{"itemprop": 1}',
        '{"@type": ["Image"]}',
        "\x00",
    ],
)
def test_bad_data_says_nothing(text: str) -> None:
    markup = text.encode("utf-8", "replace").decode()
    assert told(f"<script type=application/ld+json>{markup}</script>", "markup-action") == []


@pytest.mark.parametrize(
    ("control", "hosts"),
    [
        ("", ["x7k2q9vt4mzp1w8r.read.example"]),
        ("on", ["x7k2q9vt4mzp1w8r.read.example", "www.read.example"]),
        ("off", []),
    ],
)
def test_hosts_looked_up_ahead(control: str, hosts: list[str]) -> None:
    meta = f"<meta http-equiv=X-DNS-Prefetch-Control content={control}>" if control else ""
    links = [f"<a href=https://x7k2q9vt4mzp1w8r.read.example/{page}>x</a>" for page in "ab"]
    found = [
        b
        for b in html(f"{meta}{''.join(links)}<a href=//www.read.example/>x</a>")
        if b.technique == "anchor-dns"
    ]
    assert [(b.host, b.trigger, b.conditional, b.leaks) for b in found] == [
        (host, "open", True, ("resolver", "time")) for host in hosts
    ]


@pytest.mark.parametrize(
    ("around", "asked"),
    [
        ("@media (max-width: 600px){%s}", ""),
        ("@media (min-device-width: 320px) and (max-device-width: 480px){%s}", ""),
        ("@media (prefers-color-scheme: dark){%s}", "prefers-"),
        ("@media (-webkit-min-device-pixel-ratio: 2), (max-width: 9px){%s}", ""),
        ("@media (-webkit-min-device-pixel-ratio: 2), (resolution: 2dppx){%s}", "resolution"),
        ("@media (device-width: 390px){%s}", "device-width"),
        ("@media screen and (\\68over: none){%s}", "hover"),
        ("@media not print{%s}", ""),
        ("@supports (a: b){%s}", "@supports"),
        ("@container (width > 7px){%s}", "@container"),
        ("@media screen{@container x (width > 7px){%s}}", "@container"),
    ],
)
def test_what_a_style_asks(around: str, asked: str) -> None:
    rule = around.replace("%s", f"p{{background:url({HOST}1)}}")
    (beacon,) = html(f"<style>{rule}</style><p>x")
    assert (beacon.technique, beacon.label) == (
        ("css-fingerprint", f"style background, {asked}") if asked else ("css-image", "style background")
    )


def encrypted(first: str, second: str = "application/pkcs7-mime", kind: str = "multipart/mixed") -> list[str]:
    body = f"--m\nContent-Type: text/html\n\n{first}\n--m\nContent-Type: {second}\n\nMIAG\n--m--\n"
    found = observe(f'From: b@b.example\nContent-Type: {kind}; boundary="m"\n\n{body}')
    return [beacon.url for beacon in found if beacon.technique == "encrypted-exfil"]


@pytest.mark.parametrize(
    ("first", "urls"),
    [
        (f'<img src="{HOST}', [HOST]),
        (f"<img alt='a > b' width=1 src = '{HOST}", [HOST]),
        (f"<title>a<img src={HOST}", [HOST]),
        (f"<svg><image xlink:href='{HOST}", [HOST]),
        (f"<p style=\"background:url('{HOST}", [HOST]),
        (f'<img src="{HOST}">', []),
        (f'<img src="{HOST}" alt="', []),
        (f"<p>{HOST}", []),
        ("<img src='cid:", []),
        ("<" * 30_000, []),
        ("url(" * 30_000, []),
        ("<a b=" * 30_000, []),
    ],
)
def test_open_address_before_an_encrypted_part(first: str, urls: list[str]) -> None:
    assert encrypted(first) == urls


def test_an_open_address_needs_an_encrypted_part() -> None:
    assert encrypted(f'<img src="{HOST}', "text/plain") == []
    assert encrypted(f'<img src="{HOST}', "application/pkcs7-mime; smime-type=signed-data") == []
    assert encrypted(f'<img src="{HOST}', 'multipart/encrypted; boundary="n"') == [HOST]


PIECES = st.sampled_from(
    (
        *(
            "<script>",
            "</script>",
            "<form action=",
            "<!DOCTYPE a [",
            "<!ENTITY b SYSTEM '",
            "<?xml-stylesheet href='",
        ),
        *(
            "?>",
            "]>",
            "<math altimg=",
            "<p onload='",
            "javascript:",
            HOST,
            "'",
            '"',
            ">",
            "<!--",
            "-->",
            "<xml>",
        ),
        *(
            "<a href=//x7k2q9vt4mzp1w8r.a.example>",
            "<div itemprop=card itemscope>",
            "{",
            "}",
            "\\u",
            "\\x2f",
            "+",
        ),
        *("-----BEGIN PGP MESSAGE-----", "<amp-img srcset=", "<base href=", "<html manifest=", "\x00", "é"),
    )
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_markup_raises(markup: str) -> None:
    assert all(beacon.url for beacon in html(markup))


@pytest.mark.parametrize(
    "handler", ["onerror", "onError", "ONERROR", "OnError", "oNerror", "ONfocus", "oNFocus"]
)
def test_handlers_are_read_in_any_case(handler: str) -> None:
    found = html(f"<p {handler}=\"new Image().src='https://c.example/in-handler'\">x")
    assert [beacon.technique for beacon in found if beacon.url.endswith("in-handler")] == ["active"]
