"""Identity: the same mail by several transports, and different mails apart."""

from __future__ import annotations

import base64

import pytest

from tocsin.mail.mime import scan

HEAD = b"From: =?utf-8?q?J=C3=A9?= <j@b.example>\nTo: x@b.example\n"
HEAD += b"Subject: Hello  there\nMessage-ID: <1@b.example>\n"
BODY = "Héllo, this is the text.\nSecond line.\n".encode()
MAIL = HEAD + b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + BODY


@pytest.mark.parametrize(
    "other",
    [
        b"Received: by mx.b.example; Mon, 2 Mar 2026 10:00:00 +0000\n" + MAIL,
        MAIL.replace(b"\n", b"\r\n"),
        MAIL.replace(b"text.\n", b"text.  \n") + b"\n\n",
        MAIL.replace(b"Hello  there", b"Hello\n there"),
        MAIL.replace(b"=?utf-8?q?J=C3=A9?=", b"=?iso-8859-1?b?Suk=?="),
        MAIL.replace("Jé".encode(), b"").replace(b"\n\n" + BODY, b"\nContent-Transfer-Encoding: base64\n\n")
        + base64.encodebytes(BODY),
        b"From j@b.example Mon Mar  2 10:00:00 2026\n" + MAIL,
    ],
    ids=["received", "crlf", "trailing blanks", "folding", "word encoding", "transfer encoding", "mbox line"],
)  # fmt: skip
def test_transport_does_not_change_the_fingerprint(other: bytes) -> None:
    assert scan(other).fingerprint == scan(MAIL).fingerprint
    assert scan(other).sha256 != scan(MAIL).sha256


@pytest.mark.parametrize(
    "other",
    [
        MAIL.replace(b"<1@", b"<2@"),
        MAIL.replace(b"Second", b"Third"),
        MAIL.replace(b"text/plain", b"text/html"),
        MAIL.replace(b"x@b.example", b"y@b.example"),
    ],
)
def test_another_mail_has_another_fingerprint(other: bytes) -> None:
    assert scan(other).fingerprint != scan(MAIL).fingerprint
