"""Excel's binary workbook: external workbooks, web queries and formulas; hyperlinks are monikers.

Source: MS-XLS 2.1.4 (records), 2.4.117 (FilePass), 2.4.271 (SupBook), 2.5.277 (VirtualPath).
"""

from __future__ import annotations

import re
import struct

from tocsin.mail.charsets import windows_1252
from tocsin.observe.files.office_findings import ENCRYPTED, EXCEL_ASKED, MACROS, SHEET_ASKED, Findings

_FILEPASS, _SUPBOOK, _BOUNDSHEET, _NAME, _FORMULA = 0x2F, 0x1AE, 0x85, 0x18, 0x06
# DConName, DConRef, ParamQry/SxExt, SxString, DConn, DBQueryExt and web settings: addresses stand in them as text.
_CONNECTIONS = frozenset({0x51, 0x52, 0xDC, 0xCD, 0x876, 0x802, 0x803, 0x804, 0x1AD})
_FETCHING = (b"WEBSERVICE", "WEBSERVICE".encode("utf-16-le"))
_HTTP = re.compile(rb"(?:https?|ftp)://[!-~]{3,2000}|\\\\[!-~]{3,300}")
_WIDE_HTTP = re.compile(
    rb"(?:(?:h\x00t\x00t\x00p\x00(?:s\x00)?|f\x00t\x00p\x00):\x00/\x00/\x00|\\\x00\\\x00)(?:[!-~]\x00){3,2000}"
)
MAX_RECORDS = 2_000_000


def read_workbook(data: bytes, findings: Findings) -> None:
    """Read the records of a workbook stream; what follows a password record is encrypted."""
    fetches = any(name in data for name in _FETCHING)
    at = 0
    for _ in range(MAX_RECORDS):
        if at + 4 > len(data):
            break
        kind, length = struct.unpack_from("<HH", data, at)
        if kind == 0 and length == 0:
            break
        body = data[at + 4 : at + 4 + length]
        at += 4 + length
        if kind == _FILEPASS:
            findings.troubles[ENCRYPTED] = None
            return
        if kind == _SUPBOOK:
            _supbook(body, findings)
        elif kind == _BOUNDSHEET and len(body) > 5 and body[5] in (1, 6):  # a macro sheet, a VBA module
            findings.troubles[MACROS] = None
        elif kind in _CONNECTIONS:
            _addresses(body, "connection", findings)
        elif fetches and kind in (_FORMULA, _NAME):
            _addresses(body, "WEBSERVICE formula", findings)


def _supbook(body: bytes, findings: Findings) -> None:
    if len(body) < 5:
        return
    (length,) = struct.unpack_from("<H", body, 2)
    if not 0 < length <= 0xFF:
        return
    wide = body[4] & 1
    raw = body[5 : 5 + length * (2 if wide else 1)]
    path = raw.decode("utf-16-le", "replace") if wide else windows_1252(raw)
    if not path.startswith("\x01"):  # a program and its topic (DDE, OLE), or a file beside this one
        findings.inside(path.replace("\x03", " "), "DDE link", EXCEL_ASKED, tag="SupBook")
        findings.target(path.replace("\x03", " "), "external workbook", EXCEL_ASKED, tag="SupBook")
        return
    if path.startswith("\x01\x01@"):
        path = "\\\\" + path[3:]
    elif path.startswith("\x01\x05"):
        path = path[3:]
    path = path.lstrip("\x01").replace("\x03", "\\").replace("[", "", 1).partition("]")[0]
    findings.target(path, "external workbook", EXCEL_ASKED, tag="SupBook")


def _addresses(body: bytes, carrier: str, findings: Findings) -> None:
    way = SHEET_ASKED if carrier.endswith("formula") else EXCEL_ASKED
    for match in _HTTP.finditer(body):
        findings.inside(match[0].decode("ascii"), carrier, way, tag="record")
    for match in _WIDE_HTTP.finditer(body):
        findings.inside(match[0].decode("utf-16-le"), carrier, way, tag="record")
