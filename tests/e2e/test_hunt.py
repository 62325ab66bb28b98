"""`tocsin hunt` over a practice mailbox: old mail answers new intelligence, dated back, and once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.running import ALERT, UNREAD, WRONG_USE, Result, run
from tests.e2e.test_scan import records
from tocsin.app.hunt import hunt_mails, hunt_new
from tocsin.app.matcher import Matcher
from tocsin.app.memory import open_store
from tocsin.hunt.digests import leading_digests
from tocsin.model.hunt import HuntHit
from tocsin.model.intel import Combination, Comparison, Indicator, IntelSource, Pattern

KNOWN_S = 1_780_000_000.0


class Past:
    """A store with the mail of an exercise, each judged once, and its truth."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.path = folder / "mail.db"
        self.truth = [json.loads(line) for line in (folder / "practice/truth.jsonl").read_text().splitlines()]

    def hunt(self, *arguments: str) -> Result:
        return run("hunt", "--store", str(self.path), *arguments, home=self.home)

    def add(self, *patterns: Pattern, source: str = "list", **values: Any) -> None:
        store = open_store(str(self.path))
        about = IntelSource(
            source, "A partner's list", "list", "list.txt", KNOWN_S, KNOWN_S, grade="B2", tlp="AMBER"
        )
        store.put("source", source, msgspec.msgpack.encode(about))
        store.add_indicators(
            [
                (Indicator(f"{source}-{n}", source, one, f"value {n}", **values), leading_digests(one))
                for n, one in enumerate(patterns)
            ]
        )
        store.close()

    def campaign(self) -> tuple[set[str], str]:
        """The mails of the exercise's reconnaissance that share the host that most of them call, and that host."""
        wanted = {one["sha256"] for one in self.truth if one["label"] == "reconnaissance"}
        called: dict[str, set[str]] = {}
        store = open_store(str(self.path))
        for _, mail in store.records():
            for beacon in mail.beacons:
                if beacon.trigger == "open" and beacon.host:
                    called.setdefault(beacon.host, set()).add(mail.sha256)
        store.close()
        host = max(
            (host for host, mails in called.items() if mails <= wanted),
            key=lambda host: (len(called[host]), host),
        )
        return called[host], host


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("past")
    assert run("exercise", "january", "-o", folder / "practice", "--people", "3", home=folder).returncode == 0
    people = folder / "practice/people.toml"
    scanned = run(
        *("scan", folder / "practice", "--people", people, "--store", folder / "mail.db"),
        *("--practice", "--plain", "--jobs", "1", "--quiet"),
        home=folder,
    )
    assert scanned.returncode == ALERT
    return folder


@pytest.fixture
def past(kept: Path, tmp_path: Path) -> Past:
    shutil.copytree(kept, tmp_path / "copy")
    return Past(tmp_path / "copy")


def under(host: str) -> Comparison:
    return Comparison("host", "under", (host,))


def test_old_mail_is_found_dated_back_and_once(past: Past) -> None:
    members, host = past.campaign()
    assert len(members) >= 3
    past.add(under(host), source="cert")
    result = past.hunt("--json")
    found = records(result.stdout)
    assert result.returncode == ALERT
    assert {one["sha256"] for one in found} == members
    assert {(one["match"], one["seen"]["value"], one["new"], one["alarms"]) for one in found} == {
        ("host", host, True, True)
    }
    owners = {one["sha256"]: one["owner"] for one in past.truth}
    assert all(one["person"] == owners[one["sha256"]] for one in found)
    assert all(
        one["known_after_s"] > 86_400 and one["tlp"] == "AMBER" and one["grade"] == "B2" for one in found
    )
    assert all(one["exercise"] for one in found)
    again = past.hunt()
    assert again.returncode == 0
    assert b"nothing new" in again.stdout
    assert past.hunt("--quiet").stdout == b""
    store = open_store(str(past.path))
    for one in found:
        (number,) = store.numbers(one["sha256"])
        first, second = store.verdicts(number)
        assert (first.reason, second.reason, second.partial) == ("first", "intelligence", True)
        assert second.verdict.alert
        assert second.verdict.indicator
        assert "A partner's list” (graded B2)" in second.because
        assert host not in second.because
        assert second.verdict.log_odds > first.verdict.log_odds
    assert [entry.action for entry in store.audit_entries()].count("hunt") == 3
    store.close()


def test_people_read_who_when_and_what_to_do(past: Past) -> None:
    _, host = past.campaign()
    past.add(under(host), valid_from_s=KNOWN_S)
    result = past.hunt()
    said = " ".join(result.stdout.decode().split())
    assert result.returncode == ALERT
    assert "EXERCISE" in said
    assert host not in said
    assert host.replace(".", "[.]") in said
    assert "days before this was known here" in said
    assert "the source counts it from" in said
    assert "A partner's list, graded B2, TLP:AMBER" in said
    assert "block remote pictures" in said


@pytest.mark.parametrize(
    ("values", "excuse"),
    [
        ({"warning": "mail services"}, "strangers share it (mail services)"),
        ({"revoked": True}, "its source has withdrawn it"),
        ({"valid_until_s": 1_000_000_000.0}, "it had run out when the mail came"),
    ],
)
def test_what_must_not_alarm_is_shown_with_the_reason(
    past: Past, values: dict[str, Any], excuse: str
) -> None:
    members, host = past.campaign()
    past.add(under(host), **values)
    result = past.hunt("--json")
    assert result.returncode == 0
    assert [one["excuse"] for one in records(result.stdout)] == [excuse] * len(members)
    store = open_store(str(past.path))
    assert {version.reason for version in store.standing()} == {"first"}
    store.close()


def test_searches_and_combinations_reach_the_past_as_well(past: Past) -> None:
    members, host = past.campaign()
    name = host.partition(".")[0]
    exact, other = Comparison("host", "=", (host,)), Comparison("host", "=", ("nowhere.test",))
    past.add(
        Comparison("url", "like", (f"%//{host}/%",)),
        Comparison("host", "matches", (f"^{name}[.]",)),
        Combination("and", (exact, Comparison("mailer", "=", ("no such program",), True))),
        Combination("and", (exact, other)),
        Combination("or", (other, Comparison("url", "like", (f"%://{host}%",)))),
    )
    result = past.hunt("--json")
    met: dict[str, set[str]] = {}
    for one in records(result.stdout):
        met.setdefault(one["indicator"], set()).add(one["sha256"])
    assert met == {f"list-{n}": members for n in (0, 1, 2, 4)}


def test_an_expression_that_cannot_be_searched_is_said(past: Past) -> None:
    past.add(Comparison("url", "matches", (r"(a)\1",)))
    result = past.hunt("--json")
    assert result.returncode == UNREAD
    assert b"list-0: not searched for" in result.stderr


def test_since_holds_what_came_against_all_else(past: Past) -> None:
    members, host = past.campaign()
    past.add(under(host))
    assert past.hunt("--since", "2099-01-01").returncode == 0
    result = past.hunt("--since", "2026-01-01", "--json")  # the source came later than that, the mail earlier
    assert result.returncode == ALERT
    assert len(records(result.stdout)) == len(members)


def test_a_list_that_comes_later_alarms_when_it_is_added_and_in_the_next_scan(past: Past) -> None:
    members, host = past.campaign()
    (past.home / "list.txt").write_text(host.replace(".", "[.]") + "\n")
    added = run("intel", "add", past.home / "list.txt", "--store", past.path, home=past.home)
    assert added.returncode == ALERT
    assert b"days before this was known here" in b" ".join(added.stdout.split())
    assert past.hunt().returncode == 0
    again = run("scan", past.home / "practice", "--store", past.path, "--json", "--jobs", "1", home=past.home)
    marked = {one["sha256"] for one in records(again.stdout) if one.get("verdict", {}).get("indicator")}
    assert marked == members


def test_new_mail_against_all_intelligence(past: Past) -> None:
    members, host = past.campaign()
    past.add(under(host), Comparison("url", "like", (f"%//{host}/%",)), under("nowhere.test"))
    store = open_store(str(past.path))
    mails = dict(store.records())
    matcher = Matcher(store)
    met = matcher.hits(list(mails.values()), KNOWN_S)
    assert {mail.sha256 for mail, hits in zip(mails.values(), met, strict=True) if hits} == members
    assert all(len(hits) in (0, 2) for hits in met)
    assert {one.level for hits in met for one in matcher.pointers(hits)} == {"strong"}
    result = hunt_mails(store, mails, now_s=KNOWN_S)
    assert (result.new, result.new_alarms) == (2 * len(members), 2 * len(members))
    assert hunt_new(store, store.indicators(), now_s=KNOWN_S).new == 0
    store.close()


def test_a_hunt_that_broke_off_loses_nothing(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    members, host = past.campaign()
    past.add(under(host))
    monkeypatch.setattr("tocsin.app.hunt.MAILS_AT_ONCE", 2)
    store = open_store(str(past.path))
    seen: list[HuntHit] = []

    def break_off(found: HuntHit) -> None:
        seen.append(found)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hunt_new(store, store.indicators(), now_s=KNOWN_S, report=break_off)
    rest = hunt_new(store, store.indicators(), now_s=KNOWN_S)
    kept = {hit.number for hit in store.hits()}
    assert len(kept) == len(members)
    assert 0 < rest.new < rest.hits == len(members)
    store.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--since", "yesterday"), b"expected a date"),
        (("--since", "2026-01-01", "--intel", "x"), b"give one of them"),
        (("--intel", "nobody"), b"no such source"),
    ],
)
def test_wrong_use(past: Past, arguments: tuple[str, ...], said: bytes) -> None:
    result = past.hunt(*arguments)
    assert result.returncode == WRONG_USE
    assert said in result.stderr


def test_no_store(tmp_path: Path) -> None:
    assert run("hunt", home=tmp_path).returncode == WRONG_USE
    assert run("hunt", "--store", tmp_path / "none.db", home=tmp_path).returncode == WRONG_USE
