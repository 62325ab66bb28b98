"""Properties that hold for any bytes: nothing raises, spans lie within the mail, text can be encoded."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.mail.addresses import normalise, parse_addresses
from tocsin.mail.authresults import parse_authentication_results
from tocsin.mail.body import part_bytes, part_text
from tocsin.mail.charsets import decode_text
from tocsin.mail.dates import parse_date
from tocsin.mail.headers import decode_words, parameters
from tocsin.mail.mime import scan
from tocsin.mail.received import parse_received
from tocsin.mail.rtf import decompress_rtf, encapsulated
from tocsin.mail.tnef import SIGNATURE, unpack_tnef
from tocsin.mail.transfer import KNOWN, undo
from tocsin.model.message import Message

LINES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: multipart/alternative; boundary=bb; boundary=b\n",
        b"Content-Type: multipart/digest\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Type: message/partial\n",
        b"Content-Type: text/html charset=x\n",
        b"Content-Type: text/plain; charset=utf-16\n",
        b"Content-Type: application/ms-tnef\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\r\n",
        b"Content-Transfer-Encoding: x-uuencode\n",
        b"X-Tocsin-Exercise: yes\n",
        b"Subject: =?utf-8?b?4p8=?=\n",
        b"\n", b"\r", b"\r\n", b"--b\n", b"--b--\n", b"--bb\r\n", b"--bb--", b"--b \n", b"--bx\n",
        b" folded\n", b"junk\n", b"<html><img src=http://b.example/>\n", b"PGh0bWw+\n", b"=3D=\n",
        b"begin 644 x\n", b"!00\nend\n", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"From x\n", b">From y\n", SIGNATURE,
    ]
)  # fmt: skip
MAILS = st.one_of(
    st.binary(max_size=400),
    st.lists(LINES, max_size=40).map(b"".join),
    st.lists(st.one_of(LINES, st.binary(max_size=12)), max_size=30).map(b"".join),
)
LABELS = ["utf-7", "utf-16", "utf-16be", "utf-32", "iso-2022-jp", "iso-2022-kr", "iso-2022-cn", "hz"]
LABELS += ["gb2312", "big5", "euc-kr", "shift_jis", "cp037", "windows-1255", "utf-8", "nonsense", "punycode"]
SOUND = (
    b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=bb\r\n\r\n"
    b"--bb\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n--bb\r\nContent-Type: text/html\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nPGh0bWw+PC9odG1sPg==\r\n--bb--\r\n"
)


def check(message: Message) -> None:
    size = len(message.raw)
    assert message.parts
    last = 0
    for index, part in enumerate(message.parts):
        assert 0 <= part.start <= part.end <= size
        assert -1 <= part.parent < len(message.parts)
        assert part.parent != index
        if not part.reading and part.data is None:
            assert part.start >= last
            last = part.start
        assert isinstance(part_bytes(message, part), bytes)
        part_text(message, part).encode("utf-8")
        for header in part.headers:
            header.value.encode("utf-8")
            assert header.name != "x-tocsin-exercise"
            if part.data is None and "!" not in part.path:
                assert 0 <= header.start < header.end <= size
    for defect in message.defects:
        assert defect.code
        assert defect.text


@settings(max_examples=300, deadline=None)
@given(MAILS)
def test_scan_of_anything(raw: bytes) -> None:
    check(scan(raw))
    check(scan(raw, headers_missing=True))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_scan_of_a_mutated_mail(data: st.DataObject) -> None:
    raw = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw)))
        cut = data.draw(st.integers(0, 12))
        raw[at : at + cut] = data.draw(st.one_of(LINES, st.binary(max_size=6)))
    check(scan(bytes(raw)))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.text("=?utf-8qQbB _<>@,;:\"'()[]*%0\\ \n\tax", max_size=120)))
def test_header_readers_take_any_text(value: str) -> None:
    assert isinstance(decode_words(value), str)
    token, found = parameters(value)
    assert isinstance(token, str)
    assert all(isinstance(text, str) for text in found.values())
    for entry in parse_addresses(value):
        assert entry.address
        assert isinstance(normalise(entry.address), str)
    assert isinstance(parse_received(value).from_host, str)
    assert isinstance(parse_authentication_results(value).authserv_id, str)
    assert parse_date(value) is None or isinstance(parse_date(value), float)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(sorted(KNOWN)))
def test_transfer_encodings_take_any_bytes(data: bytes, encoding: str) -> None:
    assert len(undo(data, encoding)) <= 4 * len(data) + 8  # uuencode may leave out zeros


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=120),
    st.sampled_from(LABELS),
)
def test_charsets_take_any_bytes(data: bytes, label: str) -> None:
    decode_text(data, label).encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.text("\\{}'*abhtmlrtfrompcug0129 -", max_size=120))
def test_containers_take_any_bytes(data: bytes, text: str) -> None:
    assert isinstance(unpack_tnef(SIGNATURE + b"\x00\x00" + data), list)
    assert isinstance(decompress_rtf(data), bytes)
    found = encapsulated(b"{\\rtf1\\fromhtml1 " + text.encode())
    assert found is not None
    found.text.encode("utf-8")
