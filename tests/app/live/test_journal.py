"""What arrives lies on disk whole or not at all, until it is in the store: then it lies there once."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from tests.app.live.remembering import (
    LENA,
    NOW_S,
    OMAR,
    Memory,
    content,
    count,
    letter,
    observed,
    setup_of,
    until,
    with_store,
)
from tests.e2e.mailboxes import mail
from tests.e2e.running import run

from tocsin.app.live.journal import Journal, JournalFailed, JournalFull, read_segment
from tocsin.app.live.journal_key import Opening, opening_for
from tocsin.app.memory import open_store
from tocsin.model.arrival import Arrival, Opinion, Opinions
from tocsin.model.verdict import Verdict
from tocsin.respond.sealed import unseal
from tocsin.store.interface import Store

NO_SIGN = Verdict("no-sign", 0.02, 0.01, "almost no chance", False, (), (), ())
ALERT = msgspec.structs.replace(NO_SIGN, class_="reconnaissance", likelihood=0.9, alert=True)


def arrival(number: int, *owners: str, verdict: Verdict = NO_SIGN, **more: str) -> Arrival:
    """A mail that came, and what was thought of it."""
    opinions = Opinions(tuple(Opinion(owner, verdict) for owner in owners or (LENA,)))
    return Arrival(letter(number), opinions, "tag", NOW_S, owners, **more)


def waiting(journal: Journal, opening: Opening | None = None) -> list[str]:
    """Subjects of what waits."""
    return [one.observed.subject for one in journal.peek(opening or Opening())]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "spool")


# Originals ----------------------------------------------------------------------------------------------


def test_an_original_is_kept_once_and_for_its_owner_alone(journal: Journal) -> None:
    raw = mail(1)
    path = Path(journal.seal(raw, NOW_S))
    assert path == Path(journal.seal(raw, NOW_S + 60))
    assert unseal(path.read_bytes())[0] == raw
    assert path.stat().st_mode & 0o077 == 0
    assert journal.folder.stat().st_mode & 0o077 == 0
    assert len([one for one in journal.folder.rglob("*") if one.is_file()]) == 1


def test_originals_go_when_their_time_is_over(journal: Journal) -> None:
    old, young = journal.seal(mail(1), NOW_S), journal.seal(mail(2), NOW_S + 86_400 * 5)
    assert journal.expire(NOW_S + 86_400 * 10, 7) == 1
    assert (Path(old).exists(), Path(young).exists()) == (False, True)


def test_a_full_disk_takes_nothing_by_halves(small: Path) -> None:
    journal = Journal(small / "spool")
    noise = random.Random(1).randbytes(900_000)
    sealed: list[str] = []

    def fill() -> None:
        for number in range(20):
            sealed.append(journal.seal(b"Subject: %d\n\n" % number + noise, NOW_S))  # noqa: PERF401

    with pytest.raises(JournalFull, match="there is no room for what arrives"):
        fill()
    assert len(sealed) >= 2
    assert {str(one) for one in journal.folder.rglob("*") if one.is_file()} == set(sealed)
    noted: list[int] = []

    def note() -> None:
        for number in range(10_000):
            journal.append(arrival(number))
            noted.append(number)

    with pytest.raises(JournalFull):
        note()
    Path(sealed[0]).unlink()
    journal.append(arrival(10_000))
    assert waiting(journal) == [f"Report {n}" for n in (*noted, 10_000)]
    journal.close()


def test_a_folder_that_takes_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalFailed, match="name another folder as spool"):
        Journal(tmp_path / "file" / "spool")


# Arrivals -----------------------------------------------------------------------------------------------


def test_a_torn_end_costs_the_torn_record(journal: Journal) -> None:
    for number in range(3):
        journal.append(arrival(number))
    (segment,) = journal.take()
    whole = segment.read_bytes()
    for cut in (1, 30, 500, len(whole) - 10, len(whole)):
        segment.write_bytes(whole[: len(whole) - cut])
        found = list(read_segment(segment, Opening()))
        assert [one.observed.subject for one in found] == [f"Report {n}" for n in range(len(found))]
        assert len(found) == 2 or cut > 500
    segment.write_bytes(whole + bytes(4096))  # what some file systems leave
    assert len(list(read_segment(segment, Opening()))) == 3


def test_who_reads_and_who_writes_do_not_meet(journal: Journal) -> None:
    seen: list[str] = []
    for number in range(40):
        journal.append(arrival(number))
        if number % 3 == 0:
            for segment in journal.take():
                seen += [one.observed.subject for one in read_segment(segment, Opening())]
                segment.unlink()
    assert seen + waiting(journal) == [f"Report {n}" for n in range(40)]
    reader = journal.reader()
    assert reader is not None
    assert journal.reader() is None
    os.close(reader)


def test_records_can_only_be_read_with_the_store(journal: Journal, url: str, tmp_path: Path) -> None:
    opening = with_store(url, lambda store: opening_for(store, journal.folder))
    journal.append(arrival(7))
    assert all(b"Report" not in one.read_bytes() for one in journal.folder.rglob("*") if one.is_file())
    assert waiting(journal, opening) == ["Report 7"]
    assert waiting(journal) == []
    other = str(tmp_path / "other.db")
    open_store(other, create=True).close()
    memory = Memory(setup_of(tmp_path, other))
    until(lambda: "sealed for another store" in memory.said, "a line")
    memory.kill()
    assert count(other) == 0
    assert len(list(journal.folder.rglob("*.unreadable"))) == 1


# Into the store -----------------------------------------------------------------------------------------


def test_what_alarms_keeps_its_bytes_and_makes_campaigns(memory: Memory, url: str) -> None:
    raws = [
        mail(n, html=f'<img src="http://t.one-hand.test/{n}.gif" width=1 height=1>', text="Good day. " * 20)
        for n in range(2)
    ]
    for raw, owner in zip(raws, (LENA, OMAR), strict=True):
        found = observed(raw, to=(owner,))
        opinions = Opinions((Opinion(owner, ALERT),))
        sealed = memory.journal.seal(raw, NOW_S)
        memory.journal.append(Arrival(found, opinions, "defuse", NOW_S, (owner,), sealed))
    until(lambda: count(url) == 2, "the mails")

    def kept(store: Store) -> set[bytes | None]:
        return {store.raw(row.number) for row in list(store.rows())}

    until(lambda: with_store(url, kept) == set(raws), "the bytes")

    def linked(store: Store) -> bool:
        return any(entry.action == "link" for entry in store.audit_entries())

    until(lambda: with_store(url, linked), "campaigns")


def test_a_locked_store_takes_it_later(memory: Memory, url: str) -> None:
    def hold(store: Store) -> None:
        with store.transaction():
            store.put("setting", "held", b"1")
            for number in range(5):
                opinions = memory.arrive(letter(number))
                assert (opinions.history, opinions.intelligence) == ("", "")  # reading goes on
            assert len(waiting_files(memory)) >= 1

    with_store(url, hold)
    until(lambda: count(url) == 5, "the mails")


def waiting_files(memory: Memory) -> list[Path]:
    return [one for one in (memory.setup.journal / "arrivals").iterdir() if one.suffix in (".open", ".taken")]


def test_a_store_on_a_full_disk_takes_it_later(small: Path) -> None:
    url = str(small / "mail.db")
    open_store(url, create=True).close()
    ballast = small / "ballast"
    memory = Memory(setup_of(small.parent, url))
    ballast.write_bytes(bytes(shutil.disk_usage(small).free))
    for number in range(20):
        assert memory.arrive(letter(number, text="Good morning. " * 200)).intelligence == ""
    until(lambda: "the disk is full" in memory.said, "a line")
    assert memory.ask(letter(99)).history == ""
    ballast.unlink()
    until(lambda: count(url) == 20, "the mails")
    memory.kill()


def test_killed_again_and_again_while_it_keeps(tmp_path: Path, url: str) -> None:
    setup = msgspec.structs.replace(setup_of(tmp_path, url), keep_every_s=0.0)
    journal = Journal(setup.journal)
    for number in range(300):
        journal.append(arrival(number, LENA, OMAR))
        if number % 20 == 0:
            journal.close()
    dice = random.Random(3)
    for _ in range(4):
        memory = Memory(setup)
        time.sleep(dice.random() * 0.3)
        memory.kill()
    memory = Memory(setup)
    until(lambda: not waiting_files(memory), "the journal's end")
    memory.kill()
    assert Counter(map(tuple, content(url).values())) == {("first",): 600}
    assert run("store", "verify", "--store", url, home=tmp_path).returncode == 0
