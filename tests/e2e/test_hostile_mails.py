"""Mails made to exhaust or confuse: read within bounds, judged, and shown on the terminal and the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.running import ALERT, GOOD, MEASURED, MIB, UNREAD, good, peak_kib, run, scan
from tests.e2e.test_scan import records


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


NEVER_ENDING = b"x" * 60 * MIB
HOSTILE_MAILS = {
    "nested parts": b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(10_000)
    ),
    "nested messages": b"Content-Type: message/rfc822\n\n" * 10_000,
    "headers": b"".join(b"X-%d: y\n" % n for n in range(5000)) + b"\nbody",
    "recipients": b"Cc: " + b", ".join(b"p%d@many.test" % n for n in range(10_000)) + b"\n\nbody",
    "long header": b"X-Long: " + b"y" * 5 * MIB + b"\n\nbody",
    "long folded header": b"References:" + b"\n <a@b.test>" * 400_000 + b"\n\nbody",
    "NULs": b"X: \0\0\n\n\0\0<img src=\0http://192.0.2.1/>\0",
    "lone CRs": b"X: y\rZ: w\r\rbody\rbody",
    "large": b"\n" + NEVER_ENDING,
    "large base64": b"Content-Transfer-Encoding: base64\n\n" + b"QUFB\n" * 4_000_000,
    "comments": b"X: y\nCc: " + b"(" * 100_000 + b"\n\nbody",
    "encoded words": b"Comments: " + b"=?utf-8?q?" * 50_000 + b"\n\nbody",
    "tags": b"Content-Type: text/html\n\n" + b"<div>" * 200_000,
    "attributes": b"Content-Type: text/html\n\n<img " + b"src=http://192.0.2.1/ a" * 50_000 + b">",
    "style": b"Content-Type: text/html\n\n<style>" + b"a{background:url(" * 50_000,
    "pictures": b"Content-Type: text/html\n\n" + b"<img src=http://192.0.2.1/%61>" * 50_000,
}
START = b"From: A <a@b.test>\nTo: c@d.test\nDate: Mon, 11 Jan 2021 09:00:00 +0000\nMessage-ID: <h@b.test>\nSubject: s\n"


@pytest.mark.parametrize("name", HOSTILE_MAILS)
def test_hostile_mails_are_read_or_said(tmp_path: Path, home: Path, name: str) -> None:
    (tmp_path / "hostile.eml").write_bytes(START + HOSTILE_MAILS[name])
    good(tmp_path)
    page = tmp_path / "page.html"
    result = run("scan", tmp_path, "--json", "--html", page, "--jobs", "1", home=home, prefix=MEASURED)
    found = {record["message_id"]: record for record in records(result.stdout)}
    assert set(GOOD) <= set(found)
    assert result.returncode in (0, ALERT, UNREAD)
    hostile = found.get("h@b.test") or found.get("")
    assert hostile is not None
    not_evaluated = " ".join(hostile["verdict"]["not_evaluated"])
    assert "failed" not in not_evaluated, not_evaluated
    assert "stopped" not in not_evaluated, not_evaluated
    assert peak_kib(result) < 900 * 1024
    assert page.stat().st_size < 5 * MIB
    shown = run("explain", tmp_path / "hostile.eml", home=home)
    assert shown.returncode in (0, ALERT, UNREAD)
    assert len(shown.stdout) < MIB, "nobody reads that much"


STRANGE_DATES = (
    "Thu, 01 Jan 1970 00:00:00 +0000", "Fri, 31 Dec 2099 23:59:59 +0000", "Mon, 99 Foo 20211 99:99:99 +9999",
    "\x00", "", "Mon, 1 Jan 0001 00:00:00 +1400", "Mon, 1 Jan 999999999999 00:00:00 +0000", "1", "-1",
)  # fmt: skip


def test_strange_dates(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    for number, date in enumerate(STRANGE_DATES):
        raw = f"From: a@b.test\nTo: c@d.test\nMessage-ID: <h{number}@b.test>\nDate: {date}\n\nx\n"
        (folder / f"{number}.eml").write_bytes(raw.encode())
    page = tmp_path / "page.html"
    code, found = scan(folder, "--html", page, home=home)[:2]
    assert code == 0
    assert sorted(found) == [f"h{number}@b.test" for number in range(len(STRANGE_DATES))]
    assert b"</html>" in page.read_bytes()
    assert run("explain", folder / "2.eml", home=home).returncode == 0
    assert run("explain", folder / "5.eml", home=home).returncode == 0
