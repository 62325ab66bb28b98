"""Reserved endings carry nothing: with every top-level domain renamed, the same verdicts come out."""

from __future__ import annotations

import re
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from tocsin.app import catalogue, scenarios
from tocsin.app.exercise import Request, make_exercise, write_exercise
from tocsin.app.people import load_people
from tocsin.app.scan import Scan, ScanRequest
from tocsin.app.weights import load_weights
from tocsin.model.scan import Judged

SHIPPED = Path(str(files("tocsin"))) / "data"
RENAMED = {"example": "invalid", "invalid": "test", "test": "example"}
ENDING = re.compile(r"\.(example|invalid|test)\b(?!\.)")


def rename(text: str) -> str:
    return ENDING.sub(lambda match: "." + RENAMED[match[1]], text)


def renamed_data(folder: Path) -> Path:
    """A copy of the package's data in which every host has another ending."""
    for name in ("exercise", "scenarios"):
        shutil.copytree(SHIPPED / name, folder / name)
    for path in folder.rglob("*.*"):
        path.write_text(rename(path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def verdicts(folder: Path) -> dict[str, tuple[str, bool, float]]:
    """Class, alert and likelihood by message id, its ending cut off, and owner's name."""
    exercise = make_exercise(Request("january", seed=5))
    write_exercise(exercise, folder, 5, force=False)
    people = load_people(folder / "people.toml")
    boxes = tuple(sorted(str(path) for path in folder.glob("*.mbox")))
    scan = Scan(ScanRequest(boxes, load_weights(), people, jobs=1))
    try:
        found = {}
        for item in scan:
            assert isinstance(item, Judged)
            key = f"{item.owner.partition('@')[0]} {rename_away(item.observed.message_id)}"
            found[key] = (item.verdict.class_, item.verdict.alert, round(item.verdict.likelihood, 3))
        return found
    finally:
        scan.close()


def rename_away(text: str) -> str:
    return ENDING.sub("", text)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="renames the table in forked workers")
def test_no_verdict_depends_on_an_ending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    plain = verdicts(tmp_path / "plain")
    monkeypatch.setattr(scenarios, "_DATA", renamed_data(tmp_path / "data"))
    shipped = catalogue._shipped  # workers are forked, so they see the renamed table too
    monkeypatch.setattr(
        catalogue,
        "_shipped",
        lambda name: rename(shipped(name)) if name == catalogue.ALIASES else shipped(name),
    )
    renamed = verdicts(tmp_path / "renamed")
    assert len(plain) > 200
    assert any(class_ == "reconnaissance" for class_, _, _ in plain.values())
    assert renamed == plain
