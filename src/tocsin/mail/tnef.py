"""TNEF (winmail.dat): what Outlook packs beside a mail, by MS-OXTNEF; damage only ends the reading."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from tocsin.mail.charsets import decode_text
from tocsin.mail.reminder import COMMON_SET, MEDIA_TYPE, NAME, REMINDER_FILE, reminder_calendar
from tocsin.mail.rtf import decompress_rtf, encapsulated

SIGNATURE = b"\x78\x9f\x3e\x22"
_MESSAGE_PROPERTIES, _ATTACHMENT_PROPERTIES = 0x9003, 0x9005
_ATTACHMENT_START, _ATTACHMENT_TITLE, _ATTACHMENT_DATA = 0x9002, 0x8010, 0x800F
_BODY_TEXT, _CODE_PAGE = 0x800C, 0x9007
_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
_OBJECT, _STRING, _UNICODE, _BINARY = 13, 30, 31, 258
_PR_BODY, _PR_RTF, _PR_HTML, _PR_CODE_PAGE = 0x1000, 0x1009, 0x1013, 0x3FDE
_PR_DATA, _PR_NAME, _PR_LONG_NAME, _PR_TYPE, _PR_CONTENT_ID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712
_NAMED_REMINDER = 0x10000 | REMINDER_FILE  # beyond the numbers that a stream can give
_MOST_ITEMS = 2_000
_DEEPEST = 8


class Item(msgspec.Struct, frozen=True):
    """One thing unpacked: `name` is "body.html", "body.txt", "body.rtf", "reminder.ics" (`mail.reminder`) or an
    attachment's file name.
    """

    name: str
    media_type: str
    data: bytes
    charset: str = ""
    attachment: bool = False
    content_id: str = ""


class _Attachment(msgspec.Struct):
    name: str = ""
    media_type: str = ""
    data: bytes = b""
    content_id: str = ""
    message: bool = False


def unpack_tnef(data: bytes, depth: int = 0) -> list[Item]:
    """Bodies and attachments of a TNEF stream, those of enclosed messages too; [] where it is none."""
    if not data.startswith(SIGNATURE):
        return []
    charset = "windows-1252"
    items: list[Item] = []
    attachments: list[_Attachment] = []
    for level, attribute, value in _attributes(data):
        if attribute == _CODE_PAGE and len(value) >= 4:
            charset = _charset(struct.unpack_from("<I", value)[0])
        elif attribute == _BODY_TEXT:
            items.append(Item("body.txt", "text/plain", value.rstrip(b"\x00"), charset))
        elif attribute == _MESSAGE_PROPERTIES and level == 1:
            items.extend(_bodies(dict(_properties(value)), charset))
        elif attribute == _ATTACHMENT_START:
            attachments.append(_Attachment())
        elif attachments:
            _fill(attachments[-1], attribute, value, charset)
        if len(items) + len(attachments) > _MOST_ITEMS:
            break
    for attachment in attachments:
        inner = attachment.data[16:] if attachment.message else attachment.data
        if inner.startswith(SIGNATURE) and depth < _DEEPEST:
            items.extend(unpack_tnef(inner, depth + 1))
        elif attachment.data:
            media_type = attachment.media_type or "application/octet-stream"
            items.append(
                Item(attachment.name or "attachment", media_type, inner, "", True, attachment.content_id)
            )
    return items[:_MOST_ITEMS]


def _attributes(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    position = 6
    while position + 9 <= len(data):
        level, attribute, _, size = struct.unpack_from("<BHHI", data, position)
        position += 9
        if level not in (1, 2):
            return
        yield level, attribute, data[position : position + size]
        position += size + 2


def _bodies(properties: dict[int, bytes], charset: str) -> Iterator[Item]:
    page = properties.get(_PR_CODE_PAGE, b"")
    if len(page) >= 4:
        charset = _charset(struct.unpack_from("<I", page)[0])
    if html := properties.get(_PR_HTML, b"").rstrip(b"\x00"):
        yield Item("body.html", "text/html", html, charset)
    if text := properties.get(_PR_BODY):
        yield Item("body.txt", "text/plain", text, "utf-8")
    if packed := properties.get(_PR_RTF):
        rtf = decompress_rtf(packed)
        inside = encapsulated(rtf)
        if inside is not None and inside.media_type == "text/html":
            yield Item("body.rtf.html", "text/html", inside.text.encode("utf-8", "replace"), "utf-8")
        elif inside is not None:
            yield Item("body.rtf.txt", "text/plain", inside.text.encode("utf-8", "replace"), "utf-8")
        elif rtf:
            yield Item("body.rtf", "application/rtf", rtf)
    if sound := reminder_calendar(properties.get(_NAMED_REMINDER, b"").decode("utf-8", "replace")):
        yield Item(NAME, MEDIA_TYPE, sound, "utf-8")


def _fill(attachment: _Attachment, attribute: int, value: bytes, charset: str) -> None:
    if attribute == _ATTACHMENT_TITLE:
        attachment.name = attachment.name or decode_text(value.rstrip(b"\x00"), charset)
    elif attribute == _ATTACHMENT_DATA:
        attachment.data = value
    elif attribute == _ATTACHMENT_PROPERTIES:
        properties = dict(_properties(value))
        name = properties.get(_PR_LONG_NAME) or properties.get(_PR_NAME)
        if name:
            attachment.name = name.decode("utf-8", "replace")
        attachment.media_type = properties.get(_PR_TYPE, b"").decode("utf-8", "replace").lower()
        attachment.content_id = properties.get(_PR_CONTENT_ID, b"").decode("utf-8", "replace").strip("<> ")
        if _PR_DATA in properties:
            attachment.data = properties[_PR_DATA]
            attachment.message = attachment.data[16:20] == SIGNATURE


def _properties(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(id, first value) of each MAPI property (MS-OXTNEF 2.1.3.4), strings as UTF-8 without closing zero."""
    if len(data) < 4:
        return
    (count,) = struct.unpack_from("<I", data)
    position, size = 4, len(data)
    for _ in range(min(count, 100_000)):
        if position + 4 > size:
            return
        kind, number = struct.unpack_from("<HH", data, position)
        position += 4
        if number >= 0x8000:
            if position + 24 > size:
                return
            by_name, length = struct.unpack_from("<II", data, position + 16)
            if length == REMINDER_FILE and not by_name and data[position : position + 16] == COMMON_SET:
                number = _NAMED_REMINDER
            position += 24 + (_padded(length) if by_name else 0)
        values = 1
        base = kind & 0xEFFF
        if kind & 0x1000 or base in (_OBJECT, _STRING, _UNICODE, _BINARY):
            if position + 4 > size:
                return
            (values,) = struct.unpack_from("<I", data, position)
            position += 4
        for index in range(values):
            if position >= size:
                return
            if base in _SIZES:
                value = data[position : position + _SIZES[base]]
                position += _SIZES[base]
            elif base in (_OBJECT, _STRING, _UNICODE, _BINARY) and position + 4 <= size:
                (length,) = struct.unpack_from("<I", data, position)
                value = data[position + 4 : position + 4 + length]
                position += 4 + _padded(length)
            else:
                return
            if index == 0:
                yield number, _as_utf8(base, number, value)


def _as_utf8(base: int, number: int, value: bytes) -> bytes:
    if base == _UNICODE:
        return decode_text(value, "utf-16-le").rstrip("\x00").encode("utf-8", "replace")
    if base == _STRING and number != _PR_HTML:
        return decode_text(value.rstrip(b"\x00"), "").encode("utf-8", "replace")
    return value


def _padded(length: int) -> int:
    return (length + 3) & ~3


def _charset(page: int) -> str:
    special = {
        932: "cp932",
        936: "gbk",
        949: "cp949",
        950: "big5",
        65001: "utf-8",
        28591: "iso-8859-1",
        20127: "us-ascii",
    }
    return special.get(page, f"windows-{page}")
