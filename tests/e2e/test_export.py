"""Exports through the command line: a scanned exercise leaves as STIX, MISP and a table, and comes back."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import stix2
from pymisp import MISPEvent

from tests.e2e.running import WRONG_USE, Result, run


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a practice store that a scan has filled."""
    home = tmp_path_factory.mktemp("home")
    assert run("exercise", "january", "-o", home / "ex", home=home).returncode == 0
    boxes = sorted((home / "ex").glob("*.mbox"))
    scanned = run(
        "scan", *boxes, "--people", home / "ex" / "people.toml", "--store", home / "p.db", "--practice",
        "--mandate", "practice", home=home,
    )  # fmt: skip
    assert scanned.returncode == 1, scanned.stderr
    return home


def export(home: Path, *arguments: str | Path) -> Result:
    return run("export", *arguments, "--store", home / "p.db", home=home)


def readers(home: Path) -> set[str]:
    truth = (home / "ex" / "truth.jsonl").read_text().splitlines()
    return {json.loads(line)["owner"] for line in truth} - {""}


def test_campaigns_leave_as_stix_without_readers(practice: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    result = export(practice, "--format", "stix", "-o", out, "--producer", "Help line")
    assert result.returncode == 0, result.stderr
    assert b"Written:" in result.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    text = out.read_text()
    assert not [one for one in readers(practice) if one in text]
    objects = json.loads(text)["objects"]
    stix2.parse(text, allow_custom=True, version="2.1")
    kinds = {one["type"] for one in objects}
    assert {"campaign", "indicator", "attack-pattern", "observed-data", "sighting", "relationship"} <= kinds
    assert all(one["name"].startswith("EXERCISE") for one in objects if one["type"] == "campaign")


def test_what_left_is_found_again_elsewhere(practice: Path, tmp_path: Path) -> None:
    """Another house takes the bundle in and hunts: its mail of the same campaign is found."""
    out = tmp_path / "out.json"
    assert export(practice, "--format", "stix", "-o", out).returncode == 0
    box = sorted((practice / "ex").glob("*.mbox"))[0]
    people = practice / "ex" / "people.toml"
    store = tmp_path / "other.db"
    run("scan", box, "--people", people, "--store", store, "--practice", home=practice)
    result = run("intel", "add", out, "--store", store, "--json", home=practice)
    assert result.returncode == 1, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert any(line.get("schema") == "tocsin.hit/1" for line in lines)


def test_misp_events_load_and_a_table_has_rows(practice: Path) -> None:
    events = json.loads(export(practice, "--format", "misp").stdout)["response"]
    for wrapped in events:
        event = MISPEvent()
        event.from_dict(**wrapped["Event"])
        assert not event.published
    rows = export(practice, "--format", "csv").stdout.decode().splitlines()
    assert len(rows) > 5


def test_an_export_is_audited(practice: Path) -> None:
    assert export(practice, "--format", "csv", "--mandate", "asked by the board").returncode == 0
    audit = run("store", "audit", "--store", practice / "p.db", "--json", home=practice)
    entries = [json.loads(line) for line in audit.stdout.splitlines()]
    assert any(one["action"] == "export" and one["mandate"] == "asked by the board" for one in entries)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "stix", "c-nothing"), b"no such campaign"),
        (("--format", "stix", "c-"), b"several campaigns"),
        (("--format", "stix", "--tlp", "RED"), b"RED"),
        ((), b"--format"),
    ],
)
def test_wrong_use_is_said(practice: Path, arguments: tuple[str, ...], said: bytes) -> None:
    result = export(practice, *arguments)
    assert result.returncode == WRONG_USE
    assert said in result.stderr
    assert not result.stdout
