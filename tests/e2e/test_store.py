"""`tocsin store` and `tocsin explain --store`: what is kept, who looked, what one person may have or have gone."""

from __future__ import annotations

import base64
import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.mailboxes import OWNER
from tests.e2e.running import ALERT, UNREAD, WRONG_USE, Result, run
from tests.e2e.stores import content, keep, mailbox, versions
from tests.e2e.test_scan import records

OTHER = "joke.peeters@parliament.example"


class Desk:
    """A help line's store with the mail of two people."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = home / "mail.db"
        self.people = home / "people.toml"

    def run(self, *arguments: str | Path) -> Result:
        return run(*arguments, "--store", self.store, home=self.home)

    def status(self, *more: str) -> dict[str, Any]:
        result = self.run("store", "status", "--json", *more)
        assert result.returncode == 0, result.stderr
        (record,) = records(result.stdout)
        return record

    def audit(self) -> list[dict[str, Any]]:
        return records(self.run("store", "audit", "--json").stdout)


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("desk")
    (home / "people.toml").write_text(
        f'[[person]]\nname = "Lena Maes"\naddresses = ["{OWNER}"]\ncountry = "BE"\n'
        f'[[person]]\nname = "Joke Peeters"\naddresses = ["{OTHER}"]\n'
    )
    boxes = mailbox(home), mailbox(home, "joke.mbox", mails=3, To=OTHER, Delivered_To=OTHER)
    people = ("--people", home / "people.toml")
    result = keep(*boxes, *people, "--plain", "--mandate", "asked by both", store=home / "mail.db", home=home)
    assert result.returncode == ALERT
    return home


@pytest.fixture
def desk(scanned: Path, tmp_path: Path) -> Desk:
    shutil.copytree(scanned, tmp_path / "home")
    return Desk(tmp_path / "home")


def test_status_tells_what_is_kept_and_how(desk: Desk) -> None:
    status = desk.status()
    assert (status["mails"], status["owners"]) == (10, {OWNER: 7, OTHER: 3})
    assert (status["encrypted"], status["exercise"], status["expired"]) == (False, False, 0)
    assert status["bytes"] >= desk.store.stat().st_size
    assert status["raw"] == status["alerts"] > 0
    assert status["verdict_versions"] == 10
    said = desk.run("store", "status").stdout.decode()
    assert "10 mails of 2 people" in said
    assert "not encrypted by Tocsin" in said
    assert OWNER not in said
    assert OWNER.replace(".example", "[.]example") in said


def test_every_look_is_audited_and_tampering_shows(desk: Desk) -> None:
    looks = [(one["action"], one["mandate"]) for one in desk.audit()]
    assert looks[:2] == [("observe", "asked by both"), ("judge", "asked by both")]
    sha256 = next(iter(content(desk.store)))[0]
    assert desk.run("explain", sha256[:12], "--mandate", "her own wish").returncode in (0, ALERT, UNREAD)
    assert desk.run("store", "verify").returncode == 0
    last = desk.audit()[-2:]
    assert [(one["action"], one["mandate"], one["count"]) for one in last] == [
        ("show", "her own wish", 1),
        ("read", "", 10),
    ]
    assert "her own wish" in desk.run("store", "audit").stdout.decode()
    import sqlcipher3.dbapi2 as sqlite

    connection = sqlite.connect(str(desk.store))
    connection.executescript("DROP TRIGGER audit_no_delete; DELETE FROM audit WHERE entry = 2")
    connection.execute("UPDATE records SET record = x'0001' WHERE number = 3")
    connection.commit()
    connection.close()
    result = desk.run("store", "audit")
    assert result.returncode == UNREAD
    assert b"tampered" in result.stderr
    result = desk.run("store", "verify")
    assert result.returncode == UNREAD
    assert b"tampered" in result.stderr
    assert b"mail 3 " in result.stderr
    assert b"9 records can be read" in result.stdout


def test_a_person_gets_all_that_is_held_and_can_have_it_gone(desk: Desk) -> None:
    out = desk.home / "lena.jsonl"
    result = desk.run(
        "store", "export", "lena maes", "--people", desk.people, "-o", out, "--mandate", "asked"
    )
    assert result.returncode == 0, result.stderr
    assert out.stat().st_mode & 0o777 == 0o600
    held = records(out.read_bytes())
    mails = [one for one in held if "mail" in one]
    assert len(mails) == 7
    assert {one["mail"]["owner"] for one in mails} == {OWNER}
    assert all(one["record"]["subject"].startswith("Report") and one["verdicts"] for one in mails)
    kept = [one for one in mails if "raw" in one]
    assert kept
    for one in kept:
        assert hashlib.sha256(base64.b64decode(one["raw"])).hexdigest() == one["mail"]["sha256"]
    assert [one["person"]["country"] for one in held if "person" in one] == ["BE"]
    assert {"observe", "judge", "export"} <= {one["audit"]["action"] for one in held if "audit" in one}
    assert OTHER.encode() not in out.read_bytes()
    assert desk.run("store", "export", OWNER, "-o", out).returncode == WRONG_USE  # the file is there
    asked = desk.run("store", "erase", "Lena Maes", "--people", desk.people)
    assert b"7 mails of Lena Maes would be erased" in asked.stdout
    assert desk.status()["mails"] == 10
    done = desk.run("store", "erase", OWNER, "--yes", "--mandate", "asked")
    assert done.returncode == 0, done.stderr
    assert b"7 mails" in done.stdout
    assert b"audit" in done.stdout
    status = desk.status()
    assert (status["mails"], status["owners"]) == (3, {OTHER: 3})
    assert {owner for _, owner in content(desk.store)} == {OTHER}
    for file in desk.home.glob("mail.db*"):
        assert b"lena.maes" not in file.read_bytes(), file
    entries = desk.audit()
    assert [(one["action"], one["count"], one["mandate"]) for one in entries if one["action"] == "erase"] == [
        ("erase", 7, "asked")
    ]
    assert "lena" not in str(entries)
    assert desk.run("store", "erase", OWNER, "--yes").returncode == WRONG_USE


def test_what_is_past_its_period_goes_alerts_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlcipher3.dbapi2 as sqlite

    connection = sqlite.connect(str(desk.store))
    connection.execute("UPDATE mails SET stored_s = stored_s - 40 * 86400")
    connection.commit()
    connection.close()
    alerts = desk.status()["alerts"]
    monkeypatch.setenv("TOCSIN_RETENTION_DAYS", "30")
    assert f"{10 - alerts} records are past" in desk.run("store", "expire", "--dry-run").stdout.decode()
    assert desk.run("store", "expire").stdout.decode() == f"{10 - alerts} records erased.\n"
    assert len(content(desk.store)) == alerts
    monkeypatch.setenv("TOCSIN_RETENTION_ALERT_DAYS", "35")
    assert desk.status()["expired"] == alerts
    assert desk.run("store", "expire").returncode == 0
    assert not content(desk.store)
    assert [one["count"] for one in desk.audit() if one["action"] == "expire"] == [10 - alerts, alerts]


def test_explain_shows_what_was_thought_over_time(desk: Desk) -> None:
    """By digest from the store alone, by path beside what is thought now; a hunt's version says what it lacked."""
    (desk.home / "list.txt").write_text("strange-3[.]test\n")
    assert desk.run("intel", "add", desk.home / "list.txt").returncode == ALERT
    (desk.home / "inbox.mbox").rename(desk.home / "gone.mbox")
    (sha256,) = {
        sha256
        for (sha256, owner), (_, record, _) in content(desk.store).items()
        if owner == OWNER and any(beacon["host"] == "b.strange-3.test" for beacon in record["beacons"])
    }
    shown = desk.run("explain", sha256[:16], "--json")
    (record,) = records(shown.stdout)
    assert record["mail"]["sha256"] == sha256
    assert record["partial"] is True
    assert [(one["version"], one["reason"], one["partial"]) for one in record["history"]] == [
        (1, "first", False),
        (2, "intelligence", True),
    ]
    assert record["history"][1]["indicator"]
    assert any("intelligence" in name or "indicator" in name for name in record["history"][1]["gained"])
    said = " ".join(desk.run("explain", sha256[:16]).stdout.decode().split())
    assert "What was thought of it over time" in said
    assert "the mail itself was not at hand" in said
    assert "strange-3.test" not in said
    by_path = desk.run("explain", sha256, "--in", desk.home / "gone.mbox", "--json")
    (beside,) = records(by_path.stdout)
    assert beside["history"] == record["history"]
    before = versions(desk.store)
    people = ("--people", desk.people)
    scanned = keep(
        desk.home / "gone.mbox", desk.home / "joke.mbox", *people, store=desk.store, home=desk.home
    )
    marked = {one["sha256"] for one in records(scanned.stdout) if one["verdict"]["indicator"]}
    assert sha256 in marked
    assert versions(desk.store) == before
    assert desk.run("explain", "00000000").returncode == WRONG_USE
    assert [one["count"] for one in desk.audit() if one["action"] == "show"] == [1, 1, 1]


def test_no_store_no_person(desk: Desk) -> None:
    for command in ("status", "expire"):
        result = run("store", command, "--store", desk.home / "none.db", home=desk.home)
        assert result.returncode == WRONG_USE
        assert b"there is no store" in result.stderr
    assert desk.run("store", "export", "nobody@parliament.example").returncode == WRONG_USE
    assert run("store", "status", home=desk.home).returncode == WRONG_USE
