"""Mails attached as files of other types are opened as clients open them; other files are left closed."""

from __future__ import annotations

import base64

import pytest

from tocsin.mail.body import part_text
from tocsin.mail.mime import scan

INNER = b"From: Ann <ann@house.example>\r\nTo: bob@house.example\r\nSubject: Inner\r\n\r\nThe inner text\r\n"


def outer(body: bytes, media_type: str, name: str, encoding: str) -> bytes:
    return (
        b"From: x@house.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        + f"Content-Type: {media_type}\r\nContent-Transfer-Encoding: {encoding}\r\n".encode()
        + (f'Content-Disposition: attachment; filename="{name}"\r\n'.encode() if name else b"")
        + b"\r\n"
        + (base64.encodebytes(body) if encoding == "base64" else body)
        + b"\r\n--b--\r\n"
    )


@pytest.mark.parametrize("encoding", ["base64", "7bit"])
@pytest.mark.parametrize(
    ("media_type", "name"),
    [("application/octet-stream", "note.eml"), ("text/plain", "NOTE.EML"), ("application/octet-stream", "")],
)
def test_attached_mails_are_opened(media_type: str, name: str, encoding: str) -> None:
    message = scan(outer(INNER, media_type, name, encoding))
    inner = next(part for part in message.parts if part.path == "1.0")
    assert message.parts[1].media_type == "message/rfc822"
    assert "The inner text" in part_text(message, inner)
    assert not inner.reading
    assert not message.defects


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"%PDF-1.7\n\x00\x01 From: nobody", "paper.eml"),
        (b"Title: a list\r\nthat is: no mail\r\n", ""),
        (INNER[7:], "data.bin"),
        (b"", "empty.eml"),
    ],
)
def test_other_files_stay_closed(body: bytes, name: str) -> None:
    message = scan(outer(body, "application/octet-stream", name, "base64"))
    assert [part.media_type for part in message.parts] == ["multipart/mixed", "application/octet-stream"]


def test_mails_in_mails_are_opened_within_limits() -> None:
    raw = INNER
    for _ in range(20):
        raw = outer(raw, "application/octet-stream", "next.eml", "base64")
    message = scan(raw)
    assert 10 < len(message.parts) < 80
    assert "not-unpacked" in {defect.code for defect in message.defects}
