"""Whole accounts are fetched and judged, on from where a run was killed, and watching goes on where that ends."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.dovecot_server import Server
from tests.e2e.running import run
from tests.e2e.test_scan import records
from tests.e2e.watching import Mailbox, Watch, once, plain, spear
from tests.imap_fake import Between

USER = "ada@desk.test"


def test_an_account_is_fetched_on_from_where_it_was_killed(tmp_path: Path, dovecot: Server) -> None:
    shutil.rmtree(dovecot.home(USER), ignore_errors=True)
    ada = Mailbox(dovecot, USER)
    for number in range(60):
        ada.append(plain(number))
    with ada.client() as client:
        for name in ("Sent", '"Archiv/M&APw-nchen"'):
            client.create(name)
    ada.append(spear(1), "(\\Seen)", '"03-Feb-2026 04:05:06 +0500"', '"Archiv/M&APw-nchen"')
    ada.append(plain(100), folder="Sent")
    ada.append(spear(2), "(\\Draft)")
    before = ada.files()
    between = Between(dovecot.imap_port)
    between.stop_at, between.skip = b"BODY.PEEK[]", 2
    arguments = (ada.url("", between.port), "--insecure-loopback")
    watch = Watch(tmp_path, dovecot, *arguments, "--backfill")
    watch.until(between.stopped.is_set)
    watch.kill()
    spooled = list((tmp_path / "state" / "backfill").glob("*/**/cur/*"))
    assert 0 < len(spooled) < 62

    store = tmp_path / "mail.db"
    watch = Watch(tmp_path, dovecot, *arguments, "--backfill", "--store", str(store), "--quiet")
    assert watch.stop_by_itself() == 1, watch.said
    found = [record for record in watch.told() if record["schema"] == "tocsin.mail/1"]
    assert len(found) == 62
    alerts = [record for record in found if record["verdict"]["alert"]]
    assert [record["subject"] for record in alerts] == ["Draft 1 for your comment"]
    explained = run("explain", alerts[0]["sha256"], "--store", str(store), "--json", home=tmp_path)
    assert records(explained.stdout)[0]["folder"] == "Archiv/München"
    assert not any((tmp_path / "state" / "backfill").iterdir()), "what was judged is removed"
    assert [Path(name).name for name in ada.files()] == [Path(name).name for name in before]

    ada.deliver(spear(3))
    code, told, _ = once(tmp_path, dovecot, ada.url("INBOX", between.port), "--insecure-loopback")
    assert (code, [record["subject"] for record in told]) == (1, ["Draft 3 for your comment"])
    between.close()
