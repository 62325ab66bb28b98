"""What users have that is no good mail: each is said in one line, the rest is read, the exit code tells."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.connect.makers import zipped
from tests.e2e.mailboxes import OWNER, mail, mbox
from tests.e2e.running import (
    ALERT,
    ESCAPES,
    GOOD,
    MEASURED,
    MIB,
    UNREAD,
    WRONG_USE,
    environment,
    good,
    peak_kib,
    run,
    scan,
)
from tests.e2e.test_scan import records


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def compressed_zeros(size: int) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as file:
        file.write(b"From a@b.test Mon Jan 11 09:00:00 2021\nFrom: a@b.test\n\n")
        for _ in range(size // MIB):
            file.write(bytes(MIB))
    return out.getvalue()


def encrypted_zip() -> bytes:
    """A stored member with the flag for encryption set in both of its headers."""
    data = bytearray(zipped({"a.eml": mail(7)}, zipfile.ZIP_STORED))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    return bytes(data)


def nested_bomb() -> bytes:
    inner = zipped({"zeros.mbox": bytes(128 * MIB)})
    for depth in range(6):
        inner = zipped({f"{depth}-{copy}.zip": inner for copy in range(4)})
    return inner


def nasty_tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (
            ("/etc/absolute.eml", tarfile.REGTYPE),
            ("../../up.eml", tarfile.REGTYPE),
            ("device", tarfile.CHRTYPE),
            ("pipe", tarfile.FIFOTYPE),
            ("link.eml", tarfile.SYMTYPE),
            ("hard.eml", tarfile.LNKTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type = kind
            member.linkname = "/etc/passwd"
            data = mail(len(name)) if kind == tarfile.REGTYPE else b""
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BROKEN = {
    "noise.zip": (b"PK\x03\x04" + os.urandom(4000), "zip"),
    "locked.zip": (encrypted_zip(), "password"),
    "bomb.mbox.gz": (compressed_zeros(400 * MIB), "unpack"),
    "nested.zip": (nested_bomb(), "archive"),
    "cut.gz": (gzip.compress(mail(9) * 500)[:-700], "ends"),
    "box.pst": (b"!BDN" + os.urandom(5000), "PST"),
    "cut.pst": (b"!BDN", "PST"),
    "note.msg": (OLE + os.urandom(3000), "msg"),
    "cut.msg": (OLE, "msg"),
    "box.7z": (b"7z\xbc\xaf\x27\x1c" + bytes(100), "Unpack"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_containers_are_said_and_the_rest_is_read(tmp_path: Path, home: Path, name: str) -> None:
    data, word = BROKEN[name]
    (tmp_path / name).write_bytes(data)
    good(tmp_path)
    code, ids, errors = scan(tmp_path, home=home)
    assert code == UNREAD
    assert set(GOOD) <= set(ids)
    said = [error for error in errors if name in error["source"]]
    assert said, errors
    assert any(word.lower() in error["text"].lower() for error in said), said


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.mbox", b""),
        ("noise.bin", os.urandom(100_000)),
        ("zeros", bytes(5000)),
        ("notes.txt", b"Nothing that looks like mail.\n" * 40),
        ("data.json", b'{"From": "a", "To": "b"}'),
    ],
)
def test_what_is_no_mail_is_said_when_named_and_no_failure_beside_mail(
    tmp_path: Path, home: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    code, ids, errors = scan(tmp_path / name, home=home)
    assert (code, ids, len(errors)) == (UNREAD, [], 1)
    assert name in errors[0]["source"]
    good(tmp_path)
    code, ids, errors = scan(tmp_path, home=home)
    assert (code, ids) == (0, GOOD)
    assert all(error["code"] == "skipped-files" for error in errors)


def test_a_folder_without_mail(tmp_path: Path, home: Path) -> None:
    code, ids, errors = scan(tmp_path, home=home)
    assert (code, ids) == (UNREAD, [])
    assert [error["code"] for error in errors] == ["no-mail"]
    shown = run("scan", tmp_path, home=home).stdout
    assert b"No mail was read" in shown
    assert b"no sign" not in shown


def test_html_that_is_no_mail_is_judged_with_that_said(tmp_path: Path, home: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html><body><h1>Opening hours</h1></body></html>")
    result = run("scan", page, "--json", home=home)
    (record,) = records(result.stdout)
    assert result.returncode == UNREAD
    assert any("headers are missing" in text for text in record["verdict"]["not_evaluated"])


def test_an_mbox_cut_in_mid_message(tmp_path: Path, home: Path) -> None:
    path = mbox(tmp_path / "box.mbox", [mail(n, html="<p>x</p>" * 50) for n in range(3)])
    path.write_bytes(path.read_bytes()[:-200])
    result = run("scan", path, "--json", home=home)
    found = [record for record in records(result.stdout) if record["schema"] == "tocsin.mail/1"]
    found.sort(key=lambda record: str(record["message_id"]))
    assert [record["message_id"] for record in found] == [f"{n}@news-desk.test" for n in range(3)]
    assert found[2]["defects"], "a part that was never closed is a defect"
    assert result.returncode == UNREAD
    assert b"box.mbox" in result.stderr


def test_a_tar_with_hostile_members(tmp_path: Path, home: Path) -> None:
    (tmp_path / "box.tar").write_bytes(nasty_tar())
    before = set(tmp_path.rglob("*"))
    code, ids, errors = scan(tmp_path / "box.tar", home=home)
    assert code in (0, UNREAD)
    assert len(ids) == 2
    assert set(tmp_path.rglob("*")) == before, "something was unpacked"
    assert "root:" not in str(errors)


as_nobody = pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None,
    reason="as root needs setpriv (Debian package util-linux) to become another user",
)


@as_nobody
def test_a_file_and_a_folder_that_may_not_be_read(home: Path) -> None:
    # pytest's own folders may be entered by their owner alone
    folder = Path(f"/tmp/tocsin-test-{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "closed").mkdir(parents=True)
    try:
        good(folder)
        (folder / "secret.eml").write_bytes(mail(5))
        (folder / "secret.eml").chmod(0)
        (folder / "closed").chmod(0)
        (folder / "home").mkdir(mode=0o777)
        prefix: tuple[str, ...] = ()
        if os.geteuid() == 0:
            (folder / "home").chmod(0o777)
            prefix = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
        check = [*prefix, sys.executable, "-c", "import tocsin.app.scan"]
        if subprocess.run(check, capture_output=True, check=False, timeout=60).returncode:
            pytest.skip("another user may not read this checkout or its environment")
        code, ids, errors = scan(folder, home=folder / "home", prefix=prefix)
        assert (code, ids) == (UNREAD, GOOD)
        assert sorted(error["code"] for error in errors) == ["permission-denied", "permission-denied"]
        page = run("scan", folder, "--html", "/proc/x.html", home=folder / "home", prefix=prefix)
        assert page.returncode == WRONG_USE
    finally:
        (folder / "closed").chmod(0o700)
        shutil.rmtree(folder)


def test_a_single_line_of_200_megabytes(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "aa-line.eml"
    with path.open("wb") as file:
        file.write(b"From: a@b.test\nTo: c@d.test\nSubject: ")
        for _ in range(200):
            file.write(b"a" * MIB)
    good(tmp_path)
    result = run("scan", tmp_path, "--json", "--jobs", "1", home=home, prefix=MEASURED)
    assert set(GOOD) <= {
        one["message_id"] for one in records(result.stdout) if one["schema"] == "tocsin.mail/1"
    }
    assert result.returncode in (0, UNREAD)
    assert peak_kib(result) < 700 * 1024


def test_special_files_are_never_opened(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "around").symlink_to(tmp_path)
    (tmp_path / "gone.eml").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        code, ids, errors = scan(tmp_path, home=home)
    assert (code, ids) == (UNREAD, GOOD)
    assert sorted(error["code"] for error in errors) == [
        "broken-link",
        "link-loop",
        "not-a-file",
        "not-a-file",
    ]


STRANGE_NAMES = [
    b"line\nbreak.eml",
    b"\xff\xfe not utf-8.eml",
    b"n" * 251 + b".eml",
    b"\x1b]0;title\x07\x1b[31mred.eml",
    "\u202elme.eml".encode(),
    b"[bold]markup.eml",
    b"#hash@1.eml",
    b"-rf.eml",
]


def test_strange_file_names(tmp_path: Path, home: Path) -> None:
    folder = os.fsencode(tmp_path / "mails")
    os.mkdir(folder)
    for number, name in enumerate(STRANGE_NAMES):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(mail(number))
        with open(os.path.join(folder, b"bad " + name[-100:]), "wb") as file:
            file.write(b"PK\x03\x04 not a zip")
    result = run("scan", folder, "--json", home=home)
    assert result.returncode == UNREAD
    found = records(result.stdout)
    assert len({r["message_id"] for r in found if r["schema"] == "tocsin.mail/1"}) == len(STRANGE_NAMES)
    page = tmp_path / "report.html"
    shown = run("scan", folder, "--html", page, home=home)
    for text in (shown.stdout, shown.stderr, result.stderr, page.read_bytes()):
        assert not any(escape in text.decode() for escape in ESCAPES)
    paths = [os.path.join(folder, name) for name in STRANGE_NAMES]
    assert run("scan", *paths, "--quiet", home=home).returncode in (0, UNREAD)
    for path in paths[::3]:
        shown = run("explain", path, home=home)
        assert shown.returncode in (0, UNREAD)
        assert not any(escape in (shown.stdout + shown.stderr).decode() for escape in ESCAPES)


@pytest.mark.parametrize("command", ["scan", "explain"])
def test_paths_that_are_wrong_do_not_steer_the_terminal(home: Path, command: str) -> None:
    for path in (b"/nowhere/\x1b[31m\xff\x07", b"", "/nowhere/\u202ex".encode()):
        result = run(command, path, home=home)
        assert result.returncode == WRONG_USE
        assert not any(escape in result.stderr.decode() for escape in ESCAPES)


def test_3000_small_files(tmp_path: Path, home: Path) -> None:
    for number in range(3000):
        (tmp_path / f"{number}.eml").write_bytes(mail(1).replace(b"1@news", b"%d@news" % number))
    code, ids, errors = scan(tmp_path, home=home)
    assert (code, len(ids), errors) == (0, 3000, [])


def test_mail_does_not_steer_the_terminal(tmp_path: Path, home: Path) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\u202egpj.exe\u2066\x9b31m[bold red]x[/bold red]"
    html = f'<img src="http://192.0.2.7/{OWNER}/p.gif" width="1" height="1"><a href="http://192.0.2.7/x">{evil}</a>'
    head = (
        f"From: {evil} <desk@news-desk.test>\nTo: {OWNER}\nDelivered-To: {OWNER}\nSubject: {evil}\n"
        f"Message-ID: <{evil}@x.test>\nDate: Mon, 11 Jan 2021 09:00:00 +0000\nContent-Type: text/html; charset=utf-8\n"
    )
    path = tmp_path / "evil.eml"
    path.write_bytes(f"{head}\n{html}".encode())
    page = tmp_path / "page.html"
    shown = run("scan", path, "--html", page, "--threshold", "0", home=home)
    assert shown.returncode == ALERT
    explained = run("explain", path, home=home)
    record = run("scan", path, "--json", home=home)
    for text in (
        shown.stdout,
        shown.stderr,
        explained.stdout,
        explained.stderr,
        record.stderr,
        page.read_bytes(),
    ):
        assert not any(escape in text.decode() for escape in ESCAPES)
    assert b"[bold red]x" in explained.stdout, "markup in mail is text"
    assert "\x1b]0;owned" in records(record.stdout)[0]["subject"], "JSON carries what was sent"


def test_a_locale_without_letters(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(mail(1, Subject="Žluťoučký kůň – 問い合わせ"))
    for encoding in ("ascii", "latin-1"):
        plain = environment(home) | {"PYTHONIOENCODING": encoding, "LC_ALL": "C"}
        for command in (["scan"], ["explain"], ["scan", "--threshold", "0"]):
            assert run(*command, path, home=home, env=plain).returncode in (0, ALERT)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere", "-o", "out"), "nowhere"),
        (("january",), "-o DIR"),
        ((), "--list"),
        (("january", "-o", "/proc/x/y"), "cannot be written"),
        (("january", "-o", "out", "--people", "0"), "--people 0"),
        (("january", "-o", "out", "--scale", "nan"), "--scale"),
        (("january", "-o", "out", "--scale", "-1"), "--scale"),
        (("/etc/passwd", "-o", "out"), "passwd"),
        (("/dev/null", "-o", "out"), "/dev/null"),
        (("\x1b[31mx", "-o", "out"), "x1b[31mx"),
    ],
)
def test_exercises_that_cannot_be_made(
    tmp_path: Path, home: Path, arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("exercise", *arguments, home=home)
    assert result.returncode == WRONG_USE
    assert said in result.stderr.decode()
    assert not (tmp_path / "out").exists()


def test_explain_says_what_it_could_not_read(tmp_path: Path, home: Path) -> None:
    bad = tmp_path / "\x1b[31mbad.zip"
    bad.write_bytes(b"PK\x03\x04 nothing")
    result = run("explain", bad, home=home)
    assert result.returncode == UNREAD
    assert b"\x1b" not in result.stderr
    assert b"bad.zip" in result.stderr
    good(tmp_path)
    result = run("explain", "ffffff", "--in", tmp_path / "zz-good.mbox", home=home)
    assert result.returncode == WRONG_USE
    assert b"no such mail" in result.stderr
