"""What a defused mail keeps, loses and says."""

from __future__ import annotations

import base64
import re
from email import message_from_bytes, policy
from io import BytesIO

import pikepdf
import pytest
import turbohtml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.mail_kinds import encrypted
from tests.respond.hostile import CHARSETS, PAGES
from tocsin.mail.mime import scan
from tocsin.model.defused import Policy
from tocsin.respond.css import filter_sheet, filter_style
from tocsin.respond.defuse import defuse
from tocsin.respond.html import clean_html

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 40).decode()
TOP = "From: Tom Hadley <tom@weekly-observer.example>\r\nTo: ruth@parliament.example\r\nMIME-Version: 1.0\r\n"


def mail(body: str, *fields: str) -> bytes:
    lines = "".join(f"{field}\r\n" for field in fields)
    return f"{TOP}{lines}Content-Type: text/html; charset=utf-8\r\n\r\n{body}".encode()


def shown(raw: bytes) -> str:
    body = message_from_bytes(raw, policy=policy.default).get_body(("html", "plain"))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("html", "gone", "kept"),
    [
        (
            '<img src="https://b.example/p" width=600 height=200 alt="Map">',
            "b.example/p",
            'src="data:," width="600" height="200" alt="Map"',
        ),
        ('<img src="cid:logo"><img src=//b.example/x>', "//b.example", 'src="cid:logo"'),
        (f'<img src="data:image/png;base64,{PIXEL}"><script>x</script>', "script", PIXEL),
        ('<img src="data:image/svg+xml;base64,PHN2Zz4=">', "svg", '<img src="data:,">'),
        ("<p onclick=x()>Dear Ruth</p>", "onclick", "<p>Dear Ruth</p>"),
        (
            "<form action=https://b.example/><input name=a>Sign <button>here</button></form>",
            "b.example",
            '<input name="a" disabled="">Sign <button>here</button>',
        ),
        (
            "<form><select name=a onchange=x()><option>One</select><textarea>a\n</textarea></form>",
            "onchange",
            '<select name="a" disabled=""><option>One</option></select><textarea disabled="">\na\n</textarea>',
        ),
        ("<object data=https://b.example/><p>Hello</object>", "b.example", "<p>Hello"),
        (
            "<svg width=20 height=10><a href=https://b.example/><text>Hello</text></a></svg>",
            "b.example",
            '<span style="display:inline-block;width:20px;height:10px"></span><span>Hello</span>',
        ),
        (
            "<iframe src=https://b.example/ style='margin:1px;background:url(//b.example)'></iframe>Hello",
            "b.example",
            '<span style="display:inline-block;width:300px;height:150px;margin:1px"></span>Hello',
        ),
        ("<xml><i>Hello</i></xml>", "xml", "<i>Hello</i>"),
        ("<input type=image src=https://b.example/>Hello", "b.example", "Hello"),
        ("<!--[if mso]><v:fill src='https://b.example/'><![endif]-->Hello", "v:fill", "Hello"),
        ("<noscript><img src=https://b.example/></noscript><p>Hello", "b.example/", "Hello"),
        ("<img srcset='https://b.example/ 2x'>Hello", "srcset", '<img src="data:,">Hello'),
        ("<iframe srcdoc='<img src=https://b.example/>'></iframe><p>Hello", "srcdoc", "Hello"),
        ("<svg><image href=https://b.example/></svg><p>Hello", "svg", "Hello"),
        (
            "<math href=https://b.example/><mi>h</mi><mo>=</mo><mi mathvariant=normal>h</mi><mi>θ</mi></math>",
            "b.example",
            "<span>\u210e = h \U0001d703</span>",
        ),
        ("<template><img src=https://b.example/></template>Hello", "img", "Hello"),
        ("<a href='file://b.example/s'>Paper</a>", "file:", "Paper"),
        ("<a href='java&#10;script:x()'>Paper</a>", "script:", "Paper"),
        ("<td background=https://b.example/>x", "background=", "x"),
        (
            "<table background=cid:a@b><tr><td style='background:red url(\"cid:a@b\")' background=//b.example/>x",
            "b.example",
            'background="cid:a@b"><tbody><tr><td style="background:red url(cid:a@b)">x',
        ),
        ("<p style='color:red;background:u\\72l(https://b.example/)'>x", "b.example", 'style="color:red"'),
        ("<p>Hello<img alt='x' src='https://b.example/", "src=", "Hello"),
        ("<meta http-equiv=refresh content='0;url=https://b.example/'>Hello", "refresh", "Hello"),
        ("<base href=https://b.example/><a href=/paper>Paper</a>", "<base", 'href="https://b.example/paper"'),
    ],
)
def test_what_fetches_goes_and_the_rest_stays(html: str, gone: str, kept: str) -> None:
    raw = mail(html)
    defused = defuse(raw)
    text = shown(defused.raw)
    body = re.sub(r'<p id="x-tocsin-notice".*?</p>', "", text, flags=re.S)
    assert gone not in body
    assert kept in body
    assert "[Tocsin changed this text: " in text
    assert defused.done
    assert defuse(defused.raw).raw == defused.raw


@pytest.mark.parametrize(
    ("sheet", "kept"),
    [
        ("p{color:red;background:url(//b.example)}", "p{color:red}"),
        ("p{background:url( 'cid:a@b' ) red,url(//b.example);top:0}", "p{top:0}"),
        ("@import '//b.example';p{color:red}", "p{color:red}"),
        ("@font-face{font-family:x;src:url(//b.example)}p{color:red}", "p{color:red}"),
        (
            "@media (max-width:600px){.a{width:100%!important}}",
            "@media (max-width:600px){\n.a{width:100%!important}\n}",
        ),
        (
            "@media screen{@import '//b.example';p{color:red}}p{top:0}",
            "@media screen{\np{color:red}\n}\np{top:0}",
        ),
        ("@supports (a:b){p{background:url(//b.example)}}p{top:0}", "@supports (a:b){\n}\np{top:0}"),
        ("p{background:image-set('//b.example' 1x);top:0}", "p{top:0}"),
        ("p{--x:url(//b.example);background:var(--x);top:0}", "p{background:var(--x);top:0}"),
        ("p{--X:3px;background:image-set(var(--X) 1x);top:var(--X)}", "p{--X:3px;top:var(--X)}"),
        (
            "@keyframes a{50%{top:0;background:url(//b.example)}}q{top:0}",
            "@keyframes a{\n50%{top:0}\n}\nq{top:0}",
        ),
        (".a\\:b{top:0;background:u\\rl(//b.example)}", ".a\\:b{top:0}"),
        ("a\\{b{background:url(//b.example)}q{top:0}", "q{top:0}"),
        ("p{width:expression(x());behavior:url(x)}", ""),
        ("p{color:red/**/;/*}*/top:0}", "p{color:red;top:0}"),
        ("p{content:'a;b:url(//b.example)';top:0}", "p{top:0}"),
        ("p{'color:red;top:0;left:0'}q{top:0}", "q{top:0}"),
        ("p{a{background:url(//b.example)}}q{top:0}", "q{top:0}"),
        ("</style><img src=//b.example>{top:0}", ""),
    ],
)
def test_style_sheets_keep_what_cannot_fetch(sheet: str, kept: str) -> None:
    written, left = filter_sheet(sheet)
    assert "b.example" not in written
    assert written == kept or (not kept and not written.strip())
    assert filter_sheet(written) == (written, ())
    assert bool(left) == (sheet not in ("p{color:red/**/;/*}*/top:0}",) and "@media (max" not in sheet)


@settings(deadline=None, max_examples=60)
@given(st.text("abu:url(\\/*)'\";{}@ -<!>", max_size=60))
def test_no_style_gets_an_address_through(text: str) -> None:
    kept, _ = filter_style(f"color:red;{text}url(//b.example){text}")
    assert "url" not in kept or "url(" not in kept
    sheet, _ = filter_sheet(f"{text}p{{background:url(//b.example)}}{text}")
    assert "url(" not in sheet
    assert "<" not in sheet


PIECES = (
    "<p>", "</p>", "<b>", "<table>", "<tr>", "<td background=//b.example/>", "<img src=//b.example/a>", "<!--", "-->",
    "<![CDATA[", "]]>", "<svg>", "</svg>", "<style>", "</style>", "<title>", "<textarea>", "</textarea>", "<math>",
    "<mglyph>", "<noscript>", "<a href=//b.example/x>", "<form>", "<select>", "<template>", "</template>", '"', "'",
    "<xmp>", "<plaintext>", "<frameset>", "<object data=//b.example>", "Hello", "&lt;img src=//b.example&gt;", "\0",
    "<img alt='", "<p style='background:url(//b.example)'>", "<nobr>", "<desc>", "<foreignObject>", "<li>", "<pre>\n\n",
)  # fmt: skip


@settings(deadline=None, max_examples=120)
@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_cleaned_markup_needs_no_cleaning(pieces: list[str]) -> None:
    once = clean_html("".join(pieces), Policy())
    assert clean_html(once.text, Policy()).done == ()
    for element in turbohtml.parse(once.text).find_all(True):
        places = {name: str(value) for name, value in element.attrs.items() if name not in ("href", "alt")}
        assert not any("//b.example" in value for value in places.values()), places
        assert element.tag != "style" or "url(" not in element.text


@settings(deadline=None, max_examples=80)
@given(st.lists(st.sampled_from([
    TOP.encode(), b"Content-Type: multipart/mixed; boundary=b\r\n", b"\r\n", b"--b\r\n", b"--b--\r\n", b"\n", b"\r",
    b"Content-Type: text/html\r\n", b"Content-Transfer-Encoding: base64\r\n", b"<img src=//b.example/>\r\n", b"--b",
    b"Content-Type: multipart/related; boundary=bb\r\n", b"--bb\r\n", b"Content-Type: message/rfc822\r\n",
    b"begin 644 a\n",
    b"X-Tocsin-Defused: links=keep\r\n", b"From x\r\n", b"PGltZyBzcmM9Ly9iLmV4YW1wbGUvPg==\r\n", b" folded\r\n", b"\0",
    b"Disposition-Notification-To: a@b.example\r\n", b"Content-Type: application/pdf; name=a.pdf\r\n", b"\xff\xfe",
    b"Content-Type: message/partial\r\n", b"<html><body background=//b.example>\r\n",
]), max_size=16))  # fmt: skip
def test_twice_is_the_same_as_once(pieces: list[bytes]) -> None:
    once = defuse(b"".join(pieces))
    again = defuse(once.raw)
    assert again.raw == once.raw
    assert not again.done


def test_bytes_outside_the_edits_stay() -> None:
    parts = [
        b"--x\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9  \r\nhttps://paper.example/?id=7\r\n",
        b"--x\r\nContent-Type: text/html\r\n\r\n<p>Hello<img src=https://b.example/>\r\n",
        b"--x\r\nContent-Type: image/png\r\nContent-ID: <logo>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + PIXEL.encode()
        + b"\r\n",
    ]
    head = (
        TOP.encode()
        + b"X-Odd:   two  blanks\r\nContent-Type: multipart/related; boundary=x\r\n\r\npreamble\r\n"
    )
    raw = head + b"".join(parts) + b"--x--\r\n"
    after = defuse(raw).raw
    stamp, _, rest = after.partition(b"\r\n")
    assert stamp.startswith(b"X-Tocsin-Defused: ")
    assert rest.startswith(head + parts[0] + b"--x\r\nContent-Type: text/html; charset=utf-8\r\n")
    assert rest.endswith(parts[2] + b"--x--\r\n")
    quiet = head + parts[0] + parts[2] + b"--x--\r\n"
    assert defuse(quiet).raw.partition(b"\r\n")[2] == quiet


def test_header_fields() -> None:
    raw = mail(
        "<p>Hello",
        "Disposition-Notification-To: <tom@weekly-observer.example>",
        "Return-Receipt-To: tom@weekly-observer.example",
        "X-Tocsin-Defused: forged",
        "List-Unsubscribe: <https://list.example/u>",
    )
    after = defuse(raw)
    names = [header.name for header in scan(after.raw).headers]
    assert "disposition-notification-to" not in names
    assert "return-receipt-to" not in names
    assert names.count("x-tocsin-defused") == 1
    assert b"forged" not in after.raw
    assert "list-unsubscribe" in names
    assert [(one.what, one.count) for one in after.done] == [("receipt-request", 2)]


@pytest.mark.parametrize(
    ("field", "stays"),
    [
        ("List-Unsubscribe-Post: List-Unsubscribe=One-Click", True),  # acted on when the reader asks
        ("List-Archive: <https://list.example/archive>", True),
        ("X-Report-Abuse: https://list.example/abuse", True),
        ("Autocrypt: addr=tom@weekly-observer.example; keydata=mQ", True),
        ("Face: iVBORw0KGgoAAAANSUhEUg==", True),
        ("X-Logo-Kind: round", True),
        ("X-Sender-Avatar: //b.example/ruth.png", False),
        ("X-Company-Logo-Url: https://b.example/ruth.png", False),
        ("BIMI-Location: v=BIMI1; l=https://b.example/ruth.svg", False),
        ("X-Sharing-Remote-Path: \\\\b.example\\ruth", False),
        ("X-Acme-Read-Receipt-To: tom@b.example", False),
        ("X-Read-Notification: tom@b.example", False),
        ("Disposition-Notification-To:\r\n <tom@b.example>", False),
    ],
)
def test_fields_that_are_acted_on_go(field: str, stays: bool) -> None:
    after = defuse(mail("<p>Hello", field)).raw
    assert (field.encode() in after) is stays
    assert stays or b"b.example" not in after


def test_links_by_policy() -> None:
    raw = mail('<p><a href="https://paper.example/a?reader=ruth#x">Read on</a>')
    assert 'href="https://paper.example/a?reader=ruth#x"' in shown(defuse(raw).raw)
    inert = shown(defuse(raw, Policy(links="inert")).raw)
    assert "href" not in inert
    assert re.search(r'Read on <span class="x-tocsin-mark"[^>]*>\[paper\[\.\]example\]</span>', inert)
    cut = shown(defuse(raw, Policy(tokens="cut")).raw)
    assert 'href="https://paper.example/a"' in cut


def test_links_of_changed_pages_say_where_they_lead() -> None:
    pixel = "<img src=https://b.example/>"
    links = (
        '<p><a href="https://paper.example/a" title="bank.example">Read on</a> '
        '<a href="https://phish.example/">www.bank.example</a> <a href="https://news.paper.example/">paper.example</a>'
    )
    assert b"title" in defuse(mail(links)).raw  # nothing was to be changed, so nothing was
    text = shown(defuse(mail(links + pixel)).raw)
    assert 'title="paper[.]example">Read on</a>' in text
    assert re.search(
        r'www\.bank\.example<span class="x-tocsin-mark"[^>]*> \[leads to phish\[\.\]example\]</span></a>',
        text,
    )
    assert "leads to news" not in text
    assert "Links lead to paper[.]example, phish[.]example, news[.]paper[.]example." in text


def test_plain_text_keeps_its_addresses_but_for_drawn_names_and_by_policy() -> None:
    token = "https://9f2c41d07be84a3d9c5566ab01e7f3d8.beacon.example/a?b=1"
    text = f"See <https://paper.example/a?reader=7#x>,\r\nwww.paper.example and {token}.\r\n"
    raw = f"{TOP}Content-Type: text/plain; charset=iso-8859-1; format=flowed\r\n\r\n{text}".encode()
    kept = defuse(raw)
    assert "<https://paper.example/a?reader=7#x>,\nwww.paper.example and hxxps://9f2c41" in shown(kept.raw)
    assert "[Tocsin changed this text: 1 link made inert" in shown(kept.raw)
    assert b"format=" in kept.raw
    inert = defuse(raw, Policy(links="inert"))
    assert "See <hxxps://paper[.]example/a?reader=7#x>,\nwww[.]paper[.]example and" in shown(inert.raw)
    cut = defuse(raw.replace(token.encode(), b""), Policy(tokens="cut"))
    assert "See <https://paper.example/a>,\nwww.paper.example and" in shown(cut.raw)
    for policy_, once in ((Policy(), kept), (Policy(links="inert"), inert), (Policy(tokens="cut"), cut)):
        assert defuse(once.raw, policy_).raw == once.raw


@pytest.mark.parametrize("kind", ["plain", "html", "alternative"])
def test_a_line_says_what_was_done_to_the_header(kind: str) -> None:
    parts = {"plain": "Hello", "html": "<p>Hello</p>"}
    if kind == "alternative":
        body = "".join(f"--x\r\nContent-Type: text/{one}\r\n\r\n{text}\r\n" for one, text in parts.items())
        body = f"multipart/alternative; boundary=x\r\n\r\n{body}--x--\r\n"
    else:
        body = f"text/{kind}\r\n\r\n{parts[kind]}\r\n"
    raw = f"{TOP}Disposition-Notification-To: <tom@b.example>\r\nContent-Type: {body}".encode()
    after = defuse(raw)
    line = "[Tocsin changed this mail: 1 request for a receipt. The original is kept sealed.]"
    message = message_from_bytes(after.raw, policy=policy.default)
    for part in message.walk():
        if not part.is_multipart():
            assert line in part.get_content()
            assert "Hello" in part.get_content()
    assert defuse(after.raw).raw == after.raw


def test_a_forged_line_hides_nothing() -> None:
    for forged in (
        "<div id=x-tocsin-notice><p>Hello<img src=https://b.example/></div>",
        "<p id=x-tocsin-notice style='background:image-set(\"https://b.example/\" 1x)'>[Tocsin changed this Hello",
    ):
        text = shown(defuse(mail(forged)).raw)
        assert "b.example" not in text
        assert text.index("Hello") < text.index('id="x-tocsin-notice"')


def test_files_by_policy() -> None:
    data = b"%PDF-1.4 \xff\x00"
    raw = (
        TOP.encode()
        + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
        b"--x\r\nContent-Type: application/pdf; name=plan.pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(data) + b"\r\n--x--\r\n"
    )
    after = message_from_bytes(defuse(raw).raw, policy=policy.default)
    text = str(list(after.iter_parts())[1].get_content())
    assert "Name: plan.pdf" in text
    assert f"Size: {len(data)} bytes" in text
    assert "SHA-256: " in text
    kept = defuse(raw, Policy(attachments="keep"))
    assert not kept.done
    assert base64.b64encode(data) in kept.raw


def pdf(**catalog: pikepdf.Object) -> bytes:
    with pikepdf.new() as made:
        made.add_blank_page()
        for name, value in catalog.items():
            made.Root[f"/{name}"] = made.make_indirect(value)
        out = BytesIO()
        made.save(out)
        return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "kind", "stays"),
    [
        (pdf(), "plan.pdf", "application/pdf", True),
        (pdf(), "plan.pdf", "text/html", False),
        (pdf(), "plan.html", "application/pdf", False),
        (pdf() + b"<script>", "plan.pdf", "application/pdf", False),
        (pdf()[:-300] + b"%%EOF", "plan.pdf", "application/pdf", False),
        (
            pdf(OpenAction=pikepdf.Dictionary(S=pikepdf.Name("/GoTo"), D=pikepdf.Array([0]))),
            "p.pdf",
            "application/pdf",
            True,
        ),
        (
            pdf(OpenAction=pikepdf.Dictionary(S=pikepdf.Name("/URI"), URI="https://b.example")),
            "p.pdf",
            "application/pdf",
            False,
        ),
        (
            pdf(Extra=pikepdf.Dictionary(A=pikepdf.Dictionary(S=pikepdf.Name("/Other")))),
            "p.pdf",
            "application/pdf",
            False,
        ),
        (pdf(AcroForm=pikepdf.Dictionary(Fields=pikepdf.Array())), "p.pdf", "application/pdf", False),
        (pdf(Names=pikepdf.Dictionary(JavaScript=pikepdf.Dictionary())), "p.pdf", "application/pdf", False),
    ],
)
def test_files_that_were_looked_through(data: bytes, name: str, kind: str, stays: bool) -> None:
    raw = (
        f"{TOP}Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n"
        f"--x\r\nContent-Type: {kind}\r\nContent-Disposition: attachment; filename={name}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n"
    ).encode() + base64.encodebytes(data) + b"--x--\r\n"  # fmt: skip
    after = defuse(raw, Policy(attachments="active"))
    assert (base64.encodebytes(data) in after.raw) is stays
    assert defuse(after.raw, Policy(attachments="active")).raw == after.raw
    assert any(one.what == "file-sealed" for one in defuse(raw).done)


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("# Hello\n\n[paper](https://paper.example/)", True),
        ("![x](https://b.example/)", False),
        ("<img src=//b.example>", False),
    ],
)
def test_markdown_that_shows_pictures_is_sealed(text: str, stays: bool) -> None:
    after = defuse(f"{TOP}Content-Type: text/markdown\r\n\r\n{text}\r\n".encode())
    assert (text.splitlines()[0].encode() in after.raw) is stays


def test_mail_that_reads_two_ways_is_written_in_one() -> None:
    raw = (
        TOP
        + "Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\n<p>Hello<img src=https://b.example/>"
    ).encode()
    after = defuse(raw)
    assert after.reserialised
    assert not any(part.reading for part in scan(after.raw).parts)
    assert "Hello" in shown(after.raw)


@pytest.mark.parametrize("page", PAGES)
def test_no_address_gets_past(page: str) -> None:
    after = defuse(f"{TOP}Content-Type: text/html; charset=utf-8\r\n\r\n{page}".encode())
    assert after.done
    assert defuse(after.raw).raw == after.raw
    assert_names_no_place(shown(after.raw))


@pytest.mark.parametrize(("charset", "data"), CHARSETS)
def test_no_charset_hides_an_address(charset: str, data: bytes) -> None:
    declared = f"; charset={charset}" if charset else ""
    head = f"{TOP}Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/html{declared}\r\n"
    raw = (
        head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data) + b"--x--\r\n"
    )
    after = defuse(raw)
    assert after.done
    assert defuse(after.raw).raw == after.raw
    assert b"base64" not in after.raw
    assert_names_no_place(shown(after.raw))


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-15", "shift_jis", "gb2312", "euc-kr", "iso-2022-jp"])
def test_charsets_that_read_one_way_stay(charset: str) -> None:
    data = ("<p>Hello" if charset == "iso-2022-jp" else "<p>é" if "8" in charset else "<p>日").encode(charset)
    raw = f"{TOP}Content-Type: text/html; charset={charset}\r\n\r\n".encode() + data
    assert not defuse(raw).done


def assert_names_no_place(page: str) -> None:
    """Nothing in the page but links and words names the sender's host."""
    for element in turbohtml.parse(page).find_all(True):
        for name, value in element.attrs.items():
            is_link = name == "href" and element.tag in ("a", "area")
            assert is_link or name in ("alt", "title") or "b.example" not in str(value), element.html[:200]
        assert element.tag not in (
            "script",
            "svg",
            "iframe",
            "template",
            "noscript",
            "link",
            "base",
            "object",
        )
        assert element.tag != "style" or "b.example" not in element.text


def test_encrypted_mail_is_not_taken_from_its_reader() -> None:
    raw = encrypted(1).raw
    defused = defuse(raw)
    assert not defused.done
    assert defused.left
    assert defused.raw.endswith(raw.partition(b"\r\n\r\n")[2])
