"""The index of digests answers like a dictionary, whatever was added, retired, removed, merged or undone before."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import sqlcipher3.dbapi2 as sqlite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.store import schema, segments
from tocsin.store.segments import Segments
from tocsin.store.sqlite import SqliteConnection

EDGES = (-(2**63), -1, 0, 1, 2**57 - 1, 2**57, 2**63 - 1)
digests = st.sampled_from(EDGES) | st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3)
step = st.one_of(
    st.tuples(st.just("add"), st.lists(st.lists(digests, max_size=12), max_size=6)),
    st.tuples(st.sampled_from(["retire", "remove"]), st.lists(st.integers(0, 30), max_size=4)),
    st.tuples(st.just("undone"), st.lists(st.lists(digests, max_size=12), max_size=6)),
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes at which everything that happens to millions of pairs happens to some dozens."""
    for name, value in {
        "PAGE_BYTES": 60,
        "CUT_PAIRS": 24,
        "FAN": 2,
        "MOST_AT_ONCE": 4,
        "ASKED_AT_ONCE": 5,
        "RETIRED_MOST": 4,
        "FEW": 6,
    }.items():
        monkeypatch.setattr(segments, name, value)


def connection_to(path: str) -> SqliteConnection:
    connection = SqliteConnection(sqlite.connect(path, isolation_level=None), path)
    with connection.transaction():
        schema.create(connection, exercise=False)
    return connection


class Undone(Exception):
    pass


@pytest.mark.usefixtures("small")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(step, max_size=40), st.sampled_from([1, 2**32 - 5]))
def test_it_answers_like_a_dictionary(steps: list[tuple[str, list[Any]]], first: int) -> None:
    connection = connection_to(":memory:")
    expected: dict[int, set[int]] = {}
    index, number = Segments(connection), first
    for action, what in steps:
        if action in ("add", "undone"):
            mails = list(enumerate(what, number))
            with suppress(Undone), connection.transaction():
                index.add(mails)
                if action == "undone":
                    raise Undone
                expected.update((one, set(shown)) for one, shown in mails)
                number += len(mails)
        else:
            gone = {first + place for place in what}
            with connection.transaction():
                getattr(index, action)(gone)
            for one in gone:
                expected.pop(one, None)
            if action == "retire" and gone & set(range(first, number)):  # seen again, by another observer
                again = {one: (5, one) for one in gone if one < number}
                with connection.transaction():
                    index.add(again.items())
                expected.update((one, set(shown)) for one, shown in again.items())
        asked = {
            *EDGES,
            -3,
            -2,
            2,
            3,
            5,
            *range(first, number),
            *(d for shown in expected.values() for d in shown),
        }
        found = list(index.find(asked))
        assert len(found) == len(set(found))
        assert set(found) == {(digest, one) for one, shown in expected.items() for digest in shown}
    assert list(index.find([])) == []
    connection.close()


def test_much_is_merged_into_few_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "CUT_PAIRS", 1 << 12)
    connection = connection_to(":memory:")
    index, chance = Segments(connection), random.Random(5)
    common, number = 77, 0
    shown: dict[int, tuple[int, ...]] = {}
    for _ in range(120):
        mails = [
            (number + place, (common, chance.getrandbits(63), -chance.getrandbits(62)))
            for place in range(200)
        ]
        number += len(mails)
        shown.update(mails)
        with connection.transaction():
            index.add(mails)
    asked = [common, *(one for number in range(0, len(shown), 7) for one in shown[number][1:]), 12345]
    found = set(index.find(asked))
    assert found == {(d, one) for one in shown for d in shown[one] if d == common or one % 7 == 0}
    whole = connection.fetch("SELECT COUNT(*) FROM segments WHERE part = -1")[0][0]
    most = connection.fetch(
        "SELECT MAX(n) FROM (SELECT COUNT(*) AS n FROM segments WHERE part >= 0 GROUP BY part)"
    )
    assert whole <= 4 * segments.FAN
    assert most[0][0] <= 2 * segments.FAN
    connection.close()


def test_what_is_removed_is_in_no_page_and_no_fence(tmp_path: Path) -> None:
    connection = connection_to(str(tmp_path / "file"))
    connection.execute("PRAGMA secure_delete = ON")
    index = Segments(connection)
    chance = random.Random(6)
    own = [chance.getrandbits(62) for _ in range(400)]
    with connection.transaction():
        index.add([(1, own), *((number, [chance.getrandbits(62)]) for number in range(2, 900))])
        index.retire([1])
        index.add([(1, own[:3])])
    with mock.patch.object(segments, "FAN", 2), connection.transaction():
        index.add([(901, own[3:5])])
    with connection.transaction():
        index.remove([1])
    left = (tmp_path / "file").read_bytes()
    kept = {own[3], own[4]}
    assert all((digest.to_bytes(8, "little") in left) == (digest in kept) for digest in own)
    assert set(index.find(own)) == {(own[3], 901), (own[4], 901)}
    connection.close()


def test_a_reader_sees_one_moment_while_another_merges(tmp_path: Path) -> None:
    path = str(tmp_path / "file")
    writer = connection_to(path)
    writer.fetch("PRAGMA journal_mode = WAL")
    reader = SqliteConnection(sqlite.connect(path, isolation_level=None), path)
    index, other = Segments(writer), Segments(reader)
    with reader.reading():
        assert list(other.find([1])) == []
        for number in range(40):
            with writer.transaction():
                index.add([(number, [1])])
        assert list(other.find([1])) == []
    assert sorted(other.find([1])) == [(1, number) for number in range(40)]
    writer.close()
    reader.close()
