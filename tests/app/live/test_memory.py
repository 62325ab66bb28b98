"""The memory judges what arrives by what the store holds and by what came before it, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.app.live.remembering import LENA, OMAR, Memory, content, count, letter, setup_of, until

from tocsin.app.memory import open_store

PIXEL = '<p>Dear reader</p><img src="http://t.stranger.test/p.gif?u={who}" width="1" height="1">'


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("TOCSIN_KEY_FILE", raising=False)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """An empty encrypted store."""
    path = str(tmp_path / "mail.db")
    open_store(path, create=True).close()
    return path


@pytest.fixture
def memory(tmp_path: Path, url: str) -> Iterator[Memory]:
    running = Memory(setup_of(tmp_path, url))
    yield running
    running.kill()


def test_what_arrives_gets_into_the_store(memory: Memory, url: str) -> None:
    opinions = memory.arrive(letter(1), LENA, OMAR)
    assert [one.owner for one in opinions.opinions] == [LENA, OMAR]
    assert (opinions.history, opinions.intelligence) == ("", "")
    until(lambda: count(url) == 2, "the mails")
    assert content(url) == {("1@news-desk.test", who): ["first"] for who in (LENA, OMAR)}
