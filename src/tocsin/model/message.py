"""A mail as it lies in its bytes: headers in order, parts as spans, defects instead of exceptions."""

from __future__ import annotations

import msgspec


class Defect(msgspec.Struct, frozen=True, gc=False):
    """Something wrong with the mail or with how far it could be read.

    `code` is a stable kebab-case id (docs/defects.md), `text` a sentence for people, `where` a part path
    ("1.2"), a header name, or "" for the mail as a whole.
    """

    code: str
    text: str
    where: str = ""


class Header(msgspec.Struct, frozen=True, gc=False):
    """One header field in its original order.

    `name` is lower-case; `value` is unfolded and stripped, not RFC 2047 decoded: raw 8-bit bytes are read as
    UTF-8 where valid, else as windows-1252 (undefined bytes as latin-1), so it never holds surrogates.
    `start`/`end` are byte offsets of the whole field in the bytes the part lies in.
    """

    name: str
    value: str
    start: int
    end: int


class Part(msgspec.Struct, frozen=True, gc=False):
    """One MIME entity, containers included: the standard reading in the order of the bytes, then the others.

    `path` is "" for the root of the mail, then "1", "1.2", …; a nested message/rfc822 part 2 has the message's
    own root at "2.0"; what was unpacked from part 2 is "2!body.html"; beyond 40 levels it is "~" and the index.
    `reading` is "" in the reading that standards give; otherwise the id of the ambiguity in which some client
    shows this part (docs/defects.md), e.g. "last-content-type".
    `start`/`end` is the span of the encoded body in the bytes of the mail; when the body does not lie there
    (unpacked from base64, uuencode, winmail.dat or RTF) `data` holds the decoded bytes and `start`/`end` point
    at the outer part that it came from.
    """

    path: str
    reading: str
    parent: int  # index of the container in Message.parts, -1 for the root
    headers: tuple[Header, ...]
    media_type: str  # lower-case "type/subtype", as this reading takes it
    params: dict[str, str]  # Content-Type parameters, names lower-case, RFC 2231 decoded
    encoding: str  # content-transfer-encoding as this reading takes it, lower-case; "" = 7bit
    disposition: str  # "inline", "attachment", other token, or ""
    filename: str
    content_id: str  # without angle brackets
    start: int
    end: int
    data: bytes | None = None


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What the transport said, where it is known (milter, mbox From line, Outlook properties)."""

    sender: str = ""
    recipients: tuple[str, ...] = ()


Bodies = dict[tuple[int, int, str], bytes]


class Message(msgspec.Struct, frozen=True):
    """A mail: its bytes as sent, and what the scanner found in them.

    `sha256` is of `raw`; `fingerprint` is the same for one mail that came by several transports (see
    `mail.identity`). `arrival_s` is Unix time (UTC) of the newest trustworthy stamp outside the mail (mbox From
    line, file of a Maildir, Outlook property), or None. `bodies` holds the texts that the scanner decoded, by
    (start, end, transfer encoding) of their parts, so that nobody decodes them again.
    """

    raw: bytes
    sha256: str
    fingerprint: str
    headers: tuple[Header, ...]
    parts: tuple[Part, ...]
    defects: tuple[Defect, ...]
    envelope: Envelope = Envelope()
    arrival_s: float | None = None
    headers_missing: bool = False  # a body saved without headers (bare .html)
    exercise: bool = (
        False  # carries the mark of an exercise; its header is hidden from every tuple of headers
    )
    bodies: Bodies = {}
