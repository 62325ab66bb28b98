"""Input that is missing, forbidden, special, huge or noise: a clear line each, nothing blocks."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.connect.makers import codes, mail, mbox, read, read_all
from tocsin.connect.files import read_mail
from tocsin.connect.kinds import Kind, recognise
from tocsin.connect.limits import ReadLimits
from tocsin.model.source import RawMail, ReadError

MIB = 1024 * 1024


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail())
    mails, errors = read_all(tmp_path / "missing", "bad\0name", tmp_path / "a.eml")
    assert [one.raw for one in mails] == [mail()]
    assert codes(errors) == ["not-found", "unreadable"]
    assert "Check the spelling" in errors[0].text
    assert errors[1].source.isprintable()


def test_pipes_sockets_and_devices_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        Path("a.eml").write_bytes(mail())
        mails, errors = read_all(".", "pipe", "/dev/zero")
    assert [one.raw for one in mails] == [mail()]
    assert codes(errors) == ["not-a-file"] * 4
    assert "tocsin scan -" in errors[0].text


@pytest.mark.skipif(
    os.geteuid() == 0, reason="root may read everything; the next test covers it as another user"
)
def test_an_unreadable_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(mail())
    (tmp_path / "a.eml").chmod(0)
    assert codes(read_all(tmp_path)[1]) == ["permission-denied"]


def test_files_and_folders_that_may_not_be_read_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.eml").write_bytes(mail(1))
    (tmp_path / "b.eml").write_bytes(mail(2))
    (tmp_path / "closed").mkdir()
    real_open, real_scan = os.open, os.scandir

    def closed_open(path: str, flags: int) -> int:
        if path.endswith("a.eml"):
            raise PermissionError(13, "Permission denied")
        return real_open(path, flags)

    def closed_scan(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return real_scan(path)

    monkeypatch.setattr(os, "open", closed_open)
    monkeypatch.setattr(os, "scandir", closed_scan)
    mails, errors = read_all(tmp_path)
    assert [one.raw for one in mails] == [mail(2)]
    assert codes(errors) == ["permission-denied"] * 2
    assert "read permission" in errors[0].text


def test_a_disk_that_fails_in_the_middle_gives_what_came_before(tmp_path: Path) -> None:
    mails = [mail(n, body="x" * 500) for n in range(20)]
    data = mbox(mails)

    class Failing:
        def __init__(self) -> None:
            self.at = 0

        def read(self, n: int) -> bytes:
            if self.at >= len(data) // 2:
                raise OSError(5, "Input/output error")
            piece = data[self.at : min(self.at + n, len(data) // 2)]
            self.at += len(piece)
            return piece

    items = list(read_mail(["-"], stdin=Failing(), limits=ReadLimits(chunk_bytes=1000)))  # type: ignore[arg-type]
    found = [item.raw for item in items if isinstance(item, RawMail)]
    assert found[:-1] == mails[: len(found) - 1]
    errors = [item for item in items if isinstance(item, ReadError)]
    assert [error.code for error in errors] == ["read-failed"]
    assert "Input/output error" in errors[0].text
    assert errors[0].offset == len(data) // 2


CHILD = """
import resource, sys
from tocsin.connect.files import read_mail
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
kinds = [getattr(item, "code", type(item).__name__) for item in read_mail(sys.argv[1:])]
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
print(*[kind for kind in kinds if kind != "ReadProgress"])
"""


def measured(path: Path) -> tuple[int, list[str]]:
    """Growth of memory in MiB while reading, and what came of it."""
    run = subprocess.run([sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=True)
    growth, kinds = run.stdout.splitlines()
    return int(growth), kinds.split()


def test_a_single_line_of_200_megabytes_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "line"
    with path.open("wb") as file:
        for _ in range(200):
            file.write(b"a" * MIB)
    growth, kinds = measured(path)
    assert kinds == ["not-mail"]
    assert growth < 20


def test_memory_does_not_grow_with_the_mailbox(tmp_path: Path) -> None:
    path = tmp_path / "box"
    piece = mbox([mail(n, body="word " * 2000) for n in range(100)])
    with path.open("wb") as file:
        for _ in range(100):
            file.write(piece)
    growth, kinds = measured(path)
    # the child keeps the names of the kinds, not the mails
    assert kinds == ["RawMail"] * 10_000
    assert growth < 20


def test_a_mail_of_one_endless_line_is_passed_over_within_bounds(tmp_path: Path) -> None:
    path = tmp_path / "box"
    with path.open("wb") as file:
        file.write(mbox([mail(1)]) + b"From a@desk.example Tue Mar  5 10:00:00 2024\nSubject: x\n\n")
        for _ in range(300):
            file.write(b"a" * MIB)
        file.write(b"\n\n" + mbox([mail(2)]))
    growth, kinds = measured(path)
    assert kinds == ["RawMail", "mail-too-large", "RawMail"]
    assert growth < 700


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=3000))
def test_recognition_never_raises(data: bytes) -> None:
    assert isinstance(recognise(data), Kind)


MAGIC = [
    b"", b"From a@b.example Tue Mar  5 10:00:00 2024\n", b"From: a\nTo: b\n\n", b"\x1f\x8b\x08", b"BZh9",
    b"\xfd7zXZ\0",    b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"BABYL OPTIONS\n",
    b"\x01\x01\x01\x01\n", b"12\nFrom: a\n", b"a" * 99 + b"\0" + b"0" * 400, b"<html>",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(magic=st.sampled_from(MAGIC), data=st.binary(max_size=2000), chunk=st.integers(16, 4000))
def test_reading_never_raises_and_always_says_something(magic: bytes, data: bytes, chunk: int) -> None:
    mails, errors = read_all(
        "-", stdin=magic + data, limits=ReadLimits(chunk_bytes=chunk, max_mail_bytes=1500)
    )
    assert mails or errors


@settings(max_examples=200, deadline=None)
@given(
    bodies=st.lists(st.text(alphabet="aF>rom \n\r:x", max_size=80), min_size=1, max_size=6),
    chunk=st.integers(16, 500),
)
def test_what_is_quoted_as_mboxrd_says_comes_back(bodies: list[str], chunk: int) -> None:
    mails = [mail(at, body=body.replace("\r", "") + "\n.") for at, body in enumerate(bodies)]
    quoted = []
    for one in mails:
        head, _, body = one.partition(b"\n\n")
        quoted.append(head + b"\n\n" + re.sub(rb"(?m)^(>*From )", rb">\1", body))
    found = read("-", stdin=mbox(quoted), limits=ReadLimits(chunk_bytes=chunk))
    assert [one.raw for one in found] == mails


HOSTILE_LINES = [
    b"From x",
    b"From " + b"a@" * 450,
    b"From " + b"Mon Jan " * 120,
    b"From a@b " + b" " * 900 + b"x",
    b"From  Mon" + b" " * 400 + b"Jan" + b" " * 400 + b"1",
    b">" * 900 + b"From ",
]


@pytest.mark.parametrize("line", HOSTILE_LINES)
def test_lines_made_to_be_slow_are_text(line: bytes) -> None:
    body = (b"\n\n" + line + b"\nno field here\n") * 300
    opening = b"From a@desk.example Tue Mar  5 10:00:00 2024\nFrom: x\nTo: y\n\n"
    mails, errors = read_all("-", stdin=opening + body + b"\n" + mbox([mail(2)]))
    assert len(mails) == 2
    assert errors == []
    assert mails[1].raw == mail(2)
