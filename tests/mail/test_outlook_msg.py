"""An Outlook item in bytes becomes the mail that it was; damage gives None, never an exception."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.connect.makers import Values, compound, outlook_object

from tocsin.mail import outlook_item as mapi
from tocsin.mail.body import part_text
from tocsin.mail.mime import scan
from tocsin.mail.outlook_msg import mail_of

HTML = b'<html><img src="https://img.beacon.example/1.gif"></html>'
INNER = outlook_object({mapi.CLASS: "IPM.Note", mapi.SUBJECT: "Inner", mapi.HTML: HTML}, 24)
ITEM = compound(
    outlook_object(
        {mapi.CLASS: "IPM.Appointment", mapi.SUBJECT: "Outer", mapi.BODY: "Hello"},
        32,
        {
            "__attach_version1.0_#00000000": outlook_object(
                {mapi.METHOD: 5, mapi.LONG_NAME: "Inner.msg"}, 8, {"__substg1.0_3701000D": INNER}
            )
        },
    )
)


def test_an_item_is_written_with_the_mails_in_it() -> None:
    raw = mail_of(ITEM)
    assert raw is not None
    message = scan(raw)
    assert [header.value for header in message.headers if header.name == "subject"] == ["Outer"]
    (page,) = [part for part in message.parts if part.media_type == "text/html"]
    assert part_text(message, page) == HTML.decode()


def test_other_compound_files_are_no_items() -> None:
    assert mail_of(compound({"WordDocument": b"x" * 5_000})) is None
    assert mail_of(b"") is None
    assert mail_of(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3_000)) is None


def test_streams_that_share_their_bytes_are_not_read_again_and_again() -> None:
    large: Values = {mapi.DATA: bytes(100_000), mapi.LONG_NAME: "a.bin"}
    storages = {f"__attach_version1.0_#{number:08}": outlook_object(large, 8) for number in range(8)}
    data = compound(outlook_object({mapi.CLASS: "IPM.Note", mapi.BODY: "Hello"}, 32, storages))
    assert mail_of(data) is not None
    name = "__substg1.0_37010102".encode("utf-16-le")
    places = []
    at = data.find(name)
    while at >= 0:
        places.append(at)
        at = data.find(name, at + 1)
    shared = bytearray(data)
    start = data[places[0] + 116 : places[0] + 120]
    for at in places:  # all attachments name the first one's bytes, and more of them than there are
        shared[at + 116 : at + 124] = start + (len(data) // 2).to_bytes(4, "little")
    assert mail_of(bytes(shared)) is None


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_never_raises(data: st.DataObject) -> None:
    raw = bytearray(ITEM)
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=12)):
        raw[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    for broken in (bytes(raw), bytes(raw[:cut])):
        found = mail_of(broken)
        assert found is None or b"MIME-Version: 1.0" in found
