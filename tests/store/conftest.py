"""Stores for the tests of this folder: one of each engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.store.engines import Engine

from tocsin.store.interface import Store


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys lie in a folder of the test's own, and no keyring is asked."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("TOCSIN_KEY_FILE", raising=False)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)


@pytest.fixture(params=("sqlite-plain", "sqlite-encrypted", "postgres"))
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """A place for a store, of every engine in turn."""
    if request.param == "postgres":
        return Engine(request.param, request.getfixturevalue("postgres_url"))
    return Engine(request.param, str(tmp_path / "store.tocsin"))


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    """An empty store."""
    opened = engine.open(create=True)
    yield opened
    opened.close()
