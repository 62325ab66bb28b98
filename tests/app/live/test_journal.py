"""What arrives lies on disk whole or not at all, until it is in the store: then it lies there once."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
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

from tocsin.app.live.journal import (
    MARK_BYTES,
    Journal,
    JournalFailed,
    JournalFull,
    UnreadableSegment,
    read_segment,
)
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


def read(segment: Path, opening: Opening | None = None) -> tuple[list[str], int]:
    """Subjects of what a segment gives back, and how many of its bytes it says are lost."""
    found: list[str] = []
    try:
        for one in read_segment(segment, opening or Opening()):
            found.append(one.observed.subject)  # noqa: PERF401  (what came before the error counts)
    except UnreadableSegment as error:
        return found, error.lost_bytes
    return found, 0


def test_a_torn_end_costs_the_torn_record(journal: Journal) -> None:
    for number in range(3):
        journal.append(arrival(number))
    (segment,) = journal.take()
    whole = segment.read_bytes()
    for cut in (1, 30, 500, len(whole) - 10, len(whole)):
        segment.write_bytes(whole[: len(whole) - cut])
        found, lost_bytes = read(segment)
        assert found == [f"Report {n}" for n in range(len(found))]
        assert len(found) == 2 or cut > 500
        assert lost_bytes > 0 or cut >= len(whole) - 10
    segment.write_bytes(whole + bytes(4096))  # what some file systems leave
    assert read(segment) == ([f"Report {n}" for n in range(3)], 0)


def segments(folder: Path, opening: Opening) -> list[tuple[bytes, list[int], Opening]]:
    """Segments of five records, in the open and sealed: their bytes, where each record ends, what opens them.

    The first place is the end of what stands before the records.
    """
    made = []
    for name in ("open", "sealed"):
        journal = Journal(folder / name)
        if name == "sealed":
            shutil.copy(folder / "spool" / "journal.key", journal.folder)
        ends = []
        for number in range(5):
            journal.append(arrival(number))
            (path,) = (journal.folder / "arrivals").iterdir()
            ends.append(path.stat().st_size)
        sizes = [end - start for start, end in itertools.pairwise(ends)]
        assert len(set(sizes)) == 1
        made.append((path.read_bytes(), [ends[0] - sizes[0], *ends], opening))
    return made


def test_damage_costs_the_records_that_it_meets_and_no_others(
    journal: Journal, url: str, tmp_path: Path
) -> None:
    opening = with_store(url, lambda store: opening_for(store, journal.folder))
    made = segments(tmp_path, opening)
    damaged = tmp_path / "damaged.taken"

    @settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
    @given(
        st.sampled_from(made),
        st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=400))),
        st.booleans(),
    )
    def holds(one: tuple[bytes, list[int], Opening], blows: list[tuple[float, bytes]], short: bool) -> None:
        whole, ends, opens = one
        data = bytearray(whole)
        for where, put in blows:
            at = ends[0] + int(where * (len(data) - ends[0]))
            put = put[:4] if short else put  # a length alone, or more than a record's head
            data[at : at + len(put)] = put[: len(data) - at]
        damaged.write_bytes(data)
        found, lost_bytes = read(damaged, opens)
        intact = [data[ends[n] : ends[n + 1]] == whole[ends[n] : ends[n + 1]] for n in range(5)]
        framed = [
            data[ends[n] + MARK_BYTES : ends[n + 1]] == whole[ends[n] + MARK_BYTES : ends[n + 1]]
            for n in range(5)
        ]
        read_ = [f"Report {n}" in found for n in range(5)]
        assert found == [f"Report {n}" for n in range(5) if read_[n]]
        assert all(got or not is_ for got, is_ in zip(read_, intact, strict=True))
        assert all(is_ or not got for got, is_ in zip(read_, framed, strict=True))
        assert lost_bytes == sum(ends[n + 1] - ends[n] for n in range(5) if not read_[n])

    holds()


def test_a_damaged_beginning_is_said(journal: Journal, url: str, tmp_path: Path) -> None:
    opening = with_store(url, lambda store: opening_for(store, journal.folder))
    damaged = tmp_path / "damaged.taken"
    for whole, ends, opens in segments(tmp_path, opening):
        for place in range(ends[0]):
            data = bytearray(whole)
            data[place] ^= 0x41
            damaged.write_bytes(data)
            found, lost_bytes = read(damaged, opens)
            assert len(found) == 5 or lost_bytes >= len(whole) - ends[0], place


def test_what_a_mail_says_is_never_read_as_a_record(journal: Journal) -> None:
    forged = Journal(journal.folder.parent / "forged")
    forged.append(arrival(66))
    (path,) = (forged.folder / "arrivals").iterdir()
    inside = path.read_bytes().decode("latin-1")
    journal.append(arrival(0))
    journal.append(msgspec.structs.replace(arrival(1), recipients=(inside,)))
    journal.append(arrival(2))
    (segment,) = journal.take()
    data = bytearray(segment.read_bytes())
    second = data.index(b"Report 1")
    data[data.rindex(b"observed", 0, second) - 8] ^= 1  # a byte of its checksum, or of its beginning
    segment.write_bytes(data)
    assert read(segment)[0] == ["Report 0", "Report 2"]


def test_segments_of_the_first_format_are_read(journal: Journal) -> None:
    for number in range(3):
        journal.append(arrival(number))
    (segment,) = journal.take()
    data = segment.read_bytes()
    line, _, rest = data.partition(b"\n")
    assert line == b"TOCSIN ARRIVALS 2"
    old = b"TOCSIN ARRIVALS 1\n" + rest.replace(rest[:MARK_BYTES], b"")
    segment.write_bytes(old)
    assert read(segment) == (["Report 0", "Report 1", "Report 2"], 0)


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


def test_a_damaged_record_does_not_keep_the_others_from_the_store(tmp_path: Path, url: str) -> None:
    setup = setup_of(tmp_path, url)
    journal = Journal(setup.journal)
    for number in range(5):
        journal.append(arrival(number))
    journal.close()
    (segment,) = (setup.journal / "arrivals").iterdir()
    data = bytearray(segment.read_bytes())
    second = data.index(b"\x86\xa8observed", data.index(b"Report 0"))
    data[second - 5] ^= 0xFF  # in the length of the second one
    segment.write_bytes(data)
    memory = Memory(setup)
    until(lambda: count(url) == 4, "the others")
    until(lambda: "bytes of it cannot be read" in memory.said, "a line")
    assert [one.name for one in (setup.journal / "arrivals").iterdir()] == [segment.stem + ".unreadable"]
    memory.kill()


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
