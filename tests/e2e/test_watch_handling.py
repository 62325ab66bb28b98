"""What watching changes in mailboxes where it is asked to: nothing is lost or there twice, dates and flags stay."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dovecot_server import Server
from tests.e2e.running import run
from tests.e2e.watching import EVIL, Mailbox, Watch, once, plain, spear
from tests.imap_fake import Between

USER = "ada@desk.test"
FLAGS = {"\\Flagged", "\\Answered", "$Label1"}
DATE = '"03-Feb-2026 04:05:06 +0500"'


@pytest.fixture
def ada(dovecot: Server) -> Mailbox:
    shutil.rmtree(dovecot.home(USER), ignore_errors=True)
    return Mailbox(dovecot, USER)


@pytest.fixture
def between(dovecot: Server) -> Iterator[Between]:
    proxy = Between(dovecot.imap_port)
    yield proxy
    proxy.close()


def put(ada: Mailbox) -> None:
    """Three mails, of which one alarms; it has flags, a date of its own and a line end that is alone."""
    ada.append(plain(1))
    ada.append(spear(1), f"({' '.join(sorted(FLAGS))})", DATE)
    ada.append(plain(2))


def is_defused(mail: dict[str, Any]) -> bool:
    return b"X-Tocsin-Defused:" in mail["raw"]


def check_copy(copy: dict[str, Any], original_date: Any) -> None:
    assert is_defused(copy)
    assert EVIL.encode() not in re.sub(rb"(?s)<!--.*?-->", b"", copy["raw"].partition(b"\r\n\r\n")[2])
    assert copy["raw"].startswith(b"X-Tocsin-Verdict: reconnaissance; ")
    assert copy["flags"] == FLAGS
    assert copy["date"] == original_date


def test_a_defused_copy_is_put_beside_the_original(tmp_path: Path, dovecot: Server, ada: Mailbox) -> None:
    put(ada)
    before = ada.mails()
    code, told, _ = once(tmp_path, dovecot, ada.url(), "--existing", "--handle", "copy")
    assert (code, len(told), told[0]["done"]) == (1, 1, "copied")
    after = ada.mails()
    assert after[:3] == before
    assert len(after) == 4
    check_copy(after[3], before[1]["date"])
    assert hashlib.sha256(before[1]["raw"]).hexdigest() == told[0]["sha256"]
    assert once(tmp_path, dovecot, ada.url(), "--existing", "--handle", "copy")[:2] == (0, []), (
        "its own copy is passed over"
    )
    assert ada.mails() == after

    for path in dovecot.home(USER).glob("dovecot*"):
        path.unlink()
    code, told, _ = once(tmp_path, dovecot, ada.url(), "--existing", "--handle", "copy")
    assert (code, told, len(ada.mails())) == (0, [], 4), "numbered anew, nothing is judged or copied again"


def test_alerts_are_moved_and_the_rest_stays(
    tmp_path: Path, dovecot: Server, ada: Mailbox, between: Between
) -> None:
    """By MOVE, and on a server that has neither MOVE nor IDLE."""
    put(ada)
    before = ada.mails()
    arguments = ("--handle", "move", "--alerts-folder", "Alerts/To look at")
    code, told, _ = once(tmp_path, dovecot, ada.url(), "--existing", *arguments)
    assert (code, [record["done"] for record in told]) == (1, ["moved"])
    between.hide = (b" MOVE", b" IDLE")
    watch = Watch(
        *(tmp_path, dovecot, ada.url(port=between.port), "--insecure-loopback", "--poll", "0.2"), *arguments
    )
    watch.until_following()
    ada.append(spear(2), f"({' '.join(sorted(FLAGS))})", DATE)
    watch.until(lambda: watch.told())
    assert watch.stop() == 0
    assert [record["done"] for record in watch.told()] == ["moved"]
    assert [mail["raw"] for mail in ada.mails()] == [before[0]["raw"], before[2]["raw"]]
    moved = ada.mails('"Alerts/To look at"')
    assert [mail["raw"] for mail in moved] == [before[1]["raw"], spear(2)]
    assert [mail["date"] for mail in moved] == [before[1]["date"]] * 2
    assert [mail["flags"] for mail in moved] == [FLAGS] * 2


@pytest.mark.parametrize("stop_at", [b" APPEND ", b"UID EXPUNGE"])
def test_a_mail_is_replaced_whatever_step_the_machine_fails_at(
    stop_at: bytes, tmp_path: Path, dovecot: Server, ada: Mailbox, between: Between
) -> None:
    arguments = (ada.url(port=between.port), "--insecure-loopback", "--existing", "--handle", "replace")
    put(ada)
    before = ada.mails()
    between.stop_at = stop_at
    watch = Watch(tmp_path, dovecot, *arguments)
    watch.until(between.stopped.is_set)
    watch.kill()
    left = ada.mails()
    assert [mail["raw"] for mail in left[:3]] == [mail["raw"] for mail in before], "nothing is removed yet"
    assert len(left) == (3 if stop_at == b" APPEND " else 4)
    ada.append(plain(3))

    code, told, said = once(tmp_path, dovecot, *arguments)
    assert (code, [record["done"] for record in told]) == (1, ["replaced"]), said
    after = ada.mails()
    bodies = [mail["raw"] for mail in after if not is_defused(mail)]
    assert sorted(bodies) == sorted([before[0]["raw"], before[2]["raw"], plain(3)])
    copies = [mail for mail in after if is_defused(mail)]
    assert len(copies) == 1
    check_copy(copies[0], before[1]["date"])
    restored = tmp_path / "restored.eml"
    assert run("restore", told[0]["sealed"], "-o", str(restored), home=tmp_path).returncode == 0
    assert restored.read_bytes() == before[1]["raw"]


def test_without_uidplus_nothing_is_begun(
    tmp_path: Path, dovecot: Server, ada: Mailbox, between: Between
) -> None:
    between.hide = (b" UIDPLUS",)
    arguments = (ada.url(port=between.port), "--insecure-loopback", "--existing")
    put(ada)
    before = ada.files()
    code, told, said = once(tmp_path, dovecot, *arguments, "--handle", "replace")
    assert (code, told) == (2, [])
    assert "has no UIDPLUS" in said
    assert ada.files() == before


def test_a_copy_that_does_not_come_back_as_it_was_leaves_the_original(
    tmp_path: Path, dovecot: Server, ada: Mailbox, between: Between
) -> None:
    arguments = (ada.url(port=between.port), "--insecure-loopback", "--existing")
    put(ada)
    before = ada.mails()
    between.change = (b"X-Tocsin-Defused", b"X-Tocsin-Altered")
    code, told, _ = once(tmp_path, dovecot, *arguments, "--handle", "replace")
    assert (code, told[0]["done"]) == (1, "not-done")
    assert "is not what was put there" in told[0]["why"]
    assert ada.mails()[:3] == before


def test_policy_decides_whose_mail_is_changed(tmp_path: Path, dovecot: Server, ada: Mailbox) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(
        '[default]\nalert = "tag"\ntracked = "tag"\n\n[[rule]]\nfor = ["bo@desk.test"]\nalert = "defuse"\n'
    )
    put(ada)
    ada.append(plain(4) + b"x" * 50_000)
    before = ada.mails()
    arguments = (ada.url(), "--existing", "--handle", "replace", "--policy", str(policy))
    code, told, said = once(tmp_path, dovecot, *arguments, TOCSIN_MAX_MAIL_BYTES="10000")
    assert (code, told[0]["action"], told[0]["done"]) == (1, "tag", "nothing")
    assert (told[1]["code"], len(told)) == ("mail-too-large", 2)
    assert "INBOX#4: is larger" in said
    assert ada.mails() == before
