"""Bytes of a message: header fields folded and encoded, parts in their transfer encodings."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Sequence

import msgspec

MARK = ("X-Tocsin-Exercise", "EXERCISE; fictional people, outlets and actors")
# A 1 x 1 grey PNG: a signature's picture that travels inside the mail.
PICTURE = base64.b64decode(
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


class Body(msgspec.Struct, frozen=True):
    """The readable parts of a mail; an empty one is left out. `cid` names the inline picture, if any."""

    text: str
    html: str
    encoding: str
    charset: str
    boundary: str
    cid: str = ""


def encoded_words(text: str, base64_words: bool) -> str:
    """The text as it stands if ASCII, else as RFC 2047 encoded words of at most 75 characters, folded."""
    if text.isascii():
        return text
    words: list[str] = []
    chunk = ""
    for char in text:
        if len(_word(chunk + char, base64_words)) > 74:
            words.append(_word(chunk, base64_words))
            chunk = ""
        chunk += char
    words.append(_word(chunk, base64_words))
    return "\n ".join(words)


def _word(chunk: str, base64_words: bool) -> str:
    raw = chunk.encode()
    if base64_words:
        return f"=?UTF-8?B?{base64.b64encode(raw).decode()}?="
    safe = "".join(
        chr(b) if chr(b).isascii() and chr(b).isalnum() else "_" if b == 0x20 else f"={b:02X}" for b in raw
    )
    return f"=?UTF-8?Q?{safe}?="


def mailbox_phrase(name: str, address: str, base64_words: bool) -> str:
    """`name <address>` with the name quoted or encoded as it needs (RFC 5322, section 3.4)."""
    if not name:
        return address
    if not name.isascii():
        return f"{encoded_words(name, base64_words)} <{address}>"
    return f'"{name}" <{address}>' if any(c in name for c in ',.()|:@;"&') else f"{name} <{address}>"


def part_bytes(text: str, encoding: str, charset: str) -> tuple[bytes, str]:
    """The text in this charset and transfer encoding, and the encoding really used (7bit for plain ASCII)."""
    raw = text.encode(charset, "replace")
    if encoding == "8bit":
        if max((len(line) for line in raw.split(b"\n")), default=0) <= 998:
            return raw, "7bit" if raw.isascii() else "8bit"
        encoding = "quoted-printable"
    if encoding == "base64":
        return base64.encodebytes(raw), "base64"
    return quopri.encodestring(raw), "quoted-printable"


def body_fields(body: Body) -> tuple[list[tuple[str, str]], bytes]:
    """The Content-* fields of the whole message, and its body."""
    leaves = []
    if body.text:
        leaves.append(_leaf("plain", body.text, body))
    if body.html:
        leaves.append(_leaf("html", body.html, body))
    fields, raw = leaves[0] if len(leaves) == 1 else _multipart("alternative", leaves, body.boundary)
    if body.cid:
        picture = (
            [
                ("Content-Type", 'image/png; name="image001.png"'),
                ("Content-Transfer-Encoding", "base64"),
                ("Content-ID", f"<{body.cid}>"),
                ("Content-Disposition", 'inline; filename="image001.png"'),
            ],
            base64.encodebytes(PICTURE),
        )
        fields, raw = _multipart("related", [(fields, raw), picture], body.boundary + "r")
    return fields, raw


def _leaf(subtype: str, text: str, body: Body) -> tuple[list[tuple[str, str]], bytes]:
    if not text.endswith("\n"):
        text += "\n"
    raw, used = part_bytes(text, body.encoding, body.charset)
    return [
        ("Content-Type", f"text/{subtype}; charset={body.charset}"),
        ("Content-Transfer-Encoding", used),
    ], raw


def _multipart(
    subtype: str, parts: Sequence[tuple[list[tuple[str, str]], bytes]], boundary: str
) -> tuple[list[tuple[str, str]], bytes]:
    out = []
    for fields, raw in parts:
        out.append(f"--{boundary}\n".encode() + header_bytes(fields) + b"\n" + raw)
        if not raw.endswith(b"\n"):
            out.append(b"\n")
    out.append(f"--{boundary}--\n".encode())
    return [("Content-Type", f'multipart/{subtype}; boundary="{boundary}"')], b"".join(out)


def header_bytes(fields: Sequence[tuple[str, str]]) -> bytes:
    """The fields one a line, as given: values hold their own folds."""
    return b"".join(f"{name}: {value}\n".encode() for name, value in fields)


def message(fields: Sequence[tuple[str, str]], body: Body) -> bytes:
    """The whole mail: LF line ends, the exercise's mark as last header field, one newline at the end."""
    content, raw = body_fields(body)
    head = header_bytes([*fields, ("MIME-Version", "1.0"), *content, MARK])
    return head + b"\n" + raw.rstrip(b"\n") + b"\n"
