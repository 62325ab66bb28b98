"""What tests of the command line share: one scanned exercise for each process that runs tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.running import run


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the exercise in `ex` and its practice store in `p.db`; tests work on copies."""
    home = tmp_path_factory.mktemp("january")
    assert run("exercise", "january", "-o", home / "ex", home=home).returncode == 0
    result = run(
        *("scan", home / "ex", "--people", home / "ex/people.toml", "--store", home / "p.db", "--practice"),
        *("--plain", "--jobs", "1", "--quiet"),
        home=home,
    )
    assert result.returncode == 1, result.stderr
    return home
