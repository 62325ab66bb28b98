"""Containers of their own: uuencoded text, winmail.dat, RTF bodies and the HTML inside them."""

from __future__ import annotations

import base64
import binascii
import struct

import pytest

from tocsin.mail.body import part_text
from tocsin.mail.mime import scan
from tocsin.mail.rtf import decompress_rtf, encapsulated
from tocsin.mail.tnef import unpack_tnef

HTML = "<html><body><p>Hé <img src=http://b.example/x></body></html>"
RTF = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}}"
    rb"{\*\htmltag64 <html>}{\*\htmltag50 <body>}\htmlrtf \pard shown in RTF only\htmlrtf0 "
    rb"{\*\htmltag84 <img src='http://b.example/x?a=1&b=\{2\}'>}caf\'e9 {\f1 \'ec\'e8\'f0} \u8364?\tab x\par"
    rb"{\*\mhtmltag64 <img src='cid:1'>}{\*\htmltag58 </body>\par </html>}}"
)


def stored(rtf: bytes) -> bytes:
    return struct.pack("<IIII", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf


def literal_compressed(rtf: bytes) -> bytes:
    """Compressed form of RTF with literals only, ended by the reference to the write position."""
    output = bytearray()
    pieces = [rtf[i : i + 8] for i in range(0, len(rtf), 8)]
    for piece in pieces[:-1]:
        output += b"\x00" + piece
    last = pieces[-1]
    if len(last) == 8:
        output += b"\x00" + last
        last = b""
    end = ((207 + len(rtf)) & 4095) << 4
    output += bytes((1 << len(last),)) + last + struct.pack(">H", end)
    return struct.pack("<IIII", len(output) + 12, len(rtf), 0x75465A4C, 0) + bytes(output)


def attribute(level: int, number: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, number, 6, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def binary_property(kind: int, number: int, data: bytes) -> bytes:
    return struct.pack("<HHII", kind, number, 1, len(data)) + data + b"\x00" * (-len(data) % 4)


def tnef(*attributes: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(attributes)


def properties(*entries: bytes) -> bytes:
    return struct.pack("<I", len(entries)) + b"".join(entries)


WINMAIL = tnef(
    attribute(1, 0x9007, struct.pack("<II", 1252, 0)),
    attribute(1, 0x9003, properties(binary_property(258, 0x1009, stored(RTF)))),
    attribute(2, 0x9002, b"\x00" * 14),
    attribute(2, 0x8010, b"note.txt\x00"),
    attribute(2, 0x800F, b"attached"),
)


def test_html_is_taken_out_of_rtf() -> None:
    found = encapsulated(RTF)
    assert found is not None
    assert found.media_type == "text/html"
    assert found.text == (
        "<html><body><img src='http://b.example/x?a=1&b={2}'>café мир €\tx\r\n</body>\r\n</html>"
    )


def test_text_is_taken_out_of_rtf_and_plain_rtf_is_left() -> None:
    found = encapsulated(rb"{\rtf1\ansi\fromtext{\fonttbl{\f0 Arial;}}\f0 one\par two\lquote x\rquote}")
    assert found is not None
    assert (found.media_type, found.text) == ("text/plain", "one\r\ntwo‘x’")
    assert encapsulated(rb"{\rtf1\ansi hello}") is None


@pytest.mark.parametrize("pack", [stored, literal_compressed])
def test_rtf_is_decompressed(pack: object) -> None:
    assert callable(pack)
    assert decompress_rtf(pack(RTF)) == RTF


def test_rtf_references_reach_into_the_dictionary() -> None:
    # MS-OXRTFCP 4.1.1: the specification's own example
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert decompress_rtf(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


@pytest.mark.parametrize("data", [b"", b"short", b"\x00" * 16, literal_compressed(RTF)[:40]])
def test_damaged_rtf_gives_what_could_be_read(data: bytes) -> None:
    assert RTF.startswith(decompress_rtf(data))


def test_winmail_dat_becomes_parts() -> None:
    raw = (
        b"From: a@b.example\nMIME-Version: 1.0\nContent-Type: application/ms-tnef; name=winmail.dat\n"
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(WINMAIL)
    )
    message = scan(raw)
    assert [(part.path, part.media_type) for part in message.parts[1:]] == [
        ("!body.rtf.html", "text/html"),
        ("!note.txt", "application/octet-stream"),
    ]
    html, note = message.parts[1:]
    assert "http://b.example/x" in part_text(message, html)
    assert (note.data, note.filename, note.disposition, note.parent) == (
        b"attached",
        "note.txt",
        "attachment",
        0,
    )
    assert (html.start, html.end) == (message.parts[0].start, message.parts[0].end)


def test_html_property_of_winmail_dat() -> None:
    page = properties(struct.pack("<HHI", 3, 0x3FDE, 65001), binary_property(258, 0x1013, HTML.encode()))
    assert [
        (item.name, item.data, item.charset) for item in unpack_tnef(tnef(attribute(1, 0x9003, page)))
    ] == [("body.html", HTML.encode(), "utf-8")]


@pytest.mark.parametrize("length", range(0, len(WINMAIL), 37))
def test_truncated_winmail_dat_never_raises(length: int) -> None:
    assert len(unpack_tnef(WINMAIL[:length])) <= 2


def test_unreadable_winmail_dat_is_a_defect() -> None:
    message = scan(b"From: a@b.example\nContent-Type: application/ms-tnef\n\nnothing of the kind\n")
    assert "tnef-unreadable" in {defect.code for defect in message.defects}


def test_uuencoded_blocks_in_a_text() -> None:
    page = HTML.encode()
    lines = b"".join(binascii.b2a_uu(page[i : i + 45]) for i in range(0, len(page), 45))
    raw = b"From: a@b.example\n\nsee below\n\nbegin 644 page.html\n" + lines + b"`\nend\nbye\n"
    message = scan(raw)
    assert [(p.path, p.media_type, p.filename) for p in message.parts[1:]] == [
        ("!page.html", "text/html", "page.html")
    ]
    assert part_text(message, message.parts[1]) == HTML
    assert {defect.code for defect in message.defects} == {"uuencoded-text"}


def test_the_word_begin_is_no_block() -> None:
    assert len(scan(b"From: a@b.example\n\nlet us begin 644 times\nbegin here\n").parts) == 1


def named_property(kind: int, number: int, value: bytes) -> bytes:
    """A property of PSETID_Common (MS-OXTNEF 2.1.3.4: set, kind 0, number)."""
    common = bytes.fromhex("0820060000000000c000000000000046")
    return struct.pack("<HH", kind, 0x8001) + common + struct.pack("<II", 0, number) + value


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("\\\\192.0.2.7\\s\\x.wav", [b"X-TOCSIN-REMINDER-FILE:\\\\192.0.2.7\\s\\x.wav"]),
        ("C:\\Windows\\Media\\x.wav", []),
        ("reminder.wav", []),
    ],
)
def test_reminder_sound_of_winmail_dat(path: str, found: list[bytes]) -> None:
    text = (path + "\0").encode("utf-16-le")
    sound = struct.pack("<II", 1, len(text)) + text + b"\0" * (-len(text) % 4)
    entries = (named_property(0x0B, 0x851C, struct.pack("<I", 1)), named_property(0x1F, 0x851F, sound))
    items = unpack_tnef(tnef(attribute(1, 0x9003, properties(*entries))))
    assert [item.data.split(b"\r\n")[1] for item in items] == found
    assert {(item.name, item.media_type) for item in items} <= {("reminder.ics", "text/calendar")}
