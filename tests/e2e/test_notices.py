"""Notices: drafted for each reader, signed by two, proven by a code, told once, and never more than may be said."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.e2e.running import UNREAD, WRONG_USE, run
from tests.e2e.test_scan import records
from tocsin.app.analysts import add_analyst
from tocsin.app.assents import APPROVE, CONFIRM, assents, give_assent, standing
from tocsin.app.campaigns import load_campaigns
from tocsin.app.config import Config
from tocsin.app.custody import erase_person, export_person
from tocsin.app.memory import Store, open_store
from tocsin.app.notice_codes import GUESSES_A_DAY, LIFETIME_S
from tocsin.app.notice_release import check, hindrance, note_told, release, select, withdraw
from tocsin.app.notices import NoticeError, find_notice, followed, text_digest
from tocsin.app.notify import Drafts, Wish, draft_notices
from tocsin.app.people import load_people
from tocsin.app.telling import untold
from tocsin.model.campaign import Campaign
from tocsin.model.judgement import Analyst
from tocsin.model.people import Contact, Delegate, People, Way

NOW_S = 1_700_000_000.0
SETTINGS = Config(office="Help line of the exercise")
NUMBER = re.compile(r"\+?\d[\d ()/.-]{6,}\d")


@pytest.fixture
def store(scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    shutil.copy(scanned / "p.db", tmp_path / "p.db")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    opened = open_store(str(tmp_path / "p.db"))
    yield opened
    opened.close()


@pytest.fixture
def people(scanned: Path) -> People:
    return load_people(scanned / "ex/people.toml")


@pytest.fixture
def campaign(store: Store) -> Campaign:
    return max(load_campaigns(store), key=lambda one: (len(one.people), one.id))


@pytest.fixture
def ada(store: Store) -> Analyst:
    return add_analyst(store, "Ada Norrland", now_s=NOW_S)[0]


@pytest.fixture
def bo(store: Store) -> Analyst:
    return add_analyst(store, "Bo Södra", now_s=NOW_S)[0]


def drafted(store: Store, people: People, campaign: Campaign, now_s: float = NOW_S, **wish: Any) -> Drafts:
    return draft_notices(store, SETTINGS, people, Wish(campaign.id, **wish), now_s=now_s)


def signed(store: Store, ada: Analyst, bo: Analyst) -> None:
    give_assent(store, CONFIRM, followed(store), ada, now_s=NOW_S + 1)
    give_assent(store, APPROVE, followed(store), bo, now_s=NOW_S + 2)


def test_each_reader_gets_one_draft_and_the_same_one_stands(
    store: Store, people: People, campaign: Campaign
) -> None:
    first = drafted(store, people, campaign)
    assert [one.person for one in first.notices] == sorted(campaign.people)
    for one in first.notices:
        assert one.name in one.text
        assert one.exercise
        assert one.text.startswith("EXERCISE"), one.language
        assert "http" not in one.text
        assert not NUMBER.search(one.text.replace(one.id, ""))
    again = drafted(store, people, campaign, NOW_S + 86_400)
    assert not again.notices
    assert all("drafted already" in one.why for one in again.skipped)
    assert len(followed(store)) == len(first.notices)


def test_a_text_that_changed_replaces_the_draft(store: Store, people: People, campaign: Campaign) -> None:
    first = drafted(store, people, campaign)
    person = first.notices[0].person
    more = msgspec.structs.replace(
        people, contacts=(Contact(person, private=(person,), ways=(Way("telephone", "internal 12"),)),)
    )
    again = drafted(store, more, campaign, NOW_S + 60)
    assert [(one.person, one.replaces, one.channel) for one in again.notices] == [
        (person, first.notices[0].id, "telephone")
    ]
    assert find_notice(store, first.notices[0].id).state == "withdrawn"
    assert "internal 12" not in again.notices[0].text


def test_delegates_are_told_as_well(store: Store, people: People, campaign: Campaign) -> None:
    person = sorted(campaign.people)[0]
    reader = Delegate("Dora Delegate", address="dora@house.example", languages=("xx",))
    more = msgspec.structs.replace(people, contacts=(Contact(person, delegates=(reader,)),))
    made = drafted(store, more, campaign, persons=(person,)).notices
    assert [(one.to, one.audience) for one in made] == [
        (person, "person"),
        ("dora@house.example", "delegate"),
    ]
    assert "Dora Delegate" in made[1].text
    assert made[1].language == "en"
    assert any("there are no notices in xx" in note for note in made[1].notes)


def test_nothing_leaves_without_two_people(
    store: Store, people: People, campaign: Campaign, ada: Analyst, bo: Analyst
) -> None:
    drafted(store, people, campaign)
    chosen = select(store, [campaign.id])
    with pytest.raises(NoticeError, match="no analyst has confirmed"):
        release(store, SETTINGS, chosen, now_s=NOW_S)
    with pytest.raises(NoticeError, match="nobody has confirmed it yet"):
        give_assent(store, APPROVE, chosen, bo, now_s=NOW_S)
    give_assent(store, CONFIRM, chosen, ada, now_s=NOW_S)
    with pytest.raises(NoticeError, match="somebody else approves"):
        give_assent(store, APPROVE, chosen, ada, now_s=NOW_S)
    with pytest.raises(NoticeError, match="nobody besides Ada"):
        release(store, SETTINGS, select(store, [campaign.id]), now_s=NOW_S)
    alone = msgspec.structs.replace(SETTINGS, second_person=False)
    assert not hindrance(store, alone, select(store, [campaign.id]))
    give_assent(store, APPROVE, select(store, [campaign.id]), bo, now_s=NOW_S + 2)
    released = release(store, SETTINGS, select(store, [campaign.id]), now_s=NOW_S + 3)
    codes = [re.findall(r"[2-9CFGHJKMPQRTVWX]{4}-[2-9CFGHJKMPQRTVWX]{4}", one.text) for one in released]
    assert all(len(set(found)) == 1 for found in codes)
    assert len({found[0] for found in codes}) == len(released)


def test_a_text_that_was_changed_is_nobodys(
    store: Store, people: People, campaign: Campaign, ada: Analyst, bo: Analyst
) -> None:
    drafted(store, people, campaign)
    signed(store, ada, bo)
    one = followed(store)[0].notice
    forged = msgspec.structs.replace(one, text=one.text + "PS: call us")
    store.put("notice", one.id, msgspec.msgpack.encode(forged))
    with pytest.raises(NoticeError, match="not the one that was drafted"):
        release(store, SETTINGS, [find_notice(store, one.id)], now_s=NOW_S + 3)
    whole = msgspec.structs.replace(forged, text_sha256=text_digest(forged.text))
    store.put("notice", one.id, msgspec.msgpack.encode(whole))
    assert standing(assents(store), find_notice(store, one.id)).confirmed is None


def test_a_code_is_good_once_and_guesses_are_counted(
    store: Store, people: People, campaign: Campaign, ada: Analyst, bo: Analyst
) -> None:
    drafted(store, people, campaign)
    signed(store, ada, bo)
    first, second, *_ = release(store, SETTINGS, select(store, [campaign.id]), now_s=NOW_S + 3)
    old = code_of(second.text)
    (renewed,) = release(store, SETTINGS, [find_notice(store, second.notice.id)], now_s=NOW_S + 4)
    assert check(store, old, now_s=NOW_S + 5).answer == "unknown"
    spoken = code_of(first.text).lower().replace("-", " ")
    assert first.notice.person in untold(store, campaign)
    assert check(store, spoken, now_s=NOW_S + 6).answer == "genuine"
    assert first.notice.person not in untold(store, campaign)
    assert check(store, spoken, now_s=NOW_S + 7).answer == "used"
    assert find_notice(store, first.notice.id).state == "checked"
    assert check(store, code_of(renewed.text), now_s=NOW_S + 5 + LIFETIME_S).answer == "expired"
    for n in range(GUESSES_A_DAY - 1):  # the old code was the first
        assert check(store, f"2222-{n + 2222}", now_s=NOW_S + 8).answer == "unknown"
    with pytest.raises(NoticeError, match="guessing"):
        check(store, code_of(renewed.text), now_s=NOW_S + 9)


def code_of(text: str) -> str:
    found = re.search(r"[2-9CFGHJKMPQRTVWX]{4}-[2-9CFGHJKMPQRTVWX]{4}", text)
    assert found is not None
    return found[0]


def test_nobody_is_told_twice_even_when_clocks_go_back(
    store: Store, people: People, campaign: Campaign, ada: Analyst, bo: Analyst
) -> None:
    drafted(store, people, campaign)
    signed(store, ada, bo)
    one = followed(store)[0]
    note_told(store, SETTINGS, one, how="telephone", result="attempted", now_s=NOW_S - 7_200)
    note_told(
        store,
        SETTINGS,
        find_notice(store, one.notice.id),
        how="telephone",
        result="told",
        now_s=NOW_S - 3_600,
    )
    now = find_notice(store, one.notice.id)
    assert [event.state for event in now.log] == ["drafted", "confirmed", "approved", "tried", "told"]
    assert now.reached
    with pytest.raises(NoticeError, match="told twice"):
        note_told(store, SETTINGS, now, how="letter", result="told", now_s=NOW_S)
    with pytest.raises(NoticeError, match="told twice"):
        release(store, SETTINGS, [now], now_s=NOW_S)
    skipped = {each.person: each.why for each in drafted(store, people, campaign, NOW_S + 9).skipped}
    assert "--again" in skipped[one.notice.person]
    anew = drafted(store, people, campaign, NOW_S + 9, persons=(one.notice.person,), again="a correction")
    assert [each.replaces for each in anew.notices] == [one.notice.id]
    assert find_notice(store, one.notice.id).state == "told"


def test_a_notice_that_was_taken_back_proves_nothing(
    store: Store, people: People, campaign: Campaign, ada: Analyst, bo: Analyst
) -> None:
    drafted(store, people, campaign)
    signed(store, ada, bo)
    first, *_ = release(store, SETTINGS, select(store, [campaign.id]), now_s=NOW_S + 3)
    withdraw(store, [find_notice(store, first.notice.id)], "wrong person", now_s=NOW_S + 4)
    assert check(store, code_of(first.text), now_s=NOW_S + 5).answer == "withdrawn"
    with pytest.raises(NoticeError):
        release(store, SETTINGS, [find_notice(store, first.notice.id)], now_s=NOW_S + 6)


def test_whoever_is_erased_is_out_of_notices_too(
    store: Store, people: People, campaign: Campaign, ada: Analyst, bo: Analyst
) -> None:
    drafted(store, people, campaign)
    signed(store, ada, bo)
    first, second, *_ = release(store, SETTINGS, select(store, [campaign.id]), now_s=NOW_S + 3)
    person = first.notice.person
    assert check(store, code_of(first.text), now_s=NOW_S + 4).answer == "genuine"
    held = list(export_person(store, (person,), now_s=NOW_S + 5, mandate=""))
    assert [one.notice.id for one in held if one.notice is not None] == [first.notice.id]
    assert [one.telling.person for one in held if one.telling is not None] == [person]
    erase_person(store, (person,), now_s=NOW_S + 6, mandate="")
    kinds = ("notice", "notice-code", "notice-event", "telling")
    left = b"".join(body for kind in kinds for _, body in store.documents(kind))
    assert person.encode() not in left
    assert first.notice.id.encode() not in left
    assert second.notice.id.encode() in left


def test_what_is_asked_wrongly_is_said(store: Store, people: People, campaign: Campaign) -> None:
    for settings, wish, words in (
        (Config(), {}, "nobody is named who tells"),
        (SETTINGS, {"persons": ("nobody@else.example",)}, "was sent no mail"),
        (SETTINGS, {"channel": "pigeon"}, "expected one of telephone"),
    ):
        with pytest.raises(NoticeError, match=words):
            draft_notices(store, settings, people, Wish(campaign.id, **wish), now_s=NOW_S)
    assert not followed(store)


def test_by_the_command_line(scanned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    shutil.copy(scanned / "p.db", tmp_path / "p.db")

    def tocsin(*arguments: str | Path) -> Any:
        return run(*arguments, "--store", tmp_path / "p.db", home=tmp_path)

    people = ("--people", scanned / "ex/people.toml", "--office", "Help line of the exercise")
    wanted = records(tocsin("campaigns", "list", "--json").stdout)[0]["id"]
    shown = tocsin("notify", wanted, *people, "--dry-run", "--json")
    assert shown.returncode == 0
    assert {one["state"] for one in records(shown.stdout)} == {""}
    assert b"No notice" in tocsin("notices", "list").stdout
    made = tocsin("notify", wanted, *people)
    assert b"kept as drafts" in made.stdout
    assert b"EXERCISE" in made.stdout
    mail = json.loads(tocsin("campaigns", "show", wanted, "--json").stdout)["mails"][0]["sha256"]
    assert records(tocsin("notify", mail[:16], *people, "--json").stdout)[0]["subject"] == mail
    for name in ("Ada Norrland", "Bo"):
        tocsin("analysts", "add", name, "--no-passphrase")
    refused = tocsin("notices", "print", wanted, "-o", tmp_path / "out")
    assert refused.returncode == WRONG_USE
    assert b"no analyst has confirmed" in refused.stderr
    assert not (tmp_path / "out").exists()
    assert tocsin("notices", "confirm", wanted, "--as", "Ada Norrland").returncode == 0
    assert tocsin("notices", "approve", wanted, "--as", "Bo").returncode == 0
    assert tocsin("notices", "print", wanted, "-o", tmp_path / "out").returncode == 0
    texts = sorted((tmp_path / "out").glob("*.txt"))
    letters = sorted((tmp_path / "out").glob("*.pdf"))
    assert len(texts) == len(letters) > 1
    assert {path.stat().st_mode & 0o777 for path in (*texts, *letters)} == {0o600}
    assert all(path.read_bytes().startswith(b"%PDF") and b"/URI" not in path.read_bytes() for path in letters)
    code = code_of(texts[0].read_text())
    first = records(tocsin("notices", "check", code, "--json").stdout)[0]
    assert first["answer"] == "genuine"
    again = tocsin("notices", "check", code)
    assert again.returncode == UNREAD
    assert b"Used before" in again.stdout
    listed = {one["id"]: one["state"] for one in records(tocsin("notices", "list", wanted, "--json").stdout)}
    assert listed[first["notice"]] == "checked"
    assert set(listed.values()) == {"checked", "approved"}
    assert b"code read out" in tocsin("notices", "show", first["notice"]).stdout
