"""Stores for the tests of this folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.app.live.remembering import Memory, setup_of, until

from tocsin.app.memory import open_store


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys lie in a folder of the test's own, and no keyring is asked."""
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
    """A running memory over that store."""
    running = Memory(setup_of(tmp_path, url))
    yield running
    running.kill()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root and mount")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield folder
    # A keeper ends a moment after its memory.
    until(lambda: subprocess.run(["umount", folder], check=False).returncode == 0, "the disk's end")
