"""What each family makes of markup: technique, URL, trigger, and the conditions under which it acts."""

from __future__ import annotations

import pytest

from tocsin.mail.mime import scan
from tocsin.model.observation import LEAKS, TRIGGERS, Beacon
from tocsin.observe.beacons.assemble import Found, observe_beacons
from tocsin.observe.beacons.image_candidates import parse_srcset
from tocsin.observe.beacons.link import find_in_text
from tocsin.observe.beacons.refresh import refresh_url
from tocsin.observe.beacons.techniques import TECHNIQUES
from tocsin.observe.tokens import NO_NEEDLES
from tocsin.observe.vendors import index_catalogue

HOST = "https://a.example/"


def observe(raw: str) -> Found:
    return observe_beacons(scan(raw.encode()), index_catalogue((), {}), NO_NEEDLES)


def html(markup: str, fields: str = "") -> tuple[Beacon, ...]:
    return observe(f"From: b@b.example\n{fields}Content-Type: text/html; charset=utf-8\n\n{markup}\n").beacons


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<img src=https://a.example/1>", [("image", "1", "open", False, ())]),
        ("<img src=//a.example/1>", [("image", "1", "open", False, ())]),
        ("<img loading=lazy src=https://a.example/1>", [("image", "1", "open", False, ())]),
        ("<img longdesc=https://a.example/1>", [("image", "1", "click", True, ())]),
        ("<img dynsrc=https://a.example/1>", [("image", "1", "open", True, ("mshtml",))]),
        ("<input src=https://a.example/1>", []),
        ("<isindex type=image src=https://a.example/1>", [("image", "1", "open", True, ("mshtml",))]),
        (
            "<img src=https://a.example/1 srcset='https://a.example/2 2x'>",
            [("image", "1", "open", True, ()), ("image-candidates", "2", "open", True, ())],
        ),
        ("<img srcset=https://a.example/1>", [("image-candidates", "1", "open", False, ())]),
        ("<picture><source srcset=https://a.example/1></picture>",
         [("image-candidates", "1", "open", False, ())]),
        (
            "<picture><source type=image/avif srcset=https://a.example/1></picture>",
            [("image-candidates", "1", "open", True, ())],
        ),
        ("<link rel=preload href=https://a.example/1>", [("link-hint", "1", "open", False, ())]),
        ("<link rel=preload media=print href=https://a.example/1>", [("link-hint", "1", "open", True, ())]),
        ("<link rel=ICON href=https://a.example/1>", [("link-hint", "1", "open", True, ("browser-tab",))]),
        ("<link rel=alternate href=https://a.example/1>", [("link-hint", "1", "click", True, ())]),
        ("<iframe src=https://a.example/1 sandbox></iframe>", [("frame", "1", "open", False, ())]),
        ("<iframe src=https://a.example/1 srcdoc=x></iframe>", [("frame", "1", "open", True, ("mshtml",))]),
        ("<iframe src='view-source:https://a.example/1'></iframe>", [("frame", "1", "open", True, ())]),
        ("<iframe src='javascript:1'></iframe>", []),
        ("<portal src=https://a.example/1></portal>", [("frame", "1", "open", True, ("chromium",))]),
        ("<meta http-equiv=refresh content='0;https://a.example/1'>", [("refresh", "1", "open", False, ())]),
        ("<meta http-equiv=Link content='<https://a.example/1>;rel=prefetch'>",
         [("refresh", "1", "open", True, ("gecko",))]),
        ("<audio src=https://a.example/1 preload=none>", [("media", "1", "open", True, ())]),
        ("<audio src=https://a.example/1 preload=none autoplay>", [("media", "1", "open", True, ())]),
        ("<video><track src=https://a.example/1><track default src=https://a.example/2></video>",
         [("media", "1", "open", True, ()), ("media", "2", "open", True, ())]),
        ("<applet archive=https://a.example/1></applet>", [("media", "1", "open", True, ("plug-ins",))]),
        ("<svg><use href=https://a.example/1 /></svg>", [("svg", "1", "open", True, ())]),
        ("<svg><script href=https://a.example/1 /></svg>", [("svg", "1", "open", True, ("scripting",))]),
        ("<svg><image href=https://a.example/1 xlink:href=https://a.example/2 /></svg>",
         [("svg", "1", "open", False, ())]),
        ("<svg><rect cursor='url(https://a.example/1)'/></svg>", [("svg", "1", "open", False, ())]),
        ("<svg><rect fill='url(\"https://a.example/1#p\")'/></svg>", [("svg", "1#p", "open", True, ())]),
        ("<svg><image><set attributeName=xlink:href to=https://a.example/1 begin=click /></image></svg>",
         [("svg", "1", "open", True, ())]),
        ("<a href=https://a.example/1>x</a>", [("link", "1", "click", False, ())]),
        ("<a href=https://a.example/1 ping='https://a.example/2 https://a.example/3'>x</a>",
         [("link", "1", "click", False, ()), ("link", "2", "click", False, ()), ("link", "3", "click", False, ())]),
        ("<a href='data:text/html,<img src=https://a.example/1>'>x</a>",
         [("image", "1", "click", False, ())]),
        ("<img src='data:image/svg+xml,<svg><image href=https://a.example/1 /></svg>'>",
         [("svg", "1", "open", True, ())]),
        ("<!--[if mso]><img src=https://a.example/1><![endif]-->",
         [("image", "1", "open", True, ("outlook-windows",))]),
        ("<img src=''><a href=''>x</a><td background=''><img src=' '>", []),
    ],
)  # fmt: skip
def test_family(markup: str, expected: list[tuple[str, str, str, bool, tuple[str, ...]]]) -> None:
    found = [
        (b.technique, b.url.removeprefix(HOST), b.trigger, b.conditional, b.fires_in) for b in html(markup)
    ]
    assert sorted(found) == expected


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (r"<img src='\\files.example\share\a.png'>", ("files.example", "open", ("windows",))),
        (r"<a href='\\files.example\share\a.doc'>x</a>", ("files.example", "click", ("windows",))),
        ("<td background='file://files.example/a'>", None),
        ("<table background='file://files.example/a'>", ("files.example", "open", ("windows",))),
        ("<a href='ms-excel:ofv|u|https://files.example/a.xlsx'>x</a>", ("files.example", "click",
         ("windows",))),
        ("<a href='search-ms:query=a&crumb=location:\\\\files.example\\share'>x</a>", ("files.example", "click",
         ("windows",))),
        ("<meta http-equiv=refresh content='0;url=file://files.example/a'>", ("files.example", "open",
         ("windows",))),
        ("<img src='file:///etc/passwd'>", None),
    ],
)  # fmt: skip
def test_file_path(markup: str, expected: tuple[str, str, tuple[str, ...]] | None) -> None:
    found = [b for b in html(markup) if b.technique == "file-path"]
    assert [(b.host, b.trigger, b.fires_in) for b in found] == ([expected] if expected else [])
    assert all(b.leaks == ("ntlm", "address") and b.conditional for b in found)


@pytest.mark.parametrize(
    ("srcset", "expected"),
    [
        ("a 1x, b 2x", [("a", "1x"), ("b", "2x")]),
        (",,a,b,", [("a,b", "")]),
        ("a,b 1x,c 2x", [("a,b", "1x"), ("c", "2x")]),
        ("a, b", [("a", ""), ("b", "")]),
        ("a (x, y) 1x, b", [("a", "(x, y) 1x"), ("b", "")]),
        ("\n a\t100w ,\fb 200w", [("a", "100w"), ("b", "200w")]),
        ("data:image/png;base64,AA== 1x, b", [("data:image/png;base64,AA==", "1x"), ("b", "")]),
        (" , ,", []),
    ],
)
def test_srcset(srcset: str, expected: list[tuple[str, str]]) -> None:
    assert parse_srcset(srcset) == expected


@pytest.mark.parametrize(
    ("content", "url"),
    [
        ("0;url=u", "u"),
        ("0;URL = u", "u"),
        (" 1.5 ; url='u v' x", "u v"),
        ('0,"u"', "u"),
        ("0 u", "u"),
        (".5;u", "u"),
        ("0;urlu", "urlu"),
        ("0;url", "url"),
        ("0;url=", ""),
        ("0; url='u", "u"),
        ("5", ""),
        ("5;", ""),
        ("u", ""),
        ("-1;url=u", ""),
        ("0u", ""),
        ("", ""),
    ],
)
def test_refresh_url(content: str, url: str) -> None:
    assert refresh_url(content) == url


def test_plain_text_links_have_labels_and_offsets() -> None:
    text = "See [the text](https://a.example/1) or www.a.example, not a@a.example.\nsmb://a.example/x"
    found = [(r.technique, r.url, r.label, text[r.offset :][:3]) for r in find_in_text(text)]
    assert found == [
        ("link", "https://a.example/1", "the text", "htt"),
        ("link", "http://www.a.example", "", "www"),
        ("file-path", "smb://a.example/x", "", "smb"),
    ]


def test_the_same_url_is_told_once_with_the_earliest_trigger() -> None:
    (beacon,) = html(
        "<img longdesc=https://a.example/1><!--[if mso]><img src=https://a.example/1><![endif]-->"
        "<img width=1 height=1 src=https://a.example/1><img src=https://a.example/1>"
    )
    assert (beacon.trigger, beacon.conditional, beacon.fires_in, beacon.hidden) == ("open", False, (), False)


def test_text_of_links_is_their_label() -> None:
    found = html(
        "<a href=https://a.example/1> read\n <b>on</b></a><a href=https://a.example/2><img alt=Logo></a>"
    )
    assert [beacon.label for beacon in found] == ["read on", "Logo"]


def test_hidden_pictures_are_marked() -> None:
    found = html("<img src=https://a.example/1 width=1 height=1><img src=https://a.example/2 width=90>")
    assert [beacon.hidden for beacon in found] == [True, False]


def test_name_look_ups_leak_the_resolver_only() -> None:
    (beacon,) = html("<link rel=dns-prefetch href=//a.example>")
    assert beacon.leaks == ("resolver",)


def test_missing_content_id_is_a_defect() -> None:
    found = observe(
        "From: b@b.example\nContent-Type: text/html\n\n<img src=cid:x@b.example><img src=cid:x@b.example>\n"
    )
    assert [(defect.code, defect.where) for defect in found.defects] == [("cid-missing", "")]
    assert not found.beacons


def test_attached_html_acts_when_it_is_opened() -> None:
    found = observe(
        'From: b@b.example\nContent-Type: multipart/mixed; boundary="m"\n\n--m\nContent-Type: text/html\n\n'
        "<p>see the form</p>\n--m\nContent-Type: text/html\nContent-Disposition: attachment; filename=form.html\n\n"
        "<p>the form</p><img src=https://a.example/1>\n--m--\n"
    )
    assert [(beacon.trigger, beacon.part) for beacon in found.beacons] == [("attachment", "2")]
    assert found.view is not None
    assert found.view.visible_text.strip() == "see the form"


def test_plain_alternative_repeats_no_link_of_the_html() -> None:
    found = observe(
        'From: b@b.example\nContent-Type: multipart/alternative; boundary="m"\n\n--m\nContent-Type: text/plain\n\n'
        "https://a.example/1 https://a.example/2\n--m\nContent-Type: text/html\n\n"
        "<a href=https://a.example/1>one</a>\n--m--\n"
    )
    assert [(beacon.url, beacon.part) for beacon in found.beacons] == [(HOST + "1", "2"), (HOST + "2", "1")]


def test_all_of_the_interactive_version_acts_in_its_services_only() -> None:
    body = "<amp-img src=https://a.example/1></amp-img><a href=https://a.example/2>x</a><form action-xhr=//a.example/3>"
    found = observe(f"From: b@b.example\nContent-Type: text/x-amp-html\n\n{body}\n")
    assert {(b.technique, b.trigger, b.conditional, b.fires_in) for b in found.beacons} == {
        ("amp", "open", True, ("amp",)),
        ("link", "click", True, ("amp",)),
        ("form", "click", True, ("amp",)),
    }


def test_header_base_makes_relative_urls_conditional_beacons() -> None:
    (beacon,) = html("<img src=o/1>", "Content-Base: https://a.example/mail/\n")
    assert (beacon.technique, beacon.url, beacon.conditional) == ("base-location", HOST + "mail/o/1", True)


def test_what_lies_in_the_mail_by_its_location_is_fetched_by_some_clients_only() -> None:
    found = observe(
        'From: b@b.example\nContent-Type: multipart/related; boundary="m"\n\n--m\nContent-Type: text/html\n\n'
        "<img src=https://a.example/1><img src=https://a.example/2>\n--m\nContent-Type: image/png\n"
        "Content-Location: https://a.example/1\n\nx\n--m--\n"
    )
    assert [(beacon.url, beacon.conditional) for beacon in found.beacons] == [
        (HOST + "1", True),
        (HOST + "2", False),
    ]


def test_base_of_the_document_outranks_the_header() -> None:
    found = html("<base href=https://a.example/x/><img src=1>", "Content-Base: https://b.example/\n")
    assert [(beacon.technique, beacon.url) for beacon in found] == [
        ("image", HOST + "x/1"),
        ("foreign-markup", HOST + "x/1"),
    ]


@pytest.mark.parametrize(
    ("field", "url", "trigger"),
    [
        ("Disposition-Notification-To: B <b@b.example>", "mailto:b@b.example", "open"),
        ("Disposition-Notification-To: =?utf-8?q?B?= <b@c.example>", "mailto:b@c.example", "open"),
        ("Return-Receipt-Requested: ", "mailto:b@b.example", "receipt"),
        ("X-Confirm-Reading-To: b@b.example", "mailto:b@b.example", "open"),
    ],
)
def test_receipt_request(field: str, url: str, trigger: str) -> None:
    found = observe(f"From: B <b@b.example>\n{field}\n\ntext\n")
    assert [(b.technique, b.url, b.trigger, b.part) for b in found.beacons] == [
        ("receipt-request", url, trigger, field.partition(":")[0].lower())
    ]
    elsewhere = [item.value for item in found.observations if item.kind == "receipt-elsewhere"]
    assert elsewhere == ([url] if "c.example" in url else [])


def test_html_that_is_not_read_to_the_end_is_said() -> None:
    bomb = "".join(f"<b a{number}><p>x" for number in range(60_000))
    found = observe(f"From: b@b.example\nContent-Type: text/html\n\n{bomb}")
    assert [defect.code for defect in found.defects] == ["html-too-many-nodes"]
    assert len(found.not_evaluated) == 1


def test_too_many_references_are_said() -> None:
    found = observe(
        "From: b@b.example\nContent-Type: text/html\n\n"
        + "".join(f"<img src=https://a.example/{number}>\n" for number in range(6_000))
    )
    assert len(found.beacons) == 5_000
    assert [defect.code for defect in found.defects] == ["too-many-beacons"]
    assert len(found.not_evaluated) == 1


def test_too_many_links_of_a_text_are_said() -> None:
    found = observe("From: b@b.example\n\n" + "".join(f"https://a.example/{n}\n" for n in range(3_000)))
    assert len(found.beacons) == 2_000
    assert [defect.code for defect in found.defects] == ["too-many-beacons"]
    assert len(found.not_evaluated) == 1


def test_the_table_uses_the_known_words() -> None:
    for technique in TECHNIQUES:
        assert technique.trigger in TRIGGERS
        assert set(technique.leaks) <= set(LEAKS)
