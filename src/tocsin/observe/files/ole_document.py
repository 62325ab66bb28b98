r"""Compound files (.doc, .xls, .ppt and objects in other documents): fields, hyperlinks, links and templates.

The text of a .doc is put together from its piece table; where that is damaged, the whole stream is searched,
as bytes and as UTF-16. Monikers and linked pictures are searched for in every stream.
Source: MS-CFB, MS-DOC, MS-OLEDS 2.3.3; workbooks and slides have modules of their own.
"""

from __future__ import annotations

import re
import struct

from tocsin.mail.charsets import windows_1252
from tocsin.observe.files import outlook_item
from tocsin.observe.files.biff import read_workbook
from tocsin.observe.files.office_findings import (
    CLICKED,
    ENCRYPTED,
    MACROS,
    OPENED,
    TOO_LARGE,
    UNREADABLE,
    WORD,
    Findings,
    Way,
)
from tocsin.observe.files.ole_monikers import linked_pictures, monikers, read_package_object
from tocsin.observe.files.slide_records import read_slides
from tocsin.observe.files.word_fields import FieldReader

MAX_STREAMS = 2_000
MAX_PIECES = 100_000
MAX_TEXT = 16 << 20  # bytes
SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SMALLEST = 1_536  # olefile takes shorter bytes for the name of a file
# What olefile and struct raise on damage; olefile walks its directory tree by recursion.
_DAMAGE = (
    *(OSError, struct.error, ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError),
    *(ArithmeticError, MemoryError),  # sectors of 2 to the power of 63 bytes
)
_FIELD_PARTS = re.compile("[\x13\x14\x15]|[^\x13\x14\x15]+")
_OF_HYPERLINKS = frozenset(
    {"worddocument", "data", "0table", "1table", "workbook", "book", "powerpoint document", "pictures"}
    | {"\x05summaryinformation", "\x05documentsummaryinformation"}
)
_TEMPLATE_OFFSET, _PIECES_OFFSET = 0x19A, 0x1A2  # in the FIB: SttbfAssoc and Clx


def read_compound(data: bytes, findings: Findings) -> None:
    """Read a compound file, whatever program made it."""
    streams = _streams(data, findings)
    if streams is None:
        findings.troubles[UNREADABLE] = None
        search_anywhere(data, findings, OPENED)
        return
    if outlook_item.MARK in streams:
        outlook_item.read_item(streams, findings)
        return
    names = {name.rpartition("/")[2].lower(): name for name in streams}
    if "encryptedpackage" in names or "encryptioninfo" in names:
        findings.troubles[ENCRYPTED] = None
    if "_vba_project" in names or any("vba/" in name.lower() for name in streams):
        findings.troubles[MACROS] = None
    for name, stream in streams.items():
        _stream(name, stream, streams, findings)


def _streams(data: bytes, findings: Findings) -> dict[str, bytes] | None:
    """All streams by their path, as far as the allowance goes; None where it is no compound file."""
    import olefile

    streams: dict[str, bytes] = {}
    try:
        with olefile.OleFileIO(data.ljust(_SMALLEST, b"\x00")) as file:
            for path in file.listdir(streams=True, storages=False)[:MAX_STREAMS]:
                name = "/".join(path)
                try:
                    stream = file.openstream(path).read()
                except _DAMAGE:
                    findings.troubles[UNREADABLE] = None
                    continue
                if len(stream) > findings.allowance.bytes_left:
                    findings.troubles[TOO_LARGE] = None
                    stream = stream[: findings.allowance.bytes_left]
                findings.allowance.take_bytes(len(stream))
                streams[name] = stream
    except _DAMAGE:
        return None
    return streams


def _stream(name: str, stream: bytes, streams: dict[str, bytes], findings: Findings) -> None:
    last = name.rpartition("/")[2].lower()
    if last == "\x01ole10native":
        read_package_object(stream[4:], findings)
    elif last == "worddocument":
        _document(name, stream, streams, findings)
    elif last in ("workbook", "book"):
        read_workbook(stream, findings)
    elif last == "powerpoint document":
        read_slides(stream, findings)
    elif last in ("package", "contents") or stream.startswith((b"PK\x03\x04", b"%PDF-")):
        findings.member(name.replace("\x01", "")[-100:], stream)
        return
    search_anywhere(stream, findings, CLICKED if last in _OF_HYPERLINKS else OPENED)


def search_anywhere(data: bytes, findings: Findings, way: Way) -> None:
    """Keep what monikers and drawings name: hyperlinks are clicked, linked objects and pictures fetched."""
    carrier = "hyperlink" if way is CLICKED else "linked object"
    for url in monikers(data):
        findings.target(url, carrier, way, tag="moniker")
    for url in linked_pictures(data):
        findings.target(url, "linked picture", OPENED, tag="pibName")


def _document(name: str, stream: bytes, streams: dict[str, bytes], findings: Findings) -> None:
    """The fields and the template of a .doc (MS-DOC 2.5.1, 2.5.6, 2.8.35)."""
    if len(stream) < 0x1AA:
        return
    (flags,) = struct.unpack_from("<H", stream, 0x0A)
    if flags & 0x0100:
        findings.troubles[ENCRYPTED] = None
        return
    folder = name.rpartition("/")[0]
    table = streams.get(f"{folder}/{'1Table' if flags & 0x0200 else '0Table'}".lstrip("/"), b"")
    for text in _texts(stream, table):
        _fields(text, findings)
    offset, size = struct.unpack_from("<II", stream, _TEMPLATE_OFFSET)
    strings = table[offset : offset + min(size, 1 << 16)]
    if strings[:2] == b"\xff\xff" and len(strings) >= 6:
        at = 6
        for index in range(min(struct.unpack_from("<H", strings, 2)[0], 20)):
            if at + 2 > len(strings):
                break
            (length,) = struct.unpack_from("<H", strings, at)
            if index == 1:
                template = strings[at + 2 : at + 2 + 2 * length].decode("utf-16-le", "replace")
                findings.target(template, "attachedTemplate", WORD, tag="SttbfAssoc")
            at += 2 + 2 * length


def _texts(stream: bytes, table: bytes) -> list[str]:
    """The text by the piece table, else all of the stream read in both ways."""
    offset, size = struct.unpack_from("<II", stream, _PIECES_OFFSET)
    clx = table[offset : offset + size]
    at = 0
    while at + 3 <= len(clx) and clx[at] == 1:
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    text = ""
    if at + 5 <= len(clx) and clx[at] == 2:
        pieces = clx[at + 5 : at + 5 + struct.unpack_from("<I", clx, at + 1)[0]]
        text = _pieced(stream, pieces)
    if "\x13" in text:
        return [text]
    if b"\x13" not in stream:
        return []
    body = stream[:MAX_TEXT]
    return [windows_1252(body), body[: len(body) & ~1].decode("utf-16-le", "replace")]


def _pieced(stream: bytes, pieces: bytes) -> str:
    """The text that a PlcPcd puts together (MS-DOC 2.8.35, 2.9.73), at most `MAX_TEXT` bytes of it."""
    count = min((len(pieces) - 4) // 12, MAX_PIECES)
    if count < 1:
        return ""
    places = struct.unpack_from(f"<{count + 1}I", pieces)
    found: list[str] = []
    left = MAX_TEXT
    for index in range(count):
        length = places[index + 1] - places[index]
        (offset,) = struct.unpack_from("<I", pieces, 4 * (count + 1) + 8 * index + 2)
        if length <= 0 or left <= 0:
            continue
        if offset & 0x40000000:
            start = (offset & 0x3FFFFFFF) // 2
            piece = windows_1252(stream[start : start + min(length, left)])
        else:
            piece = stream[offset : offset + 2 * min(length, left)].decode("utf-16-le", "replace")
        left -= 2 * len(piece)
        found.append(piece)
    return "".join(found)


def _fields(text: str, findings: Findings) -> None:
    """Fields in running text: 0x13 begins one, 0x14 ends its code, 0x15 ends it."""
    start = text.find("\x13")
    if start < 0:
        return
    fields = FieldReader(findings)
    for match in _FIELD_PARTS.finditer(text, start):
        part = match[0]
        if part == "\x13":
            fields.begin()
        elif part == "\x14":
            fields.separate()
        elif part == "\x15":
            fields.end()
        else:
            fields.text(part)
    fields.close()
