""".msg and .pst: an item comes back as the mail that it was, and damage costs no more than itself."""

from __future__ import annotations

import email
import email.policy
import shutil
import struct
import subprocess
import zlib
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.connect.makers import Tree, Values, codes, compound, mail, outlook_object, read, read_all, zipped
from tocsin.connect.limits import ReadLimits
from tocsin.connect.reread import reread
from tocsin.mail import outlook_item as mapi
from tocsin.mail.outlook_item import Properties, charset_of

MOMENT = 1_709_632_800  # 2024-03-05 10:00:00 UTC
FILETIME = (MOMENT + 11_644_473_600) * 10_000_000
HTML = b'<html><body><img src="cid:pic@desk.example"><img src="http://track.example/1.gif"></body></html>'
HEADERS = (
    "Microsoft Mail Internet Headers Version 2.0\r\n"
    "Received: from relay.example by mx.press.example; Tue, 5 Mar 2024 10:00:01 +0000\r\n"
    "From: Ann <ann@desk.example>\r\nTo: bea@press.example\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n"
    "X-Mailer: Mailer\r\n 2.0\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n"
    '\tboundary="old"\r\nMessage-ID: <1@desk.example>\r\n\r\n--old\r\n'
)


def msg(extra: Values, storages: Tree | None = None) -> bytes:
    """A .msg with these properties."""
    properties: Values = {mapi.CLASS: "IPM.Note", mapi.SUBJECT: "Mail", **extra}
    return compound(outlook_object(properties, 32, storages))


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def one(tmp_path: Path, data: bytes) -> bytes:
    path = tmp_path / "mail.bin"
    path.write_bytes(data)
    (found,) = read(path)
    assert found.source == str(path)
    assert reread(found.source) == found.raw
    return found.raw


def test_transport_headers_are_kept_but_for_the_old_structure(tmp_path: Path) -> None:
    raw = one(tmp_path, msg({mapi.TRANSPORT_HEADERS: HEADERS, mapi.BODY: "Hello\r\n", mapi.HTML: HTML}))
    assert raw.startswith(
        b"Received: from relay.example by mx.press.example; Tue, 5 Mar 2024 10:00:01 +0000\r\n"
        b"From: Ann <ann@desk.example>\r\nTo: bea@press.example\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n"
        b"X-Mailer: Mailer\r\n 2.0\r\nMessage-ID: <1@desk.example>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative;"
    )
    message = parsed(raw)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert message.get_body(("html",)).get_payload(decode=True) == HTML  # type: ignore[union-attr]
    assert message.get_body(("plain",)).get_content() == "Hello\r\n"  # type: ignore[union-attr]


def test_without_transport_headers_they_are_written_from_what_outlook_knows(tmp_path: Path) -> None:
    person: Values = {
        mapi.DISPLAY_NAME: 'Béa "B"',
        mapi.ADDRESS_TYPE: "SMTP",
        mapi.ADDRESS: "bea@press.example",
    }
    exchange: Values = {
        mapi.DISPLAY_NAME: "Cy",
        mapi.ADDRESS_TYPE: "EX",
        mapi.ADDRESS: "/O=DESK/CN=CY",
        mapi.RECIPIENT_TYPE: 2,
    }
    storages = {
        "__recip_version1.0_#00000000": outlook_object({**person, mapi.RECIPIENT_TYPE: 1}, 8),
        "__recip_version1.0_#00000001": outlook_object(exchange, 8),
        "__recip_version1.0_#00000002": outlook_object({**exchange, mapi.SMTP_ADDRESS: "cy@desk.example"}, 8),
    }
    properties: Values = {
        mapi.SUBJECT: "\x01\x05Re: a\r\nBcc: eve@evil.example",
        0x0C1A: "Ann",
        0x0C1E: "SMTP",
        0x0C1F: "ann@desk.example",
        mapi.SUBMIT_TIME: FILETIME,
        mapi.MESSAGE_ID: "<1@desk.example>",
        mapi.IN_REPLY_TO: "<0@desk.example>",
        mapi.BODY: "Hello",
    }
    raw = one(tmp_path, msg(properties, storages))
    header = raw.partition(b"MIME-Version")[0].decode()
    assert header.replace("\r\n", "\n") == (
        'Date: Tue, 05 Mar 2024 10:00:00 +0000\nFrom: "Ann" <ann@desk.example>\n'
        'To: "Béa \\"B" <bea@press.example>\nCc: "Cy",\n\t"Cy" <cy@desk.example>\n'
        "Subject: Re: a Bcc: eve@evil.example\nMessage-ID: <1@desk.example>\nIn-Reply-To: <0@desk.example>\n"
    )


def test_pictures_shown_in_the_body_files_and_enclosed_mails(tmp_path: Path) -> None:
    picture: Values = {
        mapi.DATA: b"GIF89a",
        mapi.LONG_NAME: "p.gif",
        mapi.MEDIA_TYPE: "image/gif",
        mapi.CONTENT_ID: "pic@desk.example",
    }
    paper: Values = {
        mapi.DATA: bytes(range(256)) * 40,
        mapi.LONG_NAME: "Überblick\r\n.pdf",
        mapi.MEDIA_TYPE: "bad type\r\nX: y",
    }
    inner = outlook_object({mapi.CLASS: "IPM.Note", mapi.SUBJECT: "Inner", mapi.BODY: "Deep"}, 24)
    storages = {
        "__attach_version1.0_#00000000": outlook_object(picture, 8),
        "__attach_version1.0_#00000001": outlook_object(paper, 8),
        "__attach_version1.0_#00000002": outlook_object(
            {mapi.METHOD: 5, mapi.LONG_NAME: "Inner.msg"}, 8, {"__substg1.0_3701000D": inner}
        ),
    }
    message = parsed(one(tmp_path, msg({mapi.HTML: HTML, mapi.BODY: "Hello"}, storages)))
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed", "multipart/related", "multipart/alternative", "text/plain", "text/html", "image/gif",
        "application/octet-stream", "message/rfc822", "text/plain",
    ]  # fmt: skip
    parts = list(message.walk())
    assert (parts[5]["Content-ID"], parts[5].get_content_disposition()) == ("<pic@desk.example>", "inline")
    assert parts[6].get_payload(decode=True) == bytes(range(256)) * 40
    assert parts[6].get_filename() == "Überblick .pdf"
    assert parts[8]["Subject"] == "Inner"
    assert parts[8].get_payload(decode=True) == b"Deep"


def packed_rtf(rtf: bytes) -> bytes:
    """Stored, not compressed (MS-OXRTFCP 2.1.3.1.1)."""
    return (
        b"".join(
            number.to_bytes(4, "little") for number in (len(rtf) + 12, len(rtf), 0x414C454D, zlib.crc32(rtf))
        )
        + rtf
    )


def test_html_is_taken_out_of_rtf(tmp_path: Path) -> None:
    rtf = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}"
        rb'{\*\htmltag84 <img src="http://track.example/1.gif">}\htmlrtf x\htmlrtf0 Hello}'
    )
    message = parsed(one(tmp_path, msg({mapi.RTF: packed_rtf(rtf)})))
    assert message.get_content_type() == "text/html"
    assert b'<img src="http://track.example/1.gif">' in message.get_payload(decode=True)
    plain = parsed(one(tmp_path, msg({mapi.RTF: packed_rtf(rb"{\rtf1 real}"), mapi.BODY: "real"})))
    assert [part.get_content_type() for part in plain.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/rtf",
    ]


@pytest.mark.parametrize("head", [b"Content-Type: multipart/signed;\r\n boundary=s\r\n\r\n", b""])
def test_a_clear_signed_mail_keeps_its_structure(tmp_path: Path, head: bytes) -> None:
    body = (
        b"--s\r\nContent-Type: text/plain\r\n\r\nSigned\r\n"
        b"--s\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n--s--\r\n"
    )
    file: Values = {mapi.DATA: head + body, mapi.LONG_NAME: "smime.p7m", mapi.MEDIA_TYPE: "multipart/signed"}
    storages = {"__attach_version1.0_#00000000": outlook_object(file, 8)}
    raw = one(tmp_path, msg({mapi.CLASS: "IPM.Note.SMIME.MultipartSigned", mapi.BODY: "Signed"}, storages))
    assert raw.endswith(body)
    assert [part.get_content_type() for part in parsed(raw).walk()] == [
        "multipart/signed",
        "text/plain",
        "application/pkcs7-signature",
    ]


def test_flags_and_the_owners_own_mail(tmp_path: Path) -> None:
    path = tmp_path / "a.msg"
    path.write_bytes(
        msg({mapi.FLAGS: 0x21, mapi.LAST_VERB: 102, mapi.FLAG_STATUS: 2, mapi.DELIVERY_TIME: FILETIME})
    )
    (found,) = read(path)
    assert (found.flags, found.outgoing, found.arrival_s) == ("FRS", True, float(MOMENT))


def test_the_same_item_gives_the_same_bytes(tmp_path: Path) -> None:
    data = msg({mapi.HTML: HTML, mapi.BODY: "Hello"})
    assert one(tmp_path, data) == one(tmp_path, data)
    (tmp_path / "z.zip").write_bytes(zipped({"a.msg": data}))
    (found,) = read(tmp_path / "z.zip")
    assert found.raw == one(tmp_path, data)


@pytest.mark.parametrize(
    ("page", "name"),
    [(65001, "utf-8"), (1251, "cp1251"), (28592, "iso8859-2"), (99999, "cp1252"), (932, "cp932")],
)
def test_code_pages_have_their_names(page: int, name: str) -> None:
    assert charset_of(page) == name
    values = {mapi.SUBJECT: (mapi.STRING8, "Hej é".encode() + b"\0")}
    assert Properties(values, 65001).text(mapi.SUBJECT) == "Hej é"


def test_other_compound_files_and_contacts_are_not_mail(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_bytes(compound({"WordDocument": b"x" * 5000}))
    (tmp_path / "b.msg").write_bytes(msg({mapi.CLASS: "IPM.Contact"}))
    (tmp_path / "c.eml").write_bytes(mail())
    mails, errors = read_all(tmp_path)
    assert [found.raw for found in mails] == [mail()]
    assert (codes(errors), errors[0].text) == (["skipped-files"], "2 files are not mail: a.doc, b.msg.")
    assert codes(read_all(tmp_path / "b.msg")[1]) == ["not-mail"]


@pytest.mark.parametrize("keep", [8, 600, 1100, 2000, 3000])
def test_a_damaged_msg_is_said_or_read_as_far_as_it_goes(tmp_path: Path, keep: int) -> None:
    data = msg({mapi.HTML: HTML * 100, mapi.BODY: "Hello"})
    (tmp_path / "a.msg").write_bytes(data[:keep])
    (tmp_path / "b.eml").write_bytes(mail())
    mails, errors = read_all(tmp_path)
    assert mail() in [found.raw for found in mails]
    assert set(codes(errors)) <= {"damaged-file", "skipped-files"}
    assert len(mails) + len(errors) >= 2


@pytest.mark.parametrize("name", ["IPM.Note", "IPM.Appointment", "IPM.Task.Daily"])
@pytest.mark.parametrize(("path", "kept"), [("\\\\192.0.2.7\\s\\x.wav", True), ("C:\\Windows\\x.wav", False)])
def test_reminder_sound_elsewhere_is_handed_on_as_a_calendar(
    tmp_path: Path, path: str, kept: bool, name: str
) -> None:
    common = bytes.fromhex("0820060000000000c000000000000046")
    names = {
        "__substg1.0_00020102": bytes(16) + common,
        "__substg1.0_00030102": struct.pack("<IHHIHH", 0x8530, 4 << 1, 0, 0x851F, 4 << 1, 1),
    }
    raw = one(
        tmp_path, msg({mapi.CLASS: name, mapi.BODY: "Hello", 0x8001: path}, {"__nameid_version1.0": names})
    )
    calendars = [part for part in parsed(raw).walk() if part.get_content_type() == "text/calendar"]
    contents = [part.get_payload(decode=True) for part in calendars]
    assert [isinstance(one, bytes) and path.encode() in one for one in contents] == [True] * kept


def test_a_pst_that_is_none_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.pst").write_bytes(b"!BDN" + bytes(5000))
    (tmp_path / "b.pst").write_bytes(b"!BDN")
    (tmp_path / "c.eml").write_bytes(mail())
    (tmp_path / "d.zip").write_bytes(zipped({"d.pst": b"!BDN" + bytes(9000)}))
    mails, errors = read_all(tmp_path)
    assert [found.raw for found in mails] == [mail()]
    assert codes(errors) == ["damaged-file"] * 3
    assert "scanpst" in errors[0].text
    assert errors[2].source == f"{tmp_path / 'd.zip'}#d.pst"


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mailboxes that Outlook wrote, from the npm package pst-extractor (MIT)."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is missing, which fetches the sample mailboxes")
    folder = tmp_path_factory.mktemp("pst")
    try:
        subprocess.run(
            [npm, "pack", "--silent", "--fetch-retries=0", "--fetch-timeout=20000", "pst-extractor@1.12.0"],
            cwd=folder,
            check=True,
            timeout=120,
            capture_output=True,
        )
        archive = next(folder.glob("*.tgz"))
    except (subprocess.SubprocessError, StopIteration):
        pytest.skip("the sample mailboxes cannot be fetched here")
    shutil.unpack_archive(archive, folder, filter="data")
    return folder / "package" / "example" / "testdata"


def test_a_real_pst_gives_its_mails_in_folders(samples: Path) -> None:
    path = samples / "enron.pst"
    found = read(path)
    assert len(found) == 71
    assert {one.mailbox for one in found} == {str(path)}
    sent = [one for one in found if one.folder.endswith("/Sent Items")]
    assert len(sent) == 2
    assert all(one.outgoing for one in sent)
    assert sum(one.outgoing for one in found) < 20
    assert all(one.arrival_s for one in found)
    messages = [parsed(one.raw) for one in found]
    assert sum(1 for message in messages for _ in message.iter_attachments()) > 50
    assert all(message["From"] and message["Message-ID"] for message in messages)
    assert reread(found[5].source) == found[5].raw
    assert len({one.source for one in found}) == len(found)


def test_a_real_ost_hides_calendar_and_contacts(samples: Path) -> None:
    path = samples / "pstextractortest@outlook.com.ost"
    mails, errors = read_all(path)
    assert {"Inbox", "Sent Items"} <= {one.folder for one in mails}
    assert codes(errors) == ["skipped-files"]
    assert "appointments, contacts, tasks" in errors[0].text


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7])
def test_a_damaged_pst_gives_what_can_be_read(samples: Path, tmp_path: Path, at: float) -> None:
    data = bytearray((samples / "enron.pst").read_bytes())
    start = int(len(data) * at)
    data[start : start + 300_000] = b"\xa5" * 300_000
    (tmp_path / "a.pst").write_bytes(data)
    mails, errors = read_all(tmp_path / "a.pst", limits=ReadLimits(silence_s=20))
    assert len(mails) + len(errors) > 0
    (tmp_path / "b.pst").write_bytes(data[: len(data) // 2])
    mails, errors = read_all(tmp_path / "b.pst", limits=ReadLimits(silence_s=20))
    assert errors
