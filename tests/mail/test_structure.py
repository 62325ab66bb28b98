"""The scanner on sound, broken and hostile structure: what is found, in which reading, with which defect."""

from __future__ import annotations

import base64

import pytest

from tocsin.mail.body import part_bytes, part_text
from tocsin.mail.mime import Limits, scan
from tocsin.model.message import Message, Part

HEAD = b"From: a@example.org\nTo: b@example.org\nSubject: x\nMIME-Version: 1.0\n"
HTML = b"<p>hello <img src=http://b.example/x></p>"
HTML_PART = b"Content-Type: text/html\n\n" + HTML + b"\n--bb--\n"


def leaves(message: Message, reading: str | None = None) -> list[tuple[str, str, str]]:
    return [
        (part.path, part.media_type, part_text(message, part).strip())
        for part in message.parts
        if not part.media_type.startswith(("multipart/", "message/")) and reading in (None, part.reading)
    ]


def html_found(message: Message) -> bool:
    return any(p.media_type == "text/html" and "b.example" in part_text(message, p) for p in message.parts)


def codes(message: Message) -> set[str]:
    return {defect.code for defect in message.defects}


def multipart(body: bytes, extra: bytes = b"") -> bytes:
    return HEAD + b'Content-Type: multipart/mixed; boundary="bb"\n' + extra + b"\n" + body


PLAIN = multipart(
    b"--bb\nContent-Type: text/plain\n\nhello\n--bb\nContent-Type: text/html; charset=utf-8\n\n"
    + HTML
    + b"\n--bb--\n"
)


def test_plain_mail_has_its_parts_and_no_defect() -> None:
    message = scan(PLAIN)
    assert message.defects == ()
    assert leaves(message) == [("1", "text/plain", "hello"), ("2", "text/html", HTML.decode())]
    assert [part.parent for part in message.parts] == [-1, 0, 0]
    assert [header.name for header in message.headers] == [
        "from",
        "to",
        "subject",
        "mime-version",
        "content-type",
    ]


@pytest.mark.parametrize("ending", [b"\r\n", b"\r", b"\r\r\n"])
def test_every_line_end_gives_the_same_parts(ending: bytes) -> None:
    message = scan(PLAIN.replace(b"\n", ending))
    assert leaves(message) == leaves(scan(PLAIN))
    assert [h.value for h in message.headers] == [h.value for h in scan(PLAIN).headers]


def test_mixed_line_ends() -> None:
    message = scan(PLAIN.replace(b"\n", b"\r\n", 7))
    assert leaves(message) == leaves(scan(PLAIN))


def test_spans_point_into_the_raw_bytes() -> None:
    message = scan(PLAIN)
    html = message.parts[2]
    assert PLAIN[html.start : html.end] == HTML
    subject = message.headers[2]
    assert PLAIN[subject.start : subject.end] == b"Subject: x\n"


@pytest.mark.parametrize(
    ("lead", "code"),
    [
        (b"\xef\xbb\xbf", "leading-bom"),
        (b"From a@example.org Mon Mar  2 10:00:00 2026\n", "leading-from-line"),
        (b"\r\n\n", "leading-blank-line"),
        (b"    \n", "leading-blank-line"),
    ],
)
def test_what_stands_before_the_headers_is_skipped(lead: bytes, code: str) -> None:
    message = scan(lead + PLAIN)
    assert code in codes(message)
    assert leaves(message) == leaves(scan(PLAIN))
    html = message.parts[2]
    assert message.raw[html.start : html.end] == HTML


AMBIGUOUS = {
    "last-content-type": HEAD + b"Content-Type: text/plain\nContent-Type: text/html\n\n" + HTML,
    "last-transfer-encoding": HEAD
    + b"Content-Type: text/html\nContent-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\n"
    + base64.b64encode(HTML),
    "last-boundary": HEAD
    + b"Content-Type: multipart/mixed; boundary=aa; boundary=bb\n\n--aa\n\nhi\n--aa--\n"
    + b"--bb\nContent-Type: text/html\n\n" + HTML + b"\n--bb--\n",
    "missing-boundary": HEAD
    + b"Content-Type: multipart/mixed\n\n--bb\n" + HTML_PART,
    "boundary-not-found": HEAD
    + b"Content-Type: multipart/mixed; boundary=zz\n\n--bb\n" + HTML_PART,
    "after-terminator": multipart(b"--bb\n\nhi\n--bb--\n--bb\n" + HTML_PART),
    "epilogue": multipart(b"--bb\n\nhi\n--bb--\n" + HTML),
    "preamble": multipart(HTML + b"\n--bb\n\nhi\n--bb--\n"),
    "prefix-boundary": multipart(b"--bb\n\nhi\n--bbx\nContent-Type: text/html\n\n" + HTML + b"\n--bb--\n"),
    "sniffed-html": HEAD + b"Content-Type: text/plain\n\n\n <html>" + HTML,
    "malformed-content-type": HEAD + b"Content-Type: text/html charset=utf-8\n\n" + HTML,
    "encoded-multipart": HEAD
    + b"Content-Type: multipart/mixed; boundary=bb\nContent-Transfer-Encoding: base64\n\n"
    + base64.encodebytes(b"--bb\nContent-Type: text/html\n\n" + HTML + b"\n--bb--\n"),
    "junk-in-headers": b"From: a@example.org\nContent-Type: text/html\njunk\nnothing\n"
     b"Content-Type: text/plain\n\n" + HTML,
    "message-fragment": HEAD + b'Content-Type: message/partial; id="x"; number=1; total=2\n\n'
    + b"Content-Type: text/html\n\n" + HTML,
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(AMBIGUOUS))
def test_each_ambiguity_is_named_and_its_html_found(code: str) -> None:
    message = scan(AMBIGUOUS[code])
    assert code in codes(message)
    assert any(part.reading == code for part in message.parts)
    assert html_found(message)


def test_both_readings_of_a_repeated_content_type_stand_side_by_side() -> None:
    message = scan(AMBIGUOUS["last-content-type"])
    assert [(p.path, p.reading, p.media_type) for p in message.parts] == [
        ("", "", "text/plain"),
        ("", "last-content-type", "text/html"),
    ]


def test_repeated_type_between_a_leaf_and_a_multipart() -> None:
    raw = HEAD + b"Content-Type: text/plain\nContent-Type: multipart/mixed; boundary=bb\n\n"
    message = scan(raw + b"--bb\nContent-Type: text/html\n\n" + HTML + b"\n--bb--\n")
    assert ("1", "text/html", HTML.decode()) in leaves(message, "last-content-type")


@pytest.mark.parametrize(
    ("content_type", "media_type"),
    [
        (b"text/html;;", "text/html"),
        (b"text/html;", "text/html"),
        (b" TEXT/HTML ; charset = utf-8", "text/html"),
        (b"text/html (a comment); charset=utf-8", "text/html"),
        (b"text", "text/plain"),
        (b"", "text/plain"),
        (b'"text/html"; charset=utf-8', "text/html"),
    ],
)
def test_content_types_as_the_standard_reads_them(content_type: bytes, media_type: str) -> None:
    message = scan(HEAD + b"Content-Type: " + content_type + b"\n\n" + HTML)
    assert message.parts[0].media_type == media_type


def test_identical_repeats_are_no_ambiguity() -> None:
    raw = HEAD + b"Content-Type: text/html\nContent-Type: text/html\n\n" + HTML
    assert scan(raw).defects == ()


@pytest.mark.parametrize(
    "raw",
    [
        multipart(b"--bb  \t\nContent-Type: text/html\n\n" + HTML + b"\n--bb--  \n"),
        multipart(b"--bb\nContent-Type: text/html\n\n" + HTML),
        multipart(b"--bb\nContent-Type : text/html\n\n" + HTML + b"\n--bb--"),
        multipart(b"--bb\nContent-Type: text/html\n\n" + HTML + b"\x00\n--bb--"),
        HEAD + b"Content-Type: multipart/mixed;\n\tboundary*0=b;\n\tboundary*1=b\n\n--bb\n"
        b"Content-Type: text/html\n\n" + HTML + b"\n--bb--",
    ],
    ids=["blanks after boundaries", "unterminated", "space before colon", "nul", "rfc2231 boundary"],
)  # fmt: skip
def test_html_is_found_in_the_standard_reading(raw: bytes) -> None:
    message = scan(raw)
    assert [part.media_type for part in message.parts if not part.reading] == ["multipart/mixed", "text/html"]
    assert html_found(message)


def test_inner_boundary_that_continues_the_outer_one() -> None:
    raw = (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"
        b"Content-Type: multipart/alternative; boundary=bb\n\n"
        b"--bb\n\nplain\n--bb\nContent-Type: text/html\n\n" + HTML + b"\n--bb--\n--b\n\nlast\n--b--\n"
    )
    message = scan(raw)
    assert message.defects == ()
    assert [part.path for part in message.parts] == ["", "1", "1.1", "1.2", "2"]


def test_header_block_without_body_and_without_blank_line() -> None:
    assert scan(b"From: a@example.org\nSubject: only").headers[1].value == "only"
    message = scan(b"From: a@example.org\nSubject: x\nhello there\n")
    assert codes(message) == {"missing-blank-line"}
    assert leaves(message) == [("", "text/plain", "hello there")]


def test_parts_without_blank_line_end_at_the_next_boundary() -> None:
    message = scan(multipart(b"--bb\nContent-Type: text/html\n--bb\n\nhi\n--bb--\n"))
    assert [p.media_type for p in message.parts] == ["multipart/mixed", "text/html", "text/plain"]


def test_fields_after_junk_still_count() -> None:
    raw = (
        b"Received: x\nMAIL FROM<a@example.org>\nFrom: a@example.org\nTo: b@example.org\nSubject: y\n\nbody\n"
    )
    message = scan(raw)
    assert [h.name for h in message.headers] == ["received", "from", "to", "subject"]
    assert "junk-in-headers" in codes(message)
    assert leaves(message, "") == [("", "text/plain", "body")]


def test_bare_html_without_headers() -> None:
    message = scan(HTML, headers_missing=True)
    assert (message.headers, message.headers_missing) == ((), True)
    assert leaves(message) == [("", "text/html", HTML.decode())]


INNER = b"From: c@example.org\nSubject: inner\nContent-Type: text/html\n\n" + HTML + b"\n"


@pytest.mark.parametrize("encoding", [b"", b"base64", b"quoted-printable", b"x-uuencode"])
def test_enclosed_messages_plain_and_encoded(encoding: bytes) -> None:
    body = {
        b"": INNER,
        b"base64": base64.encodebytes(INNER),
        b"quoted-printable": INNER.replace(b"=", b"=3D"),
        b"x-uuencode": b"begin 644 m.eml\n" + uu(INNER) + b"`\nend\n",
    }[encoding]
    head = b"Content-Transfer-Encoding: " + encoding + b"\n" if encoding else b""
    message = scan(multipart(b"--bb\nContent-Type: message/rfc822\n" + head + b"\n" + body + b"--bb--\n"))
    inner = next(part for part in message.parts if part.path == "1.0")
    assert [h.value for h in inner.headers if h.name == "subject"] == ["inner"]
    assert html_found(message)
    assert message.parts[inner.parent].path == "1"
    assert ("encoded-message" in codes(message)) == bool(encoding)


def uu(data: bytes) -> bytes:
    import binascii

    return b"".join(binascii.b2a_uu(data[i : i + 45]) for i in range(0, len(data), 45))


def deep(kind: str, count: int) -> bytes:
    if kind == "rfc822":
        return b"Content-Type: message/rfc822\n\n" * count + b"Content-Type: text/html\n\n" + HTML
    boundary = "b%d" if kind == "multipart" else "b"
    opening = "".join(
        f"Content-Type: multipart/mixed; boundary={name}\n\n--{name}\n"
        for name in (boundary % i if "%" in boundary else boundary for i in range(count))
    )
    return opening.encode() + b"Content-Type: text/html\n\n" + HTML


@pytest.mark.parametrize("kind", ["rfc822", "multipart", "same boundary"])
def test_ten_thousand_nested_parts(kind: str) -> None:
    message = scan(deep(kind, 10_000))
    assert len(message.parts) == 10_001
    assert html_found(message)
    assert len({part.path for part in message.parts}) == 10_001
    assert max(len(part.path) for part in message.parts) < 200


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(max_parts=5), "too-many-parts"),
        (Limits(max_depth=5), "too-deep"),
        (Limits(max_headers=1), "too-many-headers"),
        (Limits(max_header_bytes=20), "headers-too-long"),
    ],
)
def test_limits_become_defects(limits: Limits, code: str) -> None:
    raw = HEAD + deep("multipart", 20)
    message = scan(raw, limits=limits)
    assert code in codes(message)
    assert message.parts[0].start <= len(raw)


def test_encoded_messages_inside_each_other_end_at_a_limit() -> None:
    raw = INNER
    for _ in range(20):
        raw = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(raw)
    message = scan(raw)
    assert "not-unpacked" in codes(message)
    assert len(message.parts) > 10


def test_mark_of_exercise_is_hidden_but_told() -> None:
    raw = b"X-Tocsin-Exercise: yes\n" + PLAIN
    marked, plain = scan(raw), scan(PLAIN)
    assert (marked.exercise, plain.exercise) == (True, False)
    assert not [
        h for part in marked.parts for h in part.headers if "exercise" in h.name or "exercise" in h.value
    ]
    assert marked.fingerprint == plain.fingerprint
    assert marked.sha256 != plain.sha256


def test_content_fields_of_a_part() -> None:
    message = scan(
        multipart(
            b"--bb\nContent-Type: image/png; name=x.png\nContent-ID: <c@example.org>\n"
            b"Content-Disposition: inline; filename*=utf-8''%C3%A9.png\n\nx\n--bb--\n"
        )
    )
    part: Part = message.parts[1]
    assert (part.filename, part.content_id, part.disposition) == ("é.png", "c@example.org", "inline")
    assert part_bytes(message, part) == b"x"
