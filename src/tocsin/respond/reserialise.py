"""A mail that can be read in several ways, written anew so that there is one."""

from __future__ import annotations

import hashlib
import re

from tocsin.mail.body import part_bytes, part_text
from tocsin.mail.drafts import NESTED
from tocsin.mail.transfer import KNOWN
from tocsin.model.message import Header, Message, Part
from tocsin.respond.kinds import is_html
from tocsin.respond.signed import Cover
from tocsin.respond.writing import base64_lines, quoted, quoted_printable

_CODES_WORDS = """
    bare-cr headers-too-long too-many-headers junk-in-headers missing-blank-line no-headers encoded-message
    encoded-multipart after-terminator uuencoded-text leading-bom leading-blank-line no-header-block empty
"""
_CODES = frozenset(_CODES_WORDS.split())
_CONTENT = re.compile(r"content-|mime-version\Z")
_TOKEN = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}\Z")
_PARAMETERS = ("format", "delsp", "method", "report-type", "protocol", "micalg", "smime-type")
_LOOKS_ENCODED = re.compile(r"(?m)^(begin(?:-base64)? [0-7]{3,4} )")
MOST_DEPTH = 50


def is_ambiguous(message: Message, cover: Cover | None = None) -> bool:
    """Whether clients may read the mail's structure differently, other than inside what is covered."""
    parts, defects = message.parts, message.defects
    if cover is not None and cover.signatures:
        parts = tuple(part for part in parts if not cover.spans(part))
        defects = tuple(one for one in defects if not cover.names(one.where))
    if any(part.reading for part in parts) or any(one.code in _CODES for one in defects):
        return True
    return any(_contradicts(part) for part in parts)


def _contradicts(part: Part) -> bool:
    names = [header.name for header in part.headers if header.name.startswith("content-")]
    if len(names) != len(set(names)):
        return True
    return part.encoding not in KNOWN


def reserialise(message: Message, newline: bytes) -> bytes:
    """Write the standard reading of a mail anew: fresh boundaries, one set of content fields a part.

    Where that reading shows no text at all, the texts of the other readings are taken instead.
    """
    seed = hashlib.sha256(message.raw).hexdigest()[:24]
    children: dict[int, list[int]] = {}
    standard = [
        index for index, part in enumerate(message.parts) if not part.reading and "!" not in part.path
    ]
    for index in standard:
        children.setdefault(message.parts[index].parent, []).append(index)
    writer = _Writer(message, children, seed, newline)
    if not any(_is_text(message, message.parts[index]) for index in standard):
        others = [i for i, part in enumerate(message.parts) if part.reading and _is_text(message, part)]
        if others:
            return writer.flat(others)
    return writer.entity(0, 0, fields=message.headers)


def _is_text(message: Message, part: Part) -> bool:
    return part.media_type in ("text/plain", "text/html") and (part.data is not None or part.end > part.start)


class _Writer:
    def __init__(self, message: Message, children: dict[int, list[int]], seed: str, newline: bytes) -> None:
        self.message = message
        self.children = children
        self.seed = seed
        self.newline = newline
        self.count = 0

    def fields(self, headers: tuple[Header, ...]) -> list[bytes]:
        written = []
        for header in headers:
            if _CONTENT.match(header.name) is None and re.fullmatch(r"[!-9;-~]{1,200}", header.name):
                value = " ".join(header.value.split())
                written.append(f"{header.name.title()}: {value}".encode("utf-8", "replace"))
        return [_folded(line, self.newline) for line in written]

    def boundary(self) -> str:
        self.count += 1
        return f"=_tocsin_{self.seed}_{self.count}"

    def flat(self, indices: list[int]) -> bytes:
        lines = [*self.fields(self.message.headers), b"MIME-Version: 1.0"]
        boundary = self.boundary()
        lines.append(f'Content-Type: multipart/mixed; boundary="{boundary}"'.encode())
        return self.container(lines, boundary, [self.entity(index, 1) for index in indices])

    def container(self, lines: list[bytes], boundary: str, entities: list[bytes]) -> bytes:
        nl = self.newline
        mark = b"--" + boundary.encode()
        body = b"".join(mark + nl + entity + nl for entity in entities)
        return nl.join(lines) + nl + nl + body + mark + b"--" + nl

    def entity(self, index: int, depth: int, fields: tuple[Header, ...] = ()) -> bytes:
        part = self.message.parts[index]
        nl = self.newline
        lines = self.fields(fields)
        if index == 0 or fields:
            lines.append(b"MIME-Version: 1.0")
        inner = self.children.get(index, []) if depth < MOST_DEPTH else []
        if part.media_type.startswith("multipart/") and inner:
            boundary = self.boundary()
            kind = part.media_type if _TOKEN.match(part.media_type) else "multipart/mixed"
            extra = "".join(
                f"; {name}={quoted(part.params[name])}" for name in _PARAMETERS if name in part.params
            )
            lines.append(f'Content-Type: {kind}{extra}; boundary="{boundary}"'.encode())
            return self.container(lines, boundary, [self.entity(child, depth + 1) for child in inner])
        if part.media_type in NESTED and inner:
            lines.append(b"Content-Type: message/rfc822")
            child = self.message.parts[inner[0]]
            return (
                nl.join(lines)
                + nl
                + nl
                + self.entity(inner[0], depth + 1, fields=child.headers or part.headers)
            )
        return self.leaf(part, lines)

    def leaf(self, part: Part, lines: list[bytes]) -> bytes:
        nl = self.newline
        kind = part.media_type if _TOKEN.match(part.media_type) else "application/octet-stream"
        if kind.startswith("multipart/") or kind in NESTED:
            kind = "text/plain" if kind.startswith("multipart/") else "application/octet-stream"
        if kind in ("message/partial", "message/external-body"):
            kind = "application/octet-stream"
        name = f"; name={quoted(part.filename)}" if part.filename else ""
        extra = "".join(f"; {key}={quoted(part.params[key])}" for key in _PARAMETERS if key in part.params)
        if part.content_id:
            lines.append(f"Content-ID: <{quoted(part.content_id)[1:-1]}>".encode())
        if part.disposition:
            # A disposition that nobody knows keeps no program from showing a text.
            shown = part.disposition == "inline" or (part.disposition != "attachment" and is_html(part))
            disposition = "inline" if shown else "attachment"
            file = f"; filename={quoted(part.filename)}" if part.filename else ""
            lines.append(f"Content-Disposition: {disposition}{file}".encode())
        if kind in ("text/plain", "text/html"):
            text = part_text(self.message, part)
            if kind == "text/plain":
                text = _LOOKS_ENCODED.sub(r" \1", text)
                if text.lstrip("\ufeff\ufffe \t\r\n\x00\x0b\x0c")[:1] == "<":
                    text = "[Tocsin: this part is plain text.]\n" + text
            lines.append(f"Content-Type: {kind}; charset=utf-8{name}{extra}".encode())
            lines.append(b"Content-Transfer-Encoding: quoted-printable")
            return nl.join(lines) + nl + nl + quoted_printable(text, nl)
        lines.append(f"Content-Type: {kind}{name}{extra}".encode())
        lines.append(b"Content-Transfer-Encoding: base64")
        return nl.join(lines) + nl + nl + base64_lines(part_bytes(self.message, part), nl)


def _folded(line: bytes, newline: bytes) -> bytes:
    """A field in lines of at most about 900 bytes, folded at blanks where there are any."""
    if len(line) < 900:
        return line
    pieces: list[bytes] = []
    current = b""
    for word in line.split(b" "):
        if current and len(current) + len(word) > 800:
            pieces.append(current)
            current = word
        else:
            current = current + b" " + word if current else word
    pieces.append(current)
    return (newline + b" ").join(pieces)
