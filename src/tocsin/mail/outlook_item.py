"""What Outlook keeps of a mail, in .msg and .pst alike: properties by number, recipients, attachments.

Source: MS-OXPROPS (property numbers), MS-OXCMSG (messages and attachments), MS-OXCDATA 2.11.1 (types).
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Mapping

import msgspec

SUBJECT = 0x0037
CLASS = 0x001A
TRANSPORT_HEADERS = 0x007D
SUBMIT_TIME, DELIVERY_TIME = 0x0039, 0x0E06
BODY, HTML, RTF = 0x1000, 0x1013, 0x1009
MESSAGE_ID, IN_REPLY_TO, REFERENCES = 0x1035, 0x1042, 0x1039
DISPLAY_CC, DISPLAY_TO = 0x0E03, 0x0E04
FLAGS, FLAG_STATUS, LAST_VERB = 0x0E07, 0x1090, 0x1081
INTERNET_CODE_PAGE, MESSAGE_CODE_PAGE = 0x3FDE, 0x3FFD
RECIPIENT_TYPE, DISPLAY_NAME, ADDRESS_TYPE, ADDRESS, SMTP_ADDRESS = 0x0C15, 0x3001, 0x3002, 0x3003, 0x39FE
DATA, METHOD, LONG_NAME, SHORT_NAME, MEDIA_TYPE = 0x3701, 0x3705, 0x3707, 0x3704, 0x370E
CONTENT_ID, CONTENT_LOCATION, HIDDEN, RENDERING = 0x3712, 0x3713, 0x7FFE, 0x3714
REMINDER_FILE = 0x1851F  # a named property: its number differs from file to file (mail.reminder)
STRING8, UNICODE, BINARY, INTEGER, BOOLEAN, TIME = 0x1E, 0x1F, 0x102, 0x3, 0xB, 0x40
_EPOCH_DIFFERENCE_S = 11_644_473_600  # from 1601 to 1970
_PAGES = {65001: "utf-8", 20127: "ascii", 28591: "latin-1", 28605: "iso8859-15", 20866: "koi8-r",
          21866: "koi8-u", 50220: "iso2022_jp", 50221: "iso2022_jp", 51932: "euc_jp", 936: "gb18030",
          54936: "gb18030", 51949: "euc_kr", 1200: "utf-16-le", 10000: "mac-roman"}  # fmt: skip


class Properties(msgspec.Struct, frozen=True):
    """Properties of one object: number to (type, bytes as stored); strings of the old type need
    `code_page`."""

    values: Mapping[int, tuple[int, bytes]]
    code_page: int = 1252

    def binary(self, number: int) -> bytes:
        """The bytes as stored, b"" where missing."""
        return self.values.get(number, (0, b""))[1]

    def text(self, number: int) -> str:
        """A string without closing zeros, "" where missing; undecodable bytes become U+FFFD."""
        kind, data = self.values.get(number, (0, b""))
        if kind == UNICODE:
            found = data.decode("utf-16-le", "replace")
        elif kind in (STRING8, BINARY):
            try:
                found = data.decode(charset_of(self.code_page))
            except UnicodeDecodeError:
                found = data.decode("cp1252", "replace")
        else:
            return ""
        return found.split("\x00", 1)[0] if number != BODY else found.rstrip("\x00")

    def integer(self, number: int, default: int = 0) -> int:
        """An integer or boolean."""
        kind, data = self.values.get(number, (0, b""))
        if kind not in (INTEGER, BOOLEAN) or not data:
            return default
        return int.from_bytes(data[:4], "little", signed=kind == INTEGER)

    def time_s(self, number: int) -> float | None:
        """A time in seconds since 1970 UTC."""
        kind, data = self.values.get(number, (0, b""))
        if kind != TIME or len(data) < 8:
            return None
        seconds = struct.unpack("<Q", data[:8])[0] / 10_000_000 - _EPOCH_DIFFERENCE_S
        return seconds if 0 < seconds < 4_102_444_800 else None  # until 2100: beyond is "never", or damage


class Attachment(msgspec.Struct, frozen=True):
    """A file, or an enclosed item."""

    properties: Properties
    data: bytes = b""
    item: Item | None = None


class Item(msgspec.Struct, frozen=True):
    """A mail, or whatever else lies in a mailbox: appointments, contacts, notes."""

    properties: Properties
    recipients: tuple[Properties, ...] = ()
    attachments: tuple[Attachment, ...] = ()


def charset_of(code_page: int) -> str:
    """Python's name for a Windows code page; windows-1252 where there is none."""
    if code_page in _PAGES:
        return _PAGES[code_page]
    name = f"cp{code_page}"
    try:
        codecs.lookup(name)
    except LookupError:
        name = f"iso8859-{code_page - 28590}" if 28592 <= code_page <= 28603 else "cp1252"
    return name


def is_mail(properties: Properties) -> bool:
    """Whether an item is a mail, by its class: notes, posts, reports, meeting requests; not appointments or
    contacts."""
    name = properties.text(CLASS).lower()
    return not name or name.startswith(
        ("ipm.note", "ipm.post", "report.", "ipm.schedule", "ipm.outlook", "ipm.infopath")
    )


def is_entry(properties: Properties) -> bool:
    """Whether an item is an appointment or task: Outlook acts on the reminder of one as on that of a mail."""
    return properties.text(CLASS).lower().startswith(("ipm.appointment", "ipm.task", "ipm.activity"))
