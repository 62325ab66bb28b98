"""The memory judges what arrives by what the store holds and by what came before it, and says what it cannot."""

from __future__ import annotations

import itertools
import os
from contextlib import closing
from pathlib import Path

import msgspec
import psycopg
from tests.app.live.remembering import (
    LENA,
    NOW_S,
    OMAR,
    Memory,
    content,
    count,
    letter,
    setup_of,
    until,
    with_store,
)
from tests.e2e.mailboxes import mail, mbox
from tests.e2e.running import run

from tocsin.app.live.lookup import Intelligence
from tocsin.app.memory import open_store
from tocsin.model.arrival import Opinions
from tocsin.model.observation import Observed
from tocsin.store.interface import Store

DAY_S = 86_400.0
ADA = "ada.brun@agency.example"
PIXEL = '<p>Dear reader</p><img src="http://t.strange-desk.test/{n}/p.gif?u={who}" width="1" height="1">'


def beacon(number: int, *, to: str = LENA, who: str = "stringer", days: float = 0.0) -> Observed:
    """A stranger's letter with a hidden picture that tells its reader."""
    return letter(
        number,
        to=to,
        html=PIXEL.format(n=number, who=to),
        at_s=NOW_S + days * DAY_S,
        From=f"Field Desk <{who}@writer-{who}.test>",
        Message_ID=f"<{number}@writer-{who}.test>",
    )


def reasons(opinions: Opinions, owner: str = LENA) -> set[str]:
    """The ids of what spoke for and against, in one person's mailbox."""
    (found,) = (one.verdict for one in opinions.opinions if one.owner == owner)
    return {reason.detector for reason in (*found.for_, *found.against)}


def test_what_arrives_gets_into_the_store_once(memory: Memory, url: str) -> None:
    opinions = memory.arrive(letter(1), LENA, OMAR)
    assert [one.owner for one in opinions.opinions] == [LENA, OMAR]
    assert (opinions.history, opinions.intelligence) == ("", "")
    memory.arrive(letter(1), LENA, OMAR)  # a mail server tries again
    memory.arrive(letter(2))
    until(lambda: count(url) == 3, "the mails")
    assert content(url) == {
        ("1@news-desk.test", LENA): ["first"],
        ("1@news-desk.test", OMAR): ["first"],
        ("2@news-desk.test", LENA): ["first"],
    }
    kept = with_store(
        url, lambda store: sum(one.count for one in store.audit_entries() if one.action == "observe")
    )
    assert kept == 3
    assert run("store", "verify", "--store", url, home=Path(url).parent).returncode == 0


def test_a_mail_that_comes_again_is_no_second_mail(memory: Memory) -> None:
    one = beacon(1)
    assert memory.ask(one) == memory.ask(one)
    assert "no-relation" in reasons(memory.ask(beacon(2, who="other")))


def test_history_counts_as_in_a_scan(tmp_path: Path, url: str) -> None:
    """Letters over half a year: the next one comes from somebody known."""
    known = [mail(n * 24 * 7, From="Field Desk <stringer@writer-stringer.test>") for n in range(30)]
    box = mbox(tmp_path / "inbox.mbox", known)
    assert run("scan", box, "--store", url, "--jobs", "1", home=tmp_path).returncode == 0
    memory = Memory(setup_of(tmp_path, url))
    remembered = memory.ask(beacon(1))
    stranger = memory.ask(beacon(2, who="nobody"))
    assert remembered.history == ""
    assert "no-relation" in reasons(stranger)
    assert "no-relation" not in reasons(remembered)
    (one,), (other,) = remembered.opinions, stranger.opinions
    assert one.verdict.likelihood < other.verdict.likelihood / 2
    memory.close()
    assert memory.status == 0


def test_three_people_within_minutes(memory: Memory) -> None:
    assert "fan-out" not in reasons(memory.ask(beacon(7, to=LENA)))
    memory.ask(beacon(7, to=OMAR, days=0.01), OMAR)
    late = memory.ask(beacon(7, to=ADA, days=0.02), ADA)
    assert "fan-out" in reasons(late, ADA)
    much_later = memory.ask(beacon(8, to=ADA, days=15), ADA)
    assert "fan-out" not in reasons(much_later, ADA)


def test_intelligence_that_forbids_a_block_alarms_without_one(
    memory: Memory, url: str, tmp_path: Path
) -> None:
    table = tmp_path / "known.csv"
    table.write_text("type,value,pap\nhost,t.strange-desk.test,AMBER\nhost,nowhere.test,GREEN\n")
    assert run("intel", "add", table, "--store", url, home=tmp_path).returncode == 0
    assert not memory.arrive(beacon(2)).opinions[0].verdict.indicator  # nothing is done for it

    def kept() -> list[bool]:
        store = open_store(url)
        try:
            return [one.verdict.indicator and one.verdict.alert for one in store.standing()]
        finally:
            store.close()

    until(lambda: kept() == [True], "the alarm on what was kept")
    store = open_store(url)
    with closing(store):
        (arrived,) = (mail for _, mail in store.records())
        asked = Intelligence(store, print)
        assert asked.pointers(arrived, 1.8e9)  # for who only looks, as a mailbox is watched
        acting = Intelligence(store, print, acts=True)
        assert not acting.pointers(arrived, 1.8e9)


def test_intelligence_that_comes_while_it_runs(memory: Memory, url: str, tmp_path: Path) -> None:
    first = beacon(1)
    assert not memory.ask(first).opinions[0].verdict.indicator
    table = tmp_path / "known.csv"
    table.write_text("type,value\nhost,t.strange-desk.test\n")
    patterns = tmp_path / "patterns.json"
    patterns.write_text(
        '{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000009","objects":[{"type":"indicator","spec_version":"2.1",'
        '"id":"indicator--00000000-0000-4000-8000-000000000001","created":"2026-01-01T00:00:00Z",'
        '"modified":"2026-01-01T00:00:00Z","valid_from":"2026-01-01T00:00:00Z","pattern_type":"stix",'
        '"pattern":"[url:value LIKE \'http://%.strange-bureau.test/%/p.gif%\']"}]}'
    )
    for file in (table, patterns):
        assert run("intel", "add", file, "--store", url, home=tmp_path).returncode == 0
    met = memory.arrive(beacon(2))
    assert met.opinions[0].verdict.alert
    assert met.opinions[0].verdict.indicator
    assert "known-indicator" in reasons(met)
    assert memory.ask(first).opinions[0].verdict.indicator  # tried again by its server

    def searched() -> bool:
        number = next(numbers)
        found = memory.ask(letter(number, html=PIXEL.replace("desk", "bureau").format(n=number, who=LENA)))
        return found.opinions[0].verdict.indicator

    numbers = itertools.count(100)
    until(searched, "the pattern")
    until(lambda: count(url) == 1, "the mail")
    hits = with_store(url, lambda store: [hit.match for hit in store.hits()])
    assert hits == ["host"]
    assert content(url) == {("2@writer-stringer.test", LENA): ["first"]}


def test_a_scan_goes_on_with_what_came_live(memory: Memory, url: str, tmp_path: Path) -> None:
    """The first of three people could not be judged by the two after; a scan that reads other mail does it."""
    for owner in (LENA, OMAR, ADA):
        memory.arrive(beacon(7, to=owner), owner)
    until(lambda: count(url) == 3, "the mails")
    assert set(map(tuple, content(url).values())) == {("first",)}
    box = mbox(tmp_path / "inbox.mbox", [mail(n) for n in range(3)])
    scanned = run("scan", box, "--store", url, "--jobs", "1", "--json", home=tmp_path)
    assert scanned.returncode == 0
    found = content(url)
    live = {owner: found["7@writer-stringer.test", owner] for owner in (LENA, OMAR, ADA)}
    assert live == {LENA: ["first", "later-mail"], OMAR: ["first", "later-mail"], ADA: ["first"]}
    until(lambda: memory.ask(beacon(8)).history == "", "an answer")  # the scan's mails come in as well

    def because(store: Store) -> set[str]:
        return {one.because for row in list(store.rows()) for one in store.verdicts(row.number)}

    said = with_store(url, because)
    assert "Judged when it arrived." in said
    assert any("Within two weeks 3 protected people" in one for one in said)
    again = run("scan", box, "--store", url, "--jobs", "1", home=tmp_path)
    assert again.returncode == 0
    assert content(url) == found


def test_more_people_than_are_asked(memory: Memory) -> None:
    owners = [f"m{n}@parliament.example" for n in range(60)]
    opinions = memory.ask(beacon(1), *owners)
    assert [one.owner for one in opinions.opinions] == sorted(owners[:50])
    assert all("10 more people" in one.verdict.not_evaluated[-1] for one in opinions.opinions)


def test_still_loading(tmp_path: Path, url: str) -> None:
    setup = setup_of(tmp_path, url)
    memory = Memory(setup)
    for number in range(60):
        memory.arrive(letter(number, at_s=NOW_S + number))
    until(lambda: count(url) == 60, "the mails")
    memory.kill()
    again = Memory(setup, loaded=False)
    mails = [beacon(n, days=1 + n) for n in range(6)]
    early = again.ask_all(mails)  # are there before the first slice
    assert {one.history for one in early} == {"still loading"}
    assert "unknown-beacon-host" in reasons(early[-1])
    until(lambda: "are remembered" in again.said, "the history")
    late = again.ask(beacon(9, days=9))
    assert late.history == ""
    repeated = again.ask(mails[0])  # tried again by its server: the opinion is the one from then, and says so
    assert (repeated.opinions, repeated.history) == (early[0].opinions, "still loading")
    assert "unknown-beacon-host" not in reasons(late)  # what came while it loaded is remembered as well
    again.kill()


def test_without_the_file(memory: Memory, url: str) -> None:
    memory.arrive(letter(1))
    until(lambda: count(url) == 1, "the mail")
    for end in ("", "-wal", "-shm"):
        Path(url + end).unlink(missing_ok=True)
    until(lambda: memory.ended, "the end")
    assert memory.status == 4
    assert "the file was taken away or replaced" in memory.said
    again = Memory(memory.setup)
    until(lambda: again.ended, "the end")
    assert again.status == 4
    assert "there is no store" in again.said
    assert "Traceback" not in memory.said + again.said


def test_a_damaged_file(tmp_path: Path, url: str) -> None:
    with open(url, "r+b") as file:
        file.seek(4096)
        file.write(os.urandom(40_000))
    memory = Memory(setup_of(tmp_path, url))
    until(lambda: memory.ended, "the end")
    assert memory.status == 4
    assert "damaged" in memory.said
    assert "Traceback" not in memory.said


def test_practice_mail_stays_out_of_a_real_store(memory: Memory, url: str) -> None:
    practice = msgspec.structs.replace(beacon(1), exercise=True)
    memory.arrive(practice)
    memory.arrive(letter(2))
    until(lambda: "were not kept" in memory.said, "a line")
    until(lambda: count(url) == 1, "the mail")
    assert "no-relation" in reasons(memory.ask(beacon(3)))


def test_on_a_server(tmp_path: Path, postgres_url: str) -> None:
    open_store(postgres_url, create=True).close()
    memory = Memory(setup_of(tmp_path, postgres_url))
    memory.arrive(beacon(7, to=LENA), LENA)
    memory.arrive(beacon(7, to=OMAR, days=0.01), OMAR)
    assert "fan-out" in reasons(memory.arrive(beacon(7, to=ADA, days=0.02), ADA), ADA)
    until(lambda: count(postgres_url) == 3, "the mails")
    assert set(map(tuple, content(postgres_url).values())) == {("first",)}
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        )
    until(lambda: memory.ended, "the end")
    assert memory.status == 4
    assert "the server cannot be reached" in memory.said
    assert "Traceback" not in memory.said
    again = Memory(memory.setup)
    assert "fan-out" in reasons(
        again.ask(beacon(7, to="zoe@press.example"), "zoe@press.example"), "zoe@press.example"
    )
    again.kill()
