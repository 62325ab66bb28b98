"""An Outlook item (.msg) as an attached file: its bodies, its files and its reminder, items in it included.

Source: MS-OXMSG 2.2 (storages and streams), MS-OXPROPS (property numbers).
"""

from __future__ import annotations

from collections.abc import Mapping

from tocsin.mail import reminder
from tocsin.mail.charsets import decode_text
from tocsin.mail.rtf import decompress_rtf, encapsulated
from tocsin.observe.files.office_findings import CLICKED, Findings

MARK = "__properties_version1.0"
MAX_MEMBERS = 200
_HTML, _RTF, _DATA, _LONG_PATH = "1013", "1009", "3701", "370D"
_NAMES = ("3707", "3704", "3001")
_NAMED = "__nameid_version1.0/__substg1.0_000{}0102"


def read_item(streams: Mapping[str, bytes], findings: Findings) -> None:
    """Hand on what an item holds; files that it only names (attached by reference) are fetched on a click."""
    number = reminder.number_of_reminder(
        streams.get(_NAMED.format(2), b""), streams.get(_NAMED.format(3), b"")
    )
    for path, stream in streams.items():
        folder, _, last = path.rpartition("/")
        if not last.startswith("__substg1.0_") or folder.startswith("__nameid"):
            continue
        tag, kind = last[12:16].upper(), last[16:20].upper()
        if len(findings.members) >= MAX_MEMBERS:
            return
        if tag == _HTML:
            data = _text(kind, stream).encode("utf-8", "replace") if kind != "0102" else stream
            findings.member("body.html", data)
        elif tag == _RTF and kind == "0102":
            _rich(stream, findings)
        elif tag == _DATA and kind == "0102":
            findings.member(_name(streams, folder), stream)
        elif tag == _LONG_PATH:
            findings.target(
                _text(kind, stream), "attachment by reference", CLICKED, tag="PidTagAttachLongPathname"
            )
        elif number is not None and tag == f"{number:04X}":
            calendar = reminder.reminder_calendar(_text(kind, stream))
            findings.member(reminder.NAME, calendar)


def _rich(packed: bytes, findings: Findings) -> None:
    rtf = decompress_rtf(packed)
    findings.allowance.take_bytes(len(rtf))
    inside = encapsulated(rtf)
    if inside is None:
        findings.member("body.rtf", rtf)
    elif inside.media_type == "text/html":
        findings.member("body.html", inside.text.encode("utf-8", "replace"))


def _name(streams: Mapping[str, bytes], folder: str) -> str:
    for tag in _NAMES:
        for kind in ("001F", "001E"):
            if stream := streams.get(f"{folder}/__substg1.0_{tag}{kind}"):
                return _text(kind, stream)[:200]
    return "attachment"


def _text(kind: str, stream: bytes) -> str:
    text = (
        stream[: len(stream) & ~1].decode("utf-16-le", "replace")
        if kind == "001F"
        else decode_text(stream, "")
    )
    return text.partition("\x00")[0]
