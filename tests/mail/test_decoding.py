"""Transfer encodings, charsets, encoded words and parameters, sound and broken."""

from __future__ import annotations

import base64

import pytest

from tocsin.mail.body import part_bytes, part_text
from tocsin.mail.headers import decode_words, every, first, parameters
from tocsin.mail.mime import scan


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("base64", b"SGVsbG8=", b"Hello"),
        ("base64", b"SGVs\r\nbG8=\r\n", b"Hello"),
        ("base64", b"SGVsbG8", b"Hello"),
        ("base64", b"SGVs!*bG8=", b"Hello"),
        ("base64", b"SGVsbG8=\n-- \nlist footer, not base64\n", b"Hello"),
        ("base64", b"SGVsbG8=\nV29ybGQh\n", b"HelloWorld!"),
        ("base64", b"_-8=", b"\xff\xef"),
        ("BASE64 ", b"SGVsbG8=", b"Hello"),
        ("quoted-printable", b"a=3Db", b"a=b"),
        ("quoted-printable", b"soft =\r\nbreak", b"soft break"),
        ("quoted-printable", b"soft = \t\nbreak", b"soft break"),
        ("quoted-printable", b"soft =\rbreak", b"soft break"),
        ("quoted-printable", b"raw \xe9 stays", b"raw \xe9 stays"),
        ("quoted-printable", b"a==3Db", b"a==b"),
        ("quoted-printable", b"a=ZZ=3d", b"a=ZZ="),
        ("x-uuencode", b"begin 644 f\n%:&5L;&\\\n`\nend\n", b"hello"),
        ("x-uuencode", b"%:&5L;&\\\n", b"hello"),
        ("x-yenc", b"=ybegin line=128 size=2 name=f\r\n\x92\x93\r\n=yend size=2\r\n", b"hi"),
        ("binary", b"\x00\xff", b"\x00\xff"),
        ("8bit", b"\xe9", b"\xe9"),
        ("hexa", b"4865", b"4865"),
    ],
)
def test_transfer_encodings(encoding: str, body: bytes, expected: bytes) -> None:
    message = scan(f"From: a@example.org\nContent-Transfer-Encoding: {encoding}\n\n".encode() + body)
    assert part_bytes(message, message.parts[0]) == expected


@pytest.mark.parametrize(
    ("charset", "body", "expected"),
    [
        ("utf-8", "é".encode(), "é"),
        ("", "é".encode(), "é"),
        ("", b"caf\xe9 \x93x\x94", "café “x”"),
        ("us-ascii", "é".encode(), "é"),
        ("no-such-charset", b"\xe9\x81", "é\x81"),
        ("iso-8859-1", b"\x80", "€"),
        ("'utf-8'", "é".encode(), "é"),
        ("utf8", "é".encode(), "é"),
        ("utf-8", b"ok \xff\xfe", "ok \ufffd\ufffd"),
        ("utf-7", b"+AGg-i +ZeVnLIqe-", "hi 日本語"),
        ("utf-16", "hé".encode("utf-16"), "hé"),
        ("utf-16", "hé".encode("utf-16-be"), "hé"),
        ("utf-16le", "hé".encode("utf-16-le"), "hé"),
        ("iso-2022-jp", "日本".encode("iso2022_jp"), "日本"),
        ("", "日本".encode("iso2022_jp"), "日本"),
        ("iso-2022-kr", "한국".encode("iso2022_kr"), "한국"),
        ("iso-2022-cn", b"\x1b$)A\x0eVPND\x0f!", "中文!"),
        ("gb2312", "中文".encode("gb18030"), "中文"),
        ("hz-gb-2312", "中文".encode("hz"), "中文"),
        ("ks_c_5601-1987", "한국".encode("cp949"), "한국"),
        ("big5", "中文".encode("big5"), "中文"),
        ("shift_jis", "日本".encode("cp932"), "日本"),
        ("koi8-r", "мир".encode("koi8_r"), "мир"),
        ("punycode", b"bcher-kva", "bcher-kva"),
        ("utf-16be", b"\xd8\x00\xd8\x00", "\ufffd\ufffd"),
    ],
)
def test_charsets(charset: str, body: bytes, expected: str) -> None:
    raw = f'From: a@example.org\nContent-Type: text/plain; charset="{charset}"\n\n'.encode() + body
    message = scan(raw)
    text = part_text(message, message.parts[0])
    assert text.rstrip("\ufffd") == expected.rstrip("\ufffd")
    text.encode("utf-8")


@pytest.mark.parametrize(
    "head",
    [
        b'<html><meta charset="windows-1251">',
        b"<html><META http-equiv=Content-Type content='text/html; charset=windows-1251'>",
        b'<?xml version="1.0" encoding="windows-1251"?><html>',
    ],
)
def test_charset_that_html_declares_where_the_header_has_none(head: bytes) -> None:
    body = head + "мир".encode("cp1251")
    message = scan(b"From: a@example.org\nContent-Type: text/html\n\n" + body)
    assert "мир" in part_text(message, message.parts[0])
    labelled = scan(b"From: a@example.org\nContent-Type: text/html; charset=koi8-r\n\n" + body)
    assert "мир" not in part_text(labelled, labelled.parts[0])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("=?utf-8?q?h=C3=A9llo?=", "héllo"),
        ("=?UTF-8?B?aMOpbGxv?=", "héllo"),
        ("=?utf-8?q?h=C3?= =?utf-8?q?=A9llo?=", "héllo"),
        ("=?utf-8?b?aMM=?= =?utf-8?b?qWxsbw==?=", "héllo"),
        ("=?utf-8?q?a?= =?iso-8859-1?q?=E9?=", "aé"),
        ("=?utf-8?q?a?= b =?utf-8?q?c?=", "a b c"),
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        ("x=?utf-8?q?a?=y", "xay"),
        ("=?utf-8?q?a b?=", "a b"),
        ("=?utf-8?q?what??=", "what?"),
        ("=?utf-8?b?aMOpbGxv", "=?utf-8?b?aMOpbGxv"),
        ("=?utf-8?b?aGk?=", "hi"),
        ("=?utf-8*fr?q?h=C3=A9?=", "hé"),
        ("=?nonsense?q?=E9?=", "é"),
        ("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?=", "日本"),
        ('"=?utf-8?q?h=C3=A9?=" <a@example.org>', '"hé" <a@example.org>'),
        ("raw é stays =?utf-8?q?=C3=A9?=", "raw é stays é"),
        ("=?utf-8?q??=", ""),
    ],
)
def test_encoded_words(value: str, expected: str) -> None:
    assert decode_words(value) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"Subject: h\xc3\xa9", "hé"),
        (b"Subject: h\xe9", "hé"),
        (b"Subject: a\r\n b\r\n\tc", "a b\tc"),
        (b"Subject : x", "x"),
        (b"Subject:x", "x"),
        (b"SUBJECT:\n folded", "folded"),
        (b"Subject: a\x00b", "a\x00b"),
        (b"Subject: a\rb", "a b"),
    ],
)
def test_header_values(raw: bytes, expected: str) -> None:
    message = scan(b"From: a@example.org\n" + raw + b"\nTo: b@example.org\n\nbody")
    assert first(message.headers, "subject") == expected
    assert first(message.headers, "to") == "b@example.org"


def test_look_up_keeps_order() -> None:
    message = scan(b"Received: one\nFrom: a@example.org\nReceived: two\n\n")
    assert every(message.headers, "received") == ("one", "two")
    assert first(message.headers, "cc") == ""


@pytest.mark.parametrize(
    ("value", "token", "expected"),
    [
        ("text/html; charset=utf-8", "text/html", {"charset": "utf-8"}),
        ('Text/HTML;Charset="utf-8"', "text/html", {"charset": "utf-8"}),
        ("a/b; n*=utf-8''h%C3%A9", "a/b", {"n": "hé"}),
        ("a/b; n*0=one; n*1=two", "a/b", {"n": "onetwo"}),
        ("a/b; n*1=two; n*0=one", "a/b", {"n": "onetwo"}),
        ("a/b; n*0*=utf-8''h%C3; n*1*=%A9; n*2=x", "a/b", {"n": "héx"}),
        ('a/b; n="un;terminated', "a/b", {"n": "un"}),
        (r'a/b; n="q\"x"', "a/b", {"n": 'q"x'}),
        ("a/b; n=one; n=two", "a/b", {"n": "one"}),
        ("a/b; n=with blank; m=2", "a/b", {"n": "with blank", "m": "2"}),
        ('a/b; n="=?utf-8?q?h=C3=A9?="', "a/b", {"n": "hé"}),
        ("a/b;;; ;n=1;", "a/b", {"n": "1"}),
        ("attachment", "attachment", {}),
        ("", "", {}),
    ],
)
def test_parameters(value: str, token: str, expected: dict[str, str]) -> None:
    assert parameters(value) == (token, expected)


def test_base64_of_a_large_body() -> None:
    data = bytes(range(256)) * 4000
    message = scan(b"From: a@example.org\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(data))
    assert part_bytes(message, message.parts[0]) == data
