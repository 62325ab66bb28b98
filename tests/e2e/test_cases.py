"""Cases: a log that only grows, people told and untold, clocks that people start, the time from mail to word."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pypdfium2
import pytest
import stix2

from tests.e2e.running import WRONG_USE, run
from tests.e2e.test_scan import records
from tocsin.app.campaigns import load_campaigns
from tocsin.app.case_log import CaseError, add, cases, find_case, open_case
from tocsin.app.cases import resolve, subject_of, view_case
from tocsin.app.clocks import deadlines_of, find_rule, rules
from tocsin.app.memory import Store, open_store
from tocsin.app.telling import record_telling
from tocsin.model.campaign import Campaign
from tocsin.model.case import CaseEvent
from tocsin.model.people import People
from tocsin.render.cases import call_list, view_text

NOW_S = 1_700_000_000.0


@pytest.fixture
def store(scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    shutil.copy(scanned / "p.db", tmp_path / "p.db")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    opened = open_store(str(tmp_path / "p.db"))
    yield opened
    opened.close()


@pytest.fixture
def campaign(store: Store) -> Campaign:
    return max(load_campaigns(store), key=lambda one: (len(one.people), one.id))


def opened(store: Store, campaign: Campaign) -> str:
    id, title = subject_of(store, campaign.id, now_s=NOW_S)
    return open_case(store, id, title, now_s=NOW_S, by="Ada").case.id


def test_one_case_is_open_about_one_campaign(store: Store, campaign: Campaign) -> None:
    id = opened(store, campaign)
    with pytest.raises(CaseError, match=id):
        subject_of(store, campaign.id, now_s=NOW_S)
    assert resolve(store, campaign.id).case.id == id
    add(store, id, "closed", now_s=NOW_S + 1, text="all told")
    again = opened(store, campaign)
    assert again != id
    assert resolve(store, campaign.id).case.id == again
    assert sorted(one.state for one in cases(store)) == ["closed", "open"]
    with pytest.raises(CaseError, match="no such"):
        find_case(store, "case-00000000")


def test_a_case_is_found_by_ids_that_its_campaign_once_bore(store: Store, campaign: Campaign) -> None:
    old = msgspec.structs.replace(campaign, id="c-000000000001", aliases=(campaign.id,))
    id = open_case(store, campaign.id, "before it was merged", now_s=NOW_S).case.id
    store.remove("campaign", campaign.id)
    store.put("campaign", old.id, msgspec.msgpack.encode(old))
    assert resolve(store, old.id).case.id == id
    assert view_case(store, id, People(), now_s=NOW_S + 1).campaign == old.id


@pytest.mark.parametrize("harm", ["changed", "removed"])
def test_a_log_that_was_tampered_with_is_seen(store: Store, campaign: Campaign, harm: str) -> None:
    id = opened(store, campaign)
    for n in range(3):
        add(store, id, "note", now_s=NOW_S + n, text=f"note {n}", by="Bo")
    assert find_case(store, id).broken == ""
    entries, second = dict(store.documents("case-event")), f"{id}/000002"
    if harm == "changed":
        one = msgspec.msgpack.decode(entries[second], type=CaseEvent)
        store.put("case-event", second, msgspec.msgpack.encode(msgspec.structs.replace(one, text="nothing")))
    else:
        store.remove("case-event", second)
    assert "entry" in find_case(store, id).broken
    view = view_case(store, id, People(), now_s=NOW_S + 9)
    assert any("does not hold together" in one for one in view.reminders)


def test_the_log_goes_on_when_a_clock_is_set_back(store: Store, campaign: Campaign) -> None:
    id = opened(store, campaign)
    add(store, id, "note", now_s=NOW_S - 86_400, text="after the clock was set back")
    log = find_case(store, id).log
    assert [one.number for one in log] == [1, 2]
    assert log[1].at_s >= log[0].at_s


def test_who_was_told_and_how_long_it_took(store: Store, campaign: Campaign) -> None:
    id = opened(store, campaign)
    person = campaign.people[0]
    first_s = min(
        member.time_s for member in campaign.members if member.owner == person and member.time_s is not None
    )
    before = view_case(store, id, People(), now_s=NOW_S)
    assert before.median_days is None
    assert "the case of 2021 took 772 days" in view_text(before)
    assert call_list(before).count("[ ] ") >= len(campaign.people)
    record_telling(store, campaign, person, how="telephone", result="told", now_s=first_s + 10 * 86_400)
    view = view_case(store, id, People(), now_s=NOW_S)
    assert view.median_days == view.worst_days == pytest.approx(10.0)
    states = {one.person: one.state for one in view.people}
    assert states.pop(person) == "told"
    assert set(states.values()) == {"not-drafted"}
    assert person not in call_list(view)
    assert any("were not told" in one for one in view.reminders)
    assert {one.sha256 for one in view.custody} == {member.sha256 for member in campaign.members}
    assert {one.raw for one in view.custody} == {"kept"}
    number = campaign.members[0].number
    store.keep_raw(number, b"something else")
    changed = view_case(store, id, People(), now_s=NOW_S)
    assert "changed" in {one.raw for one in changed.custody}


def test_clocks_count_hours_and_calendar_months() -> None:
    start = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    due = [
        datetime.fromtimestamp(one.due_s, UTC)
        for one in deadlines_of(find_rule("nis2-23"), start.timestamp())
    ]
    assert due == [
        datetime(2026, 2, 1, 23, 30, tzinfo=UTC),
        datetime(2026, 2, 3, 23, 30, tzinfo=UTC),
        datetime(2026, 3, 3, 23, 30, tzinfo=UTC),
    ]
    summer = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)  # clocks are put forward the night after in Europe
    (notified,) = deadlines_of(find_rule("gdpr-33"), summer.timestamp())
    assert notified.due_s - summer.timestamp() == 72 * 3600
    assert all(one.source or one.id == "own" for one in rules())


def test_by_the_command_line(scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    shutil.copy(scanned / "p.db", tmp_path / "p.db")

    def tocsin(*arguments: str | Path) -> Any:
        return run(*arguments, "--store", tmp_path / "p.db", home=tmp_path)

    wanted = records(tocsin("campaigns", "list", "--json").stdout)[0]["id"]
    id = records(tocsin("cases", "open", wanted, "--json").stdout)[0]["id"]
    assert tocsin("cases", "assign", id, "Ada Norrland").returncode == 0
    task = tocsin("cases", "task", id, "Ask for logs", "--due", "2020-01-01").stdout.split()[-1].decode()
    clock = tocsin("cases", "clock", id, "gdpr-33", "--from", "2020-01-01").stdout.split()[-1].decode()
    person = (
        tocsin("cases", "affected", id, "Wanda Witness", "--reach", "by letter").stdout.split()[-1].decode()
    )
    view = records(tocsin("cases", "show", wanted, "--json").stdout)[0]
    assert view["owner"] == "Ada Norrland"
    assert view["clocks"][0]["deadlines"][0]["due"] == "2020-01-04T00:00:00Z"
    assert any("is overdue" in one for one in view["reminders"])
    assert any("was due" in one for one in view["reminders"])
    assert tocsin("cases", "task", id, task, "--done").returncode == 0
    assert tocsin("cases", "clock", id, clock, "--stop", "no breach").returncode == 0
    assert tocsin("cases", "affected", id, person, "--told", "letter").returncode == 0
    shown = tocsin("cases", "show", id).stdout.decode()
    assert "EXERCISE" in shown
    assert "no breach" not in shown.split("Waits")[0]
    for wrong, words in (
        (("cases", "clock", id, "gdpr-99"), b"there is no such rule"),
        (("cases", "task", id, "t-000000", "--done"), b"is no open task"),
        (("cases", "affected", id, "X", "--incident", "i-nothing"), b"no such incident"),
        (("cases", "open", wanted), b"is open about it"),
        (("cases", "show", "case-none"), b"no such case"),
    ):
        refused = tocsin(*wrong)
        assert refused.returncode == WRONG_USE
        assert words in refused.stderr
    listed = tmp_path / "calls.txt"
    assert tocsin("cases", "call-list", id, "-o", listed).returncode == 0
    assert listed.stat().st_mode & 0o777 == 0o600
    assert "[ ]" in listed.read_text()
    assert tocsin("cases", "close", id, "--because", "all told").returncode == 0
    assert b"is closed" in tocsin("cases", "note", id, "more").stderr
    assert tocsin("cases", "list", "--json").stdout == b""
    assert tocsin("cases", "reopen", id, "--because", "one more mail").returncode == 0
    assert records(tocsin("cases", "list", "--json").stdout)[0]["state"] == "open"


def test_a_case_is_given_out_without_its_people(
    scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    shutil.copy(scanned / "p.db", tmp_path / "p.db")

    def tocsin(*arguments: str | Path) -> Any:
        return run(*arguments, "--store", tmp_path / "p.db", home=tmp_path)

    people = ("--people", scanned / "ex/people.toml")
    wanted = records(tocsin("campaigns", "list", "--json").stdout)[0]
    tocsin("cases", "open", wanted["id"], "--title", "Canarytitle")
    tocsin("cases", "assign", wanted["id"], "Canaryowner")
    tocsin("cases", "note", wanted["id"], "Canarynote https://evil.example/\u202e")
    tocsin("notify", wanted["id"], *people, "--office", "Help line")
    for form in ("pdf", "stix", "misp"):
        done = tocsin(
            "cases", "export", wanted["id"], *people, "--format", form, "-o", tmp_path / f"x.{form}"
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / f"x.{form}").stat().st_mode & 0o777 == 0o600
    pdf = (tmp_path / "x.pdf").read_bytes()
    assert b"/URI" not in pdf
    pages = pypdfium2.PdfDocument(pdf)
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    assert {"EXERCISE", "Canarytitle", "Canaryowner", "Annex A", "Annex D"} <= set(
        re.findall(r"EXERCISE|Canary\w+|Annex \w", text)
    )
    assert "https://evil.example" not in text
    member = json.loads(tocsin("campaigns", "show", wanted["id"], "--json").stdout)["mails"][0]["sha256"]
    assert member in text.replace("\r\n", "").replace("\n", "")
    bundle = json.loads((tmp_path / "x.stix").read_bytes())
    stix2.parse(json.dumps(bundle), allow_custom=True)
    (grouping,) = (one for one in bundle["objects"] if one["type"] == "grouping")
    known = {one["id"] for one in bundle["objects"]}
    assert set(grouping["object_refs"]) <= known
    assert grouping["context"] == "suspicious-activity"
    assert grouping["object_marking_refs"]
    event = json.loads((tmp_path / "x.misp").read_bytes())["response"][0]["Event"]
    assert event["published"] is False
    assert grouping["name"] in event["info"]
    for form in ("stix", "misp"):
        data = (tmp_path / f"x.{form}").read_text()
        assert "Canary" not in data
        assert not any(person in data for person in wanted["people"])
    refused = tocsin(
        "cases", "export", wanted["id"], "--format", "stix", "--tlp", "RED", "-o", tmp_path / "y"
    )
    assert refused.returncode == WRONG_USE
    assert not (tmp_path / "y").exists()
