"""mbox: where mails start and end, what is unquoted, what the From line says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connect.makers import codes, mail, mbox, read, read_all
from tocsin.connect.from_line import envelope_of
from tocsin.connect.limits import ReadLimits
from tocsin.connect.reread import reread

TIME = 1_709_632_800.0  # 2024-03-05 10:00:00 UTC


@pytest.fixture
def box(tmp_path: Path) -> Path:
    return tmp_path / "box.mbox"


def test_mails_come_in_order_with_offsets_and_the_mailbox_of_the_file(box: Path) -> None:
    mails = [mail(n, body="line\n" * n) for n in range(1, 6)]
    box.write_bytes(mbox(mails))
    found = read(box)
    assert [one.raw for one in found] == mails
    data = box.read_bytes()
    for one in found:
        path, _, offset = one.source.partition("#@")
        assert path == str(box)
        assert data[int(offset) :].startswith(b"From ann@desk.example")
    assert {one.mailbox for one in found} == {str(box)}
    assert {(one.envelope_sender, one.arrival_s) for one in found} == {("ann@desk.example", TIME)}


@pytest.mark.parametrize("chunk", [64, 100, 257, 1024, 5000, 1 << 20])
def test_cuts_do_not_depend_on_the_size_of_chunks(box: Path, chunk: int) -> None:
    mails = [
        mail(n, body="word " * (n * 37) + "\n>From there\nFrom here on it is text\n\nend")
        for n in range(1, 40)
    ]
    box.write_bytes(mbox(mails))
    whole = [(one.source, one.raw) for one in read(box)]
    assert [(one.source, one.raw) for one in read(box, limits=ReadLimits(chunk_bytes=chunk))] == whole
    assert len(whole) == 39


@pytest.mark.parametrize(
    ("line", "sender", "arrival_s"),
    [
        ("From a@b.example Tue Mar  5 10:00:00 2024", "a@b.example", TIME),
        ("From a@b.example Tue Mar 05 10:00 2024", "a@b.example", TIME),
        ("From a@b.example Tue Mar 5 10:00:00 UTC 2024", "a@b.example", TIME),
        ("From a@b.example Tue Mar  5 11:00:00 +0100 2024", "a@b.example", TIME),
        ("From a@b.example Tue Mar  5 11:00:00 2024 +0100", "a@b.example", TIME),
        ("From a@b.example Tue Mar  5 05:00:00 EST 2024", "a@b.example", TIME),
        ("From a@b.example Tue, 5 Mar 2024 11:00:00 +0100", "a@b.example", TIME),
        ("From a@b.example  Tue Mar  5 10:00:00 24", "a@b.example", TIME),
        ("From 1792@xxx Tue Mar 05 10:00:00 +0000 2024", "", TIME),
        ("From - Tue Mar 05 10:00:00 2024", "", TIME),
        ("From ???@??? Tue Mar 05 10:00:00 2024", "", TIME),
        ("From MAILER-DAEMON Tue Mar  5 10:00:00 2024", "MAILER-DAEMON", TIME),
        ("From MAILER-DAEMON", "MAILER-DAEMON", None),
        ("From a@b.example", "a@b.example", None),
        ('From "a b"@c.example Tue Mar  5 10:00:00 2024', '"a b"@c.example', TIME),
        ("From uucp Tue Mar  5 10:00:00 2024 remote from relay", "uucp", TIME),
        ("From a@b.example Tue Mar 99 10:00:00 0000", "a@b.example", None),
        ("From  Tue Mar  5 10:00:00 2024", "", TIME),
    ],
)
def test_from_lines_of_real_programs_separate_and_give_sender_and_time(
    box: Path, line: str, sender: str, arrival_s: float | None
) -> None:
    box.write_bytes(mbox([mail(1), mail(2), mail(3)], line))
    found = read(box)
    assert [one.raw for one in found] == [mail(1), mail(2), mail(3)]
    assert {(one.envelope_sender, one.arrival_s) for one in found} == {(sender, arrival_s)}
    assert envelope_of(line.encode() + b"\r\n") == (sender, arrival_s)


@pytest.mark.parametrize(
    "text",
    [
        "From here on, it is only text.\nNot a field",
        "From the desk of Ann\nSubject: this is a quotation",
        "From Monday to Friday at 10:00\nNote: closed in 2024",
        "From a@b.example we heard at last\nReply: none",
        "From ann@desk.example Tue Mar  5 10:00:00 2024\nand then it went on",
        "From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\nFrom: <a@desk.example>",
    ],
)
def test_sentences_and_patches_in_a_body_separate_nothing(box: Path, text: str) -> None:
    mails = [mail(1, body=f"Hello\n\n{text}\n\nBye"), mail(2)]
    box.write_bytes(mbox(mails))
    assert [one.raw for one in read(box)] == mails


def test_a_mailbox_of_patches_is_cut_at_its_patches(box: Path) -> None:
    box.write_bytes(mbox([mail(1), mail(2)], "From " + "0123abcd" * 5 + " Mon Sep 17 00:00:00 2001"))
    assert [(one.raw, one.envelope_sender) for one in read(box)] == [(mail(1), ""), (mail(2), "")]


def test_quoting_is_undone_once_in_bodies_only(box: Path) -> None:
    header = ">From uucp Tue Mar  5 10:00:00 2024\nFrom: ann@desk.example\nTo: bea@press.example\n\n"
    quoted = header + ">From one\n>>From two\n>>>From three\n > From four\nx >From five\n>Fromage\n"
    box.write_bytes(mbox([quoted.encode(), mail(2)]))
    first = read(box)[0]
    assert (
        first.raw.decode()
        == header + "From one\n>From two\n>>From three\n > From four\nx >From five\n>Fromage\n"
    )


def test_content_length_is_believed_only_before_a_from_line(box: Path) -> None:
    inner = "Hi\n\nFrom eve@desk.example Tue Mar  5 10:00:00 2024\nSubject: pasted\n\n>From as it was\n"
    right = mail(1, body=inner.rstrip("\n"), extra=f"Content-Length: {len(inner)}\n")
    box.write_bytes(mbox([right, mail(2)]))
    assert [one.raw for one in read(box)] == [right, mail(2)]
    wrong = mail(1, extra="Content-Length: 900\n")
    box.write_bytes(mbox([wrong, mail(2), mail(3)]))
    assert [one.raw for one in read(box)] == [wrong, mail(2), mail(3)]


@pytest.mark.parametrize("newline", [b"\r\n", b"\r"])
def test_other_line_ends_stay_as_found(box: Path, newline: bytes) -> None:
    mails = [mail(n, body=">From me\ntext").replace(b"\n", newline) for n in (1, 2)]
    box.write_bytes(mbox([mail(n, body=">From me\ntext") for n in (1, 2)]).replace(b"\n", newline))
    assert [one.raw for one in read(box)] == [one.replace(b">From", b"From") for one in mails]


def test_a_missing_blank_line_before_a_full_from_line_is_tolerated(box: Path) -> None:
    box.write_bytes(b"From a@b.example Tue Mar  5 10:00:00 2024\n" + mail(1) + mbox([mail(2)]))
    assert [one.raw for one in read(box)] == [mail(1), mail(2)]


def test_flags_and_labels_are_taken_from_the_fields_that_programs_write(box: Path) -> None:
    mails = [
        mail(1, extra="Status: RO\nX-Status: AF\n"),
        mail(2, extra="X-Mozilla-Status: 1003\n"),
        mail(6, extra="Status: O\n"),
        b"X-Gmail-Labels: Sent,Important\n" + mail(3),
        b"X-Gmail-Labels: =?UTF-8?Q?Messages_envoy=C3=A9s,Archiv=C3=A9?=\n" + mail(4),
        b"X-Gmail-Labels: Inbox,Unread\n" + mail(5),
    ]
    box.write_bytes(mbox(mails))
    found = read(box)
    assert [one.flags for one in found] == ["FRS", "PRS", "U", "", "", ""]
    assert [(one.folder, one.outgoing) for one in found[3:]] == [
        ("Sent", True),
        ("Messages envoyés", True),
        ("Inbox", False),
    ]


def test_a_mail_over_the_limit_is_said_and_the_next_is_read(box: Path) -> None:
    limits = ReadLimits(max_mail_bytes=4096, chunk_bytes=512)
    box.write_bytes(mbox([mail(1), mail(2, body="x" * 20_000), mail(3)]))
    mails, errors = read_all(box, limits=limits)
    assert [one.raw for one in mails] == [mail(1), mail(3)]
    assert codes(errors) == ["mail-too-large"]
    assert errors[0].source == f"{box}#@{errors[0].offset}"
    assert box.read_bytes()[errors[0].offset :].startswith(b"From ann")


MULTIPART = 'MIME-Version: 1.0\nContent-Type: multipart/mixed;\n boundary="b1"\n'


@pytest.mark.parametrize(
    ("last", "cut"),
    [
        (mail(2, extra=MULTIPART, body="--b1\n\nhalf of i"), True),
        (b"From: ann@desk.example\nSubject: half of a hea", True),
        (mail(2, extra=MULTIPART, body="--b1\n\nall of it\n--b1--"), False),
        (mail(2), False),
    ],
)
def test_a_last_mail_that_was_cut_is_read_and_said(box: Path, last: bytes, cut: bool) -> None:
    box.write_bytes(mbox([mail(1), last]).removesuffix(b"\n"))
    mails, errors = read_all(box)
    assert [one.raw for one in mails] == [mail(1), last]
    assert codes(errors) == (["truncated"] if cut else [])
    assert all(error.offset is not None and error.source.startswith(str(box)) for error in errors)


def test_a_file_of_one_mail_belongs_to_its_folder(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(mbox([mail(1)]))
    assert {one.mailbox for one in read(tmp_path)} == {str(tmp_path)}


def test_every_mail_can_be_read_again(box: Path) -> None:
    box.write_bytes(mbox([mail(n, body=">From x\n" * n) for n in range(1, 9)]))
    for one in read(box, limits=ReadLimits(chunk_bytes=200)):
        assert reread(one.source) == one.raw


def test_reading_again_says_when_the_mail_is_gone(box: Path) -> None:
    box.write_bytes(mbox([mail(1), mail(2)]))
    last = read(box)[-1]
    box.write_bytes(mbox([mail(1)]))
    with pytest.raises(LookupError, match="no mail at this place"):
        reread(last.source)
    box.unlink()
    with pytest.raises(LookupError, match="no longer there"):
        reread(last.source)
    with pytest.raises(LookupError, match="standard input"):
        reread("-#@0")


def test_babyl_and_mmdf(tmp_path: Path) -> None:
    mark = b"\x01\x01\x01\x01\n"
    (tmp_path / "mmdf").write_bytes(b"".join(mark + mail(n) + mark for n in (1, 2)))
    head, _, body = mail(3).partition(b"\n\n")
    pruned = b"Subject: Mail 3\n"
    (tmp_path / "rmail").write_bytes(
        b"BABYL OPTIONS:\nVersion: 5\n\x1f\x0c\n1,,\n" + head + b"\n\n*** EOOH ***\n" + pruned + b"\n" + body
        + b"\x1f\x0c\n0,,\n*** EOOH ***\n" + mail(4) + b"\x1f"
    )  # fmt: skip
    found = read(tmp_path)
    assert [one.raw for one in found] == [mail(1), mail(2), mail(3), mail(4)]
    assert [reread(one.source) for one in found] == [one.raw for one in found]
