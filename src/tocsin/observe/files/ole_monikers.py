r"""Addresses in binary Office data: monikers, linked pictures of drawings, embedded packages.

Source: MS-OSHARED 2.3.7 (hyperlinks and monikers), MS-ODRAW 2.2.9 and 2.3.23 (properties of shapes and
pictures), MS-OLEDS 2.2 and 2.3 (OLE 1.0 objects, native streams).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from tocsin.mail.charsets import windows_1252
from tocsin.observe.files.office_findings import OPENED, Findings, Way

MAX_MONIKERS = 5_000
MAX_URL = 8_192  # bytes

_URL_MONIKER = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")
_FILE_MONIKER = bytes.fromhex("0303000000000000c000000000000046")
_MONIKER = re.compile(re.escape(_URL_MONIKER) + b"|" + re.escape(_FILE_MONIKER))
_PICTURE_NAME, _PICTURE_FLAGS = 0x0105, 0x0106
_LINKED = 0x02 | 0x04 | 0x08  # the name is a URL, the picture is not saved, it is linked
_OPTIONS = re.compile(rb"[\x00-\xff][\x00-\x3f](?:\x0b\xf0|[\x21\x22]\xf1)", re.DOTALL)


def monikers(data: bytes) -> Iterator[str]:
    """Give what URL and file monikers anywhere in the data name."""
    for count, match in enumerate(_MONIKER.finditer(data)):
        if count == MAX_MONIKERS:
            return
        at = match.end()
        found = _url(data, at) if match[0] == _URL_MONIKER else _file(data, at)
        if found:
            yield found


def _url(data: bytes, at: int) -> str:
    """A URL moniker (2.3.7.6): length in bytes, UTF-16 with a closing zero, perhaps more after it."""
    if at + 4 > len(data):
        return ""
    (length,) = struct.unpack_from("<I", data, at)
    raw = data[at + 4 : at + 4 + min(length, MAX_URL)]
    return raw[: len(raw) & ~1].decode("utf-16-le", "replace").partition("\x00")[0]


def _file(data: bytes, at: int) -> str:
    """A file moniker (2.3.7.8): an ANSI path, then perhaps the same in UTF-16, which counts."""
    if at + 6 > len(data):
        return ""
    (length,) = struct.unpack_from("<I", data, at + 2)
    if length > MAX_URL:
        return ""
    path = windows_1252(data[at + 6 : at + 6 + length]).partition("\x00")[0]
    at += 6 + length + 24
    if at + 10 <= len(data):
        size, wide = struct.unpack_from("<II", data, at)
        if size and 0 < wide <= MAX_URL:
            raw = data[at + 10 : at + 10 + (wide & ~1)]
            path = raw.decode("utf-16-le", "replace").partition("\x00")[0] or path
    return path


def linked_pictures(data: bytes) -> Iterator[str]:
    """Give the names of pictures that drawings link instead of holding them (pibName with pibFlags)."""
    for count, match in enumerate(_OPTIONS.finditer(data)):
        if count == MAX_MONIKERS:
            return
        if match.start() + 8 > len(data):
            return
        head, _, length = struct.unpack_from("<HHI", data, match.start())
        number = head >> 4
        start = match.start() + 8
        if head & 0x0F != 3 or not number or number * 6 > length or start + number * 6 > len(data):
            continue
        at = start + number * 6
        name, flags = "", 0
        for index in range(number):
            identifier, value = struct.unpack_from("<HI", data, start + index * 6)
            if identifier & 0x3FFF == _PICTURE_FLAGS:
                flags = value
            if identifier & 0x8000:
                if identifier & 0x3FFF == _PICTURE_NAME and value <= MAX_URL:
                    name = data[at : at + (value & ~1)].decode("utf-16-le", "replace").partition("\x00")[0]
                at += value
        if name and flags & _LINKED:
            yield name


def read_old_object(data: bytes, findings: Findings, way: Way = OPENED) -> bytes:
    """Read an OLE 1.0 object (MS-OLEDS 2.2.4, 2.2.5): keep the file that it links; give what it embeds, or b""."""
    if len(data) < 12:
        return b""
    _, kind = struct.unpack_from("<II", data)
    if kind not in (1, 2):
        return b""
    at = 8
    texts: list[str] = []
    for _ in range(3):  # class, topic (the file), item
        if at + 4 > len(data):
            return b""
        (length,) = struct.unpack_from("<I", data, at)
        if length > MAX_URL:
            return b""
        texts.append(windows_1252(data[at + 4 : at + 4 + length]).partition("\x00")[0])
        at += 4 + length
    if kind == 1:
        findings.target(texts[1], "linked object", way, tag="object", attribute=texts[0][:60])
        return b""
    if at + 4 > len(data):
        return b""
    (length,) = struct.unpack_from("<I", data, at)
    embedded = data[at + 4 : at + 4 + length]
    if texts[0].lower() == "package":
        read_package_object(embedded, findings)
        return b""
    return embedded


def read_package_object(data: bytes, findings: Findings) -> None:
    """Read a file that Windows' packager put into a document: label, path, then the file (or a link to it)."""
    at = 2
    texts: list[str] = []
    for _ in range(2):
        end = data.find(b"\x00", at, at + MAX_URL)
        if end < 0:
            return
        texts.append(windows_1252(data[at:end]))
        at = end + 1
    if at + 8 > len(data):
        return
    _, link, length = struct.unpack_from("<HHI", data, at)
    at += 8
    if length > MAX_URL or at + length + 4 > len(data):
        return
    path = windows_1252(data[at : at + length]).partition("\x00")[0]
    at += length
    (size,) = struct.unpack_from("<I", data, at)
    name = texts[0] or texts[1].replace("\\", "/").rpartition("/")[2]
    if link == 1:  # shown as a link: no data follow
        findings.target(path or texts[1], "linked object", Way("click"), tag="object", attribute="Package")
        return
    content = data[at + 4 : at + 4 + size]
    findings.allowance.take_bytes(len(content))
    findings.member(name, content)
