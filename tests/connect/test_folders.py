"""Single files, Maildirs, mail programs' folders: what is a mail, whose mailbox it is, which folder."""

from __future__ import annotations

import plistlib
from pathlib import Path

import pytest

from tests.connect.makers import codes, mail, mbox, read, read_all
from tocsin.connect.files import read_mail, total_bytes
from tocsin.connect.folder_names import is_sent, path_of, printable
from tocsin.connect.limits import ReadLimits
from tocsin.connect.reread import reread
from tocsin.model.source import RawMail, ReadError, ReadProgress

APPLE = plistlib.dumps({"flags": 0x5})


@pytest.mark.parametrize(
    ("data", "raw"),
    [
        (mail(), mail()),
        (mail().replace(b"\n", b"\r\n"), mail().replace(b"\n", b"\r\n")),
        (mail().replace(b"\n", b"\r"), mail().replace(b"\n", b"\r")),
        (b"\xef\xbb\xbf" + mail(), mail()),
        (b"\n\n" + mail(), mail()),
        (b"From ann@desk.example Tue Mar  5 10:00:00 2024\n" + mail(), mail()),
        (b"From \n" + mail(), mail()),
        (b"%d      \n%b%b" % (len(mail()), mail(), APPLE), mail()),
        (b"Subject: only this\n\nHi\n", b"Subject: only this\n\nHi\n"),
        (b" From: leading blank\nTo: b@press.example\nSubject: x\n\n", None),
        (b"MAIL FROM:<a@desk.example>\n" + mail(), None),
    ],
)
def test_a_mail_in_a_file_whatever_is_around_it(tmp_path: Path, data: bytes, raw: bytes | None) -> None:
    path = tmp_path / "anything.dat"
    path.write_bytes(data)
    (found,) = read(path)
    assert found.raw == (data if raw is None else raw)
    assert found.source.split("#")[0] == str(path)
    assert found.mailbox == str(tmp_path)
    assert reread(found.source) == found.raw


def test_apple_flags_and_a_cut_emlx(tmp_path: Path) -> None:
    path = tmp_path / "1.emlx"
    path.write_bytes(b"%d\n%b%b" % (len(mail()), mail(), APPLE))
    assert read(path)[0].flags == "SR"
    path.write_bytes(b"%d\n%b%b" % (len(mail()), mail(), plistlib.dumps({"flags": 0x101})))
    assert read(path)[0].flags == "SP"
    path.write_bytes(b"9999\n" + mail())
    mails, errors = read_all(path)
    assert [one.raw for one in mails] == [mail()]
    assert codes(errors) == ["truncated"]


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html>\n<html><body>Hi</body></html>",
        b"\xef\xbb\xbf\r\n<html>",
        b"<!-- saved -->\n<table><tr>",
        b'<?xml version="1.0"?><!-- a --><HTML>',
        "﻿<html><body>Hi".encode("utf-16-le"),
    ],
)
def test_a_bare_body_is_a_mail_without_headers(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "saved.txt"
    path.write_bytes(data)
    (found,) = read(path)
    assert found.headers_missing
    assert found.raw == data
    assert reread(found.source) == data


TEXTS = {
    "notes.txt": b"Shopping: milk\nAlso: bread\n\nFrom: the shop\n",
    "code.py": b"import email\n\nprint('From: x')\n",
    "control": b"Package: tocsin\nVersion: 1\nDescription: x\n\n",
    "reply.http": b"HTTP/1.1 200 OK\nDate: Tue, 05 Mar 2024 10:00:00 GMT\nContent-Type: text/html\n\n",
    "from.txt": b"From here to there\nis a long way: indeed\n",
    "page.xml": b'<?xml version="1.0"?><feed></feed>',
    "noise": bytes(range(256)) * 40,
    "zeros": bytes(5000),
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "lone": b"Subject of my talk\n\nSubject: none\n",
    "doc.docx": b"PK\x03\x04" + bytes(22) + b"\x13\0\0\0[Content_Types].xml",
}


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_what_is_not_mail_becomes_none(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(TEXTS[name])
    mails, errors = read_all(path)
    assert mails == []
    assert codes(errors) in (["not-mail"], ["empty"])


def test_files_in_a_folder_that_are_not_mail_are_said_once(tmp_path: Path) -> None:
    for name, data in TEXTS.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (tmp_path / "empty.eml").write_bytes(b"")
    (tmp_path / "a.eml").write_bytes(mail())
    mails, errors = read_all(tmp_path)
    assert [one.raw for one in mails] == [mail()]
    assert codes(errors) == ["skipped-files"]
    assert errors[0].text.startswith(f"{len(TEXTS)} files are not mail: code.py, control, ")
    assert errors[0].text.endswith(f" and {len(TEXTS) - 5} more.")


def test_a_folder_without_mail_is_said(tmp_path: Path) -> None:
    mails, errors = read_all(tmp_path)
    assert (mails, codes(errors)) == ([], ["no-mail"])
    (tmp_path / "notes.txt").write_bytes(TEXTS["notes.txt"])
    mails, errors = read_all(tmp_path)
    assert (mails, codes(errors)) == ([], ["no-mail"])
    assert "notes.txt" in errors[0].text


def put(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_maildir_with_subfolders_is_one_mailbox(tmp_path: Path) -> None:
    root = tmp_path / "Maildir"
    put(root / "cur" / "1.host:2,RS", mail(1))
    put(root / "new" / "2.host", mail(2))
    put(root / "tmp" / "3.host", mail(3))
    put(root / ".Sent.2024" / "cur" / "4.host:2,S", mail(4))
    put(root / ".&AMk-l&AOk-ments envoy&AOk-s" / "cur" / "5.host:2,", mail(5))
    put(root / ".Sent" / "cur" / "6.host:2,ST", mail(6))
    put(root / "dovecot.index.log", b"\x01\x02")
    (root / ".Sent" / "new").mkdir()
    (root / ".Sent.2024" / "new").mkdir()
    found = {one.raw: one for one in read(root)}
    assert {one.mailbox for one in found.values()} == {str(root)}
    assert [
        (found[mail(n)].folder, found[mail(n)].flags, found[mail(n)].outgoing) for n in (1, 2, 4, 5, 6)
    ] == [
        ("INBOX", "RS", False),
        ("INBOX", "N", False),
        ("Sent/2024", "S", False),
        ("Éléments envoyés", "U", True),
        ("Sent", "ST", True),
    ]
    assert mail(3) not in found
    assert [(one.mailbox, one.folder, one.flags) for one in read(root / "cur")] == [
        (str(root), "INBOX", "RS")
    ]
    assert [(one.mailbox, one.folder) for one in read(root / ".Sent" / "cur")] == [(str(root), "Sent")]
    assert all(reread(one.source) == one.raw for one in found.values())


def test_a_thunderbird_profile_is_one_mailbox_with_folders(tmp_path: Path) -> None:
    root = tmp_path / "Mail" / "imap.desk.example"
    put(root / "Inbox", mbox([mail(1), mail(2)], "From - Tue Mar 05 10:00:00 2024"))
    put(root / "Inbox.msf", b"// <!-- <mdb:mork:z v='1.4'/> -->")
    put(root / "Sent", mbox([mail(3)], "From - Tue Mar 05 10:00:00 2024"))
    put(root / "Archives.sbd" / "2023", mbox([mail(4), mail(5)], "From - Tue Mar 05 10:00:00 2024"))
    put(root / "msgFilterRules.dat", b'version="9"')
    found = read(tmp_path)
    assert {one.mailbox for one in found} == {str(root)}
    assert {(one.raw[:60], one.folder, one.outgoing) for one in found} == {
        (mail(1)[:60], "Inbox", False),
        (mail(2)[:60], "Inbox", False),
        (mail(3)[:60], "Sent", True),
        (mail(4)[:60], "Archives/2023", False),
        (mail(5)[:60], "Archives/2023", False),
    }


def test_apple_mail_folders_are_one_mailbox(tmp_path: Path) -> None:
    account = tmp_path / "V10" / "0A1B2C3D-0000-1111-2222-333344445555"
    inner = "9A1B2C3D-0000-1111-2222-333344445555/Data/1/Messages"
    emlx = b"%d\n%b%b" % (len(mail()), mail(), APPLE)
    put(account / "INBOX.mbox" / inner / "1.emlx", emlx)
    put(account / "Sent Messages.mbox" / inner / "2.emlx", emlx)
    put(account / "INBOX.mbox" / "Info.plist", b"<?xml")
    exported = put(tmp_path / "export" / "Work.mbox" / "mbox", mbox([mail(1), mail(2)]))
    found = read(tmp_path)
    assert {(one.mailbox, one.folder, one.outgoing) for one in found} == {
        (str(account), "INBOX", False),
        (str(account), "Sent Messages", True),
        (str(exported.parent.parent), "Work", False),
    }


def test_mailbox_files_side_by_side_are_mailboxes_of_their_own(tmp_path: Path) -> None:
    for name in ("ann.mbox", "bea.mbox"):
        put(tmp_path / name, mbox([mail(1), mail(2)]))
    assert {one.mailbox for one in read(tmp_path)} == {str(tmp_path / "ann.mbox"), str(tmp_path / "bea.mbox")}


def test_an_inbox_and_a_sent_folder_are_one_mailbox_given_together_or_alone(tmp_path: Path) -> None:
    inbox = put(tmp_path / "Inbox.mbox", mbox([mail(1), mail(2)]))
    sent = put(tmp_path / "Gesendete Elemente.mbox", mbox([mail(3), mail(4)]))
    put(tmp_path / "Work.mbox", mbox([mail(5), mail(6)]))
    expected = {("Inbox", False), ("Gesendete Elemente", True)}
    for paths in ((tmp_path,), (inbox, sent)):
        found = read(*paths)
        assert {one.mailbox for one in found} == {str(tmp_path)}
        assert expected <= {(one.folder, one.outgoing) for one in found}


def test_loose_mails_belong_to_their_folder(tmp_path: Path) -> None:
    put(tmp_path / "work" / "1", mail(1))
    put(tmp_path / "work" / "2", mail(2))
    put(tmp_path / "home" / "1", mail(3))
    put(tmp_path / "home" / ".mh_sequences", b"unseen: 1\n")
    assert sorted(one.mailbox for one in read(tmp_path)) == [
        str(tmp_path / "home"),
        str(tmp_path / "work"),
        str(tmp_path / "work"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Sent",
        "sent items",
        "[Gmail]/Sent Mail",
        "Sent Messages",
        "Envoyés",
        "E\u0301le\u0301ments envoye\u0301s",
        "Verzonden items",
        "Gesendet",
        "Enviados",
        "Sent.mbox",
        "Sent.mbox.gz",
        "Отправленные",
    ],
)
def test_sent_folders_are_known_in_many_languages(name: str) -> None:
    assert is_sent(name.rsplit("/", 1)[-1])
    assert not is_sent("Un" + name.rsplit("/", 1)[-1])


def test_names_that_are_no_utf8_are_printable_and_can_be_read_again(tmp_path: Path) -> None:
    names = [b"caf\xe9.eml", b"new\nline.eml", b"a\\xe9.eml", "rtl\u202e.eml".encode(), b"hash#@12.eml"]
    for number, name in enumerate(names):
        (tmp_path / name.decode("utf-8", "surrogateescape")).write_bytes(mail(number))
    found = read(tmp_path)
    assert sorted(one.raw for one in found) == [mail(number) for number in range(len(names))]
    for one in found:
        assert one.source.isprintable()
        assert path_of(printable(path_of(one.source))) == path_of(one.source)
        assert reread(one.source) == one.raw


def test_links_are_followed_once(tmp_path: Path) -> None:
    put(tmp_path / "a" / "1.eml", mail())
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    mails, errors = read_all(tmp_path)
    assert [one.raw for one in mails] == [mail()]
    assert sorted(codes(errors)) == ["broken-link", "link-loop"]


def test_progress_counts_bytes_and_files(tmp_path: Path) -> None:
    for number in range(40):
        put(tmp_path / f"{number}.eml", mail(number, body="x" * 1000))
    limits = ReadLimits(progress_files=10, progress_bytes=1 << 30)
    progress = [item for item in read_mail([str(tmp_path)], limits=limits) if isinstance(item, ReadProgress)]
    total = total_bytes([str(tmp_path)])
    assert len(progress) == 5
    assert {item.total for item in progress} == {total}
    assert progress[-1].done == total
    assert total_bytes([str(tmp_path), "-"]) == 0


def test_standard_input_is_read_by_its_content() -> None:
    assert [one.source for one in read("-", stdin=mail())] == ["-"]
    found = read("-", stdin=mbox([mail(1), mail(2)]))
    assert [one.raw for one in found] == [mail(1), mail(2)]
    assert found[0].source == "-#@0"
    assert codes(read_all("-", stdin=b"")[1]) == ["empty"]
    assert codes(read_all("-")[1]) == ["no-input"]


def test_an_odd_mail_called_eml_is_not_passed_over(tmp_path: Path) -> None:
    """One header field is too little for any text file, and enough where the name says that it is a mail."""
    (tmp_path / "odd.eml").write_bytes(b"Content-Type: text/html\n\n<p>Hello</p>\n")
    (tmp_path / "odd.txt").write_bytes(b"Content-Type: text/html\n\n<p>Hello</p>\n")
    found = list(read_mail([str(tmp_path)]))
    assert [Path(mail.source).name for mail in found if isinstance(mail, RawMail)] == ["odd.eml"]
    assert any(isinstance(error, ReadError) and "odd.txt" in error.text for error in found)
