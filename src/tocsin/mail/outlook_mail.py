"""An Outlook item written as the mail that it was received as, as near as its properties allow.

Kept: the transport header, except the fields that describe the old MIME structure, which Outlook took
apart; bodies, HTML also out of RTF; attachments with name, type and Content-ID; enclosed mails as
message/rfc822. Without a transport header the fields that Outlook knows are written instead. A clear-signed
mail keeps its MIME structure in an attachment and gets it back unchanged. The same item always gives the
same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from tocsin.mail import outlook_item as mapi
from tocsin.mail.outlook_item import Attachment, Item, Properties, charset_of
from tocsin.mail.reminder import MEDIA_TYPE, NAME, reminder_calendar
from tocsin.mail.rtf import decompress_rtf, encapsulated

_STRUCTURE = (
    "content-type:",
    "content-transfer-encoding:",
    "mime-version:",
    "content-disposition:",
    "content-length:",
)
_FIELD = re.compile(r"[!-9;-~]+[ \t]*:")
_TOKEN = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+", re.IGNORECASE)
_DEEPEST = 20
_EOL = b"\r\n"
_FROM_ME, _UNSENT, _READ = 0x20, 0x08, 0x01
_TO, _CC, _BCC = 1, 2, 3


def rebuilt(item: Item, depth: int = 0) -> bytes:
    """The mail with CRLF line ends; enclosed items beyond a depth of 20 are left out."""
    header = _transport_header(item.properties) or _written_header(item)
    signed = _clear_signed(item)
    if signed:
        return header + b"MIME-Version: 1.0" + _EOL + signed
    return header + b"MIME-Version: 1.0" + _EOL + _body(item, depth)


def flags_of(properties: Properties) -> str:
    """Mailbox flags, letters of "SRPFD", "U" for none of them."""
    state = properties.integer(mapi.FLAGS)
    found = "D" if state & _UNSENT else ""
    found += "F" if properties.integer(mapi.FLAG_STATUS) == 2 else ""
    found += "R" if properties.integer(mapi.LAST_VERB) in (102, 103) else ""
    found += "P" if properties.integer(mapi.LAST_VERB) == 104 else ""
    found += "S" if state & _READ else ""
    return found or ("U" if properties.integer(mapi.FLAGS, -1) >= 0 else "")


def is_outgoing(properties: Properties) -> bool:
    """Whether Outlook notes that the owner of the mailbox sent it."""
    return bool(properties.integer(mapi.FLAGS) & _FROM_ME)


def _transport_header(properties: Properties) -> bytes:
    text = properties.text(mapi.TRANSPORT_HEADERS).replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    kept: list[str] = []
    dropping = True
    for line in text.split("\n"):
        if not line.strip():
            break
        if line[0] not in " \t":
            # "Microsoft Mail Internet Headers Version 2.0" comes first in some and is no field
            dropping = not _FIELD.match(line) or line.lower().startswith(_STRUCTURE)
        if not dropping:
            kept.append(line)
    return "".join(line + "\r\n" for line in kept).encode("utf-8", "replace")


def _written_header(item: Item) -> bytes:
    properties = item.properties
    lines = []
    moment = properties.time_s(mapi.SUBMIT_TIME) or properties.time_s(mapi.DELIVERY_TIME)
    if moment is not None:
        lines.append("Date: " + format_datetime(datetime.fromtimestamp(int(moment), UTC)))
    author = _mailbox(properties, 0x0042, 0x0064, 0x0065, 0x5D02)
    sender = _mailbox(properties, 0x0C1A, 0x0C1E, 0x0C1F, 0x5D01)
    if author or sender:
        lines.append(f"From: {author or sender}")
    if author and sender and author != sender:
        lines.append(f"Sender: {sender}")
    for kind, name, shown in (
        (_TO, "To", mapi.DISPLAY_TO),
        (_CC, "Cc", mapi.DISPLAY_CC),
        (_BCC, "Bcc", 0x0E02),
    ):
        people = [
            _mailbox(person, mapi.DISPLAY_NAME, mapi.ADDRESS_TYPE, mapi.ADDRESS, mapi.SMTP_ADDRESS)
            for person in item.recipients
            if person.integer(mapi.RECIPIENT_TYPE, _TO) & 0xF == kind
        ]
        listed = ",\r\n\t".join(person for person in people if person) or _one_line(properties.text(shown))
        if listed:
            lines.append(f"{name}: {listed}")
    lines.append("Subject: " + _subject(properties))
    for number, name in (
        (mapi.MESSAGE_ID, "Message-ID"),
        (mapi.IN_REPLY_TO, "In-Reply-To"),
        (mapi.REFERENCES, "References"),
    ):
        value = _one_line(properties.text(number))
        if value:
            lines.append(f"{name}: {value}")
    return "".join(line + "\r\n" for line in lines).encode("utf-8", "replace")


def _subject(properties: Properties) -> str:
    subject = properties.text(mapi.SUBJECT)
    if subject.startswith("\x01"):  # two characters that say how long the "Re: " is
        subject = subject[2:]
    return _one_line(subject)


def _mailbox(properties: Properties, name: int, kind: int, address: int, smtp: int) -> str:
    found = _one_line(properties.text(smtp))
    if "@" not in found:
        found = _one_line(properties.text(address))
        if properties.text(kind).upper() == "EX" or "@" not in found:
            found = ""  # an Exchange directory name is no address
    shown = _one_line(properties.text(name)).strip("'\"")
    if shown and shown != found:
        shown = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{shown} <{found}>" if found else shown
    return f"<{found}>" if found else ""


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _clear_signed(item: Item) -> bytes:
    """The signed MIME entity that Outlook keeps whole as the only attachment, b"" for other mails."""
    if len(item.attachments) != 1:
        return b""
    file = item.attachments[0]
    signed = file.properties.text(mapi.MEDIA_TYPE).lower() == "multipart/signed"
    if not signed and "multipartsigned" not in item.properties.text(mapi.CLASS).lower():
        return b""
    if file.data[:13].lower() == b"content-type:":
        return file.data
    boundary = re.search(rb"(?:\A|\n)--([^\r\n]{1,70})\r?\n", file.data)
    if boundary is None:
        return b""
    field = b'Content-Type: multipart/signed;\r\n\tboundary="' + boundary[1].rstrip() + b'"'
    return field + _EOL + _EOL + file.data


def _body(item: Item, depth: int) -> bytes:
    """The MIME entity: its header fields, a blank line, its content."""
    alternatives = _texts(item.properties)
    files = [_file(attachment, depth) for attachment in item.attachments]
    inside = [part for part, inline in files if inline and part]
    beside = [part for part, inline in files if not inline and part]
    content = alternatives[0] if len(alternatives) == 1 else _multipart("alternative", alternatives)
    if sound := reminder_calendar(item.properties.text(mapi.REMINDER_FILE)):
        beside.append(_leaf(MEDIA_TYPE, sound, [f'Content-Disposition: inline; filename="{NAME}"']))
    if inside:
        content = _multipart("related", [content, *inside])
    return _multipart("mixed", [content, *beside]) if beside else content


def _texts(properties: Properties) -> list[bytes]:
    plain = properties.text(mapi.BODY)
    found = []
    kind, html = properties.values.get(mapi.HTML, (0, b""))
    charset = charset_of(properties.integer(mapi.INTERNET_CODE_PAGE) or properties.code_page)
    if html and kind in (mapi.UNICODE, mapi.STRING8):
        html, charset = properties.text(mapi.HTML).encode("utf-8", "replace"), "utf-8"
    if not html and (packed := properties.binary(mapi.RTF)):
        rtf = decompress_rtf(packed)
        inner = encapsulated(rtf)
        if inner is None:
            if rtf:
                found.append(_leaf("text/rtf", rtf))
        elif inner.media_type == "text/html":
            html, charset = inner.text.encode("utf-8", "replace"), "utf-8"
        elif not plain:
            plain = inner.text
    if html:
        found.append(_leaf(f"text/html; charset={_mime_name(charset)}", html))
    if plain or not found:
        text = (
            plain.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode("utf-8", "replace")
        )
        found.insert(0, _leaf("text/plain; charset=utf-8", text))
    return found


def _mime_name(charset: str) -> str:
    if charset.startswith("cp125") or charset == "cp874":
        return "windows-" + charset[2:]
    return (
        charset.replace("iso8859-", "iso-8859-")
        .replace("_", "-")
        .replace("latin-1", "iso-8859-1")
        .replace("ascii", "us-ascii")
    )


def _file(attachment: Attachment, depth: int) -> tuple[bytes, bool]:
    """The part for an attachment, and whether the body shows it (it has a Content-ID or a place, and
    Outlook draws it)."""
    properties = attachment.properties
    name = _one_line(
        properties.text(mapi.LONG_NAME)
        or properties.text(mapi.SHORT_NAME)
        or properties.text(mapi.DISPLAY_NAME)
    )
    disposition = "attachment"
    if name.isascii() and name:
        disposition += '; filename="' + re.sub(r'[^ -~]|["\\]', "_", name) + '"'
    elif name:
        disposition += "; filename*=utf-8''" + quote(name, safe="")
    if attachment.item is not None:
        if depth >= _DEEPEST:
            return b"", False
        head = f"Content-Type: message/rfc822\r\nContent-Disposition: {disposition}\r\n\r\n"
        return head.encode() + rebuilt(attachment.item, depth + 1), False
    media_type = properties.text(mapi.MEDIA_TYPE)
    media_type = media_type.lower() if _TOKEN.fullmatch(media_type) else "application/octet-stream"
    if media_type.startswith("multipart/"):
        media_type = "application/octet-stream"
    fields = [f"Content-Disposition: {disposition}"]
    identifier = _one_line(properties.text(mapi.CONTENT_ID)).strip("<>")
    location = _one_line(properties.text(mapi.CONTENT_LOCATION))
    if identifier:
        fields.append(f"Content-ID: <{identifier}>")
    if location:
        fields.append(f"Content-Location: {location}")
    shown = bool(identifier or location) and bool(
        properties.integer(mapi.HIDDEN)
        or properties.integer(mapi.RENDERING) & 4
        or media_type.startswith("image/")
    )
    if shown:
        fields[0] = fields[0].replace("attachment", "inline", 1)
    return _leaf(media_type, attachment.data, fields), shown


def _leaf(media_type: str, data: bytes, fields: Sequence[str] = ()) -> bytes:
    whole = media_type.startswith("message/")  # RFC 2046 section 5.2.1: never base64
    encoding = "8bit" if whole else "base64"
    head = [f"Content-Type: {media_type}", f"Content-Transfer-Encoding: {encoding}", *fields]
    text = "".join(field + "\r\n" for field in head).encode("utf-8", "replace")
    return text + _EOL + (data if whole else base64.encodebytes(data).replace(b"\n", _EOL))


def _multipart(kind: str, parts: Sequence[bytes]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    boundary = b"=_" + kind.encode("ascii") + b"_" + digest.hexdigest()[:32].encode("ascii")
    extra = (
        b'; type="multipart/alternative"'
        if kind == "related" and b"multipart/alternative" in parts[0][:60]
        else b""
    )
    pieces = [
        b"Content-Type: multipart/" + kind.encode("ascii") + extra + b';\r\n\tboundary="' + boundary + b'"',
        _EOL,
    ]
    for part in parts:
        pieces += [_EOL + b"--" + boundary + _EOL, part.removesuffix(_EOL)]
    pieces.append(_EOL + b"--" + boundary + b"--" + _EOL)
    return b"".join(pieces)
