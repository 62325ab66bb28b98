"""Mailboxes on a real Dovecot are followed: what arrives is judged, nothing in them changes, nothing is lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.dovecot_server import PASSWORD, Server
from tests.e2e.watching import EVIL, Mailbox, Watch, once, plain, spear
from tests.imap_fake import Fake


@pytest.fixture
def ada(dovecot: Server) -> Mailbox:
    shutil.rmtree(dovecot.home("ada@desk.test"), ignore_errors=True)
    return Mailbox(dovecot, "ada@desk.test")


def test_two_accounts_are_followed_and_not_changed(tmp_path: Path, dovecot: Server, ada: Mailbox) -> None:
    """By IDLE, over a server that goes away, on past a restart and a new UIDVALIDITY."""
    bo = Mailbox(dovecot, "bo@desk.test")
    ada.deliver(spear(0))  # before watching begins: for --backfill
    secret = tmp_path / "secret"
    secret.write_text(f"{PASSWORD}\nmore\n")
    accounts = tmp_path / "accounts.toml"
    accounts.write_text(
        f'[[account]]\naddress = "imaps://ada@desk.test@localhost:{dovecot.imaps_port}/INBOX"\n\n'
        f'[[account]]\naddress = "imap://bo@desk.test@localhost:{dovecot.imap_port}"\nowner = "bo@desk.test"\n'
        f'password_command = ["cat", "{secret}"]\n'
    )
    watch = Watch(tmp_path, dovecot, "--accounts", str(accounts))
    watch.until_following(2)
    ada.deliver(spear(1))
    ada.deliver(plain(1))
    bo.deliver(spear(2, "bo@desk.test"))
    watch.until(lambda: len(watch.told()) == 2)
    found = {record["account"].partition("@localhost")[0]: record for record in watch.told()}
    assert found["ada@desk.test"]["subject"] == "Draft 1 for your comment"
    assert found["ada@desk.test"]["folder"] == "INBOX"
    assert found["ada@desk.test"]["owner"] == "ada@desk.test"
    assert found["ada@desk.test"]["done"] == "nothing"
    assert found["ada@desk.test"]["beacons"][0]["host"] == EVIL
    assert found["bo@desk.test"]["owner"] == "bo@desk.test"

    dovecot.stop()
    watch.until(lambda: "tried again in" in watch.said)
    dovecot.start()
    ada.deliver(spear(3))
    watch.until(lambda: len(watch.told()) == 3)
    assert watch.stop() == 0
    assert PASSWORD not in watch.said + str(watch.told())
    assert all("/new/" in f"/{name}" for name in ada.files()), (
        "opened read-only, mails stay unseen and recent"
    )
    assert all(not mail["flags"] for mail in ada.mails())

    ada.deliver(spear(4))
    code, told, _ = once(tmp_path, dovecot, ada.url())
    assert (code, [record["subject"] for record in told]) == (1, ["Draft 4 for your comment"])

    for path in ada.server.home(ada.user).glob("dovecot*"):  # as when a server is set up anew
        path.unlink()
    ada.deliver(spear(5))
    code, told, said = once(tmp_path, dovecot, ada.url())
    assert "has numbered INBOX anew" in said
    assert sorted(record["subject"] for record in told) == [
        "Draft 0 for your comment",  # not told before: it had come before watching began
        "Draft 5 for your comment",
    ]
    assert once(tmp_path, dovecot, ada.url())[:2] == (0, [])


def test_tokens_open_accounts_and_wrong_ones_are_not_repeated(
    tmp_path: Path, dovecot: Server, ada: Mailbox
) -> None:
    token, over = dovecot.token(ada.user), dovecot.token(ada.user, -60)
    script = tmp_path / "token"
    script.write_text(f"#!/bin/sh\nif [ -e {tmp_path}/over ]; then echo {over}; else echo {token}; fi\n")
    script.chmod(0o755)
    accounts = tmp_path / "accounts.toml"
    address = f"imap://ada@desk.test;AUTH=OAUTHBEARER@localhost:{dovecot.imap_port}/INBOX"
    accounts.write_text(f'[[account]]\naddress = "{address}"\ntoken_command = ["{script}"]\n')
    store = tmp_path / "mail.db"
    code, told, said = once(tmp_path, dovecot, "--accounts", str(accounts), "--store", str(store))
    assert (code, told) == (0, [])
    assert "following INBOX" in said
    assert "there is no store yet; it is made" in said
    assert store.exists()

    (tmp_path / "over").touch()
    code, told, said = once(tmp_path, dovecot, "--accounts", str(accounts), "--timeout", "5")
    assert code == 3
    assert told[0]["code"] == "not-followed"
    assert "logging in" in said
    assert over not in said + str(told)


def test_servers_that_lie_disturb_nobody_else(tmp_path: Path, dovecot: Server, ada: Mailbox) -> None:
    lies = [
        Fake({5: spear(1)}, answers)  # type: ignore[arg-type]
        for answers in (
            {"GREETING": b"* BYE no\r\n"},
            {"EXAMINE": None},
            {"UID SEARCH": b"* SEARCH 3 1 2 2 99999999999 1\r\n%T OK x\r\n", "UID FETCH": b"%T OK x\r\n"},
            {"UID FETCH": b"* 1 FETCH (UID 5 BODY[] {10737418240}\r\nabc"},
            {"LIST": b"* LIST () \"/\" a\r\n" * 20_000},
        )
    ]  # fmt: skip
    urls = [f"imap://liar@127.0.0.1:{fake.port}/INBOX" for fake in lies]
    arguments = (*urls, ada.url(), "--insecure-loopback", "--timeout", "0.7", "--existing")
    login = {"TOCSIN_LOGIN_127_0_0_1": "liar:x"}
    ada.deliver(spear(1))
    code, told, said = once(tmp_path, dovecot, *arguments, **login)
    assert code == 1
    assert [record["subject"] for record in told if "subject" in record] == ["Draft 1 for your comment"]
    lost = [record for record in told if record["schema"] == "tocsin.error/1"]
    assert len(lost) >= 3, said
    for fake in lies:
        fake.close()


def test_gmail_shows_each_mail_once_with_its_labels(tmp_path: Path, dovecot: Server) -> None:
    gmail = Fake(
        {5: plain(1), 6: spear(1)},
        capabilities=b"IMAP4rev1 X-GM-EXT-1",
        folders=((b"\\HasNoChildren", b"INBOX"), (b"\\All", b"[Gmail]/All Mail")),
        attributes=lambda uid: b' X-GM-MSGID %d X-GM-LABELS ("\\\\Inbox" "Work")' % (1700 + uid),
    )
    base = f"imap://ada@127.0.0.1:{gmail.port}"
    arguments = (f"{base}/INBOX", f"{base}/%5BGmail%5D/All%20Mail", "--insecure-loopback", "--existing")
    login = {"TOCSIN_LOGIN_127_0_0_1": "ada:x"}
    code, told, _ = once(tmp_path, dovecot, *arguments, **login)
    assert code == 1
    assert [record["subject"] for record in told] == ["Draft 1 for your comment"]
    assert told[0]["labels"] == ["\\Inbox", "Work"]
    code, _, said = once(tmp_path, dovecot, *arguments, "--handle", "replace", **login)
    assert code == 2
    assert "Gmail only takes a label off" in said
    gmail.close()


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ((), "no mailbox is named"),
        (("imaps://ada:hunter2@localhost/INBOX",), "has a password in it"),
        (("imaps://ada@localhost/INBOX", "--handle", "move"), "--alerts-folder"),
        (("imaps://ada@localhost/INBOX", "--ca-file", "/dev/null"), "no file of certificate authorities"),
    ],
)
def test_wrong_use_is_said_before_anything_is_connected(
    arguments: tuple[str, ...], part: str, tmp_path: Path, dovecot: Server
) -> None:
    code, told, said = once(tmp_path, dovecot, *arguments)
    assert (code, told) == (2, [])
    assert part in said
    assert "hunter2" not in said


def test_a_server_that_nobody_vouches_for_gets_no_password(
    tmp_path: Path, dovecot: Server, ada: Mailbox
) -> None:

    before = dovecot.log().count("Login:")
    code, told, said = once(tmp_path, dovecot, ada.url(), "--ca-file", "/etc/ssl/certs/ca-certificates.crt")
    assert code == 3
    assert "cannot be trusted" in told[0]["text"] + said
    assert dovecot.log().count("Login:") == before
