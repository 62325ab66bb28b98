"""`tocsin attribute` over a scanned exercise: evidence, intelligence of one's own, and campaigns that are gone."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.running import WRONG_USE, Result, run
from tests.e2e.test_scan import records

OWL = """
name = "Paper Owl"

[sources.note]
title = "Owls and pictures"
publisher = "Desk of the Ore Post"
date = 2026-06-02
url = "https://desk.example/owls"

[[sign]]
id = ["hidden-beacon", "beacon-only"]
text = "Each mail had a hidden picture and no link."
sources = "note"
"""
PICTURES, DESK = "news-pictures.edgecache.example", "easterndesk.invalid"
BLOCK = f"# Copyright (c) Maltrail developers\n\n# Reference: https://reports.example/owl-one\n\n{PICTURES}\n"
TABLE = f"type,value,names,comment\ndomain,{DESK},Paper Owl,see https://other.example/owl-two\n"
EXPIRED = f"type,value,names,valid_until\ndomain,{DESK},Rag Heron,2019-01-01\n"
AGAIN = f"type,value,names,comment\ndomain,{DESK},Paper Owl,copied from https://reports.example/owl-one\n"


@pytest.fixture
def home(scanned: Path, tmp_path: Path) -> Path:
    shutil.copy(scanned / "p.db", tmp_path / "p.db")
    (tmp_path / "owl.toml").write_text(OWL)
    return tmp_path


def attribute(home: Path, campaign: str, *more: str | Path, code: int = 0) -> Result:
    result = run("attribute", campaign, "--store", home / "p.db", *more, home=home)
    assert result.returncode == code, result.stderr
    return result


def told(home: Path, campaign: str, *more: str | Path) -> dict[str, Any]:
    (one,) = records(attribute(home, campaign, "--json", *more).stdout)
    return one


def evidence(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [*one["evidence"], *one["against"]]


@cache
def listed(home: Path) -> list[dict[str, Any]]:
    return records(run("campaigns", "list", "--store", home / "p.db", "--json", home=home).stdout)


def campaign_of(home: Path, host: str) -> str:
    (one,) = [one for one in listed(home) if any(link["shared"] == host for link in one["links"])]
    return str(one["id"])


def words_of(result: Result) -> str:
    return " ".join(result.stdout.decode().split())


def test_mails_alone_name_nobody_and_every_place_can_be_looked_up(scanned: Path) -> None:
    id = campaign_of(scanned, PICTURES)
    one = told(scanned, id)
    assert one["abstains"]
    assert not one["names_shown"]
    assert one["band"] is None
    assert one["level"] in ("linked-mails", "cluster")
    pieces = evidence(one)
    assert {piece["id"] for piece in pieces} == {f"e{n}" for n in range(1, len(pieces) + 1)}
    values = {piece["value"] for piece in pieces}
    assert {PICTURES, DESK, "hidden-beacon", "beacon-only", "persona-journalist"} <= values
    assert all(piece["grade"] is None and piece["source"] == "campaign" for piece in pieces)
    truth = {json.loads(line)["sha256"] for line in (scanned / "ex/truth.jsonl").read_text().splitlines()}
    places = [place for piece in pieces for place in piece["places"]]
    assert places
    assert {place["sha256"] for place in places} <= truth
    said = words_of(attribute(scanned, id))
    assert "Whose hand it is, is not known." in said
    assert "news-pictures[.]edgecache[.]example" in said
    assert PICTURES not in said
    for name in ("APT31", "Patchwork", "TEMP_Heretic"):
        assert name not in said + json.dumps(one)
    audited = run("store", "audit", "--store", scanned / "p.db", "--json", home=scanned).stdout.decode()
    assert f"attribute {id}" in audited


def test_newsletters_get_no_actor(scanned: Path) -> None:
    quiet = [one["id"] for one in listed(scanned) if not one["alerts"]]
    one = told(scanned, quiet[0], "--actor-names")
    assert (one["leading"], one["consistent_with"], one["abstains"]) == ("marketing", [], True)


def test_intelligence_of_ones_own_is_evidence_once_a_report(scanned: Path, home: Path) -> None:
    id = campaign_of(scanned, PICTURES)
    sources = (
        ("apt_paper_owl.txt", BLOCK), ("two.csv", TABLE), ("old.csv", EXPIRED), ("again.csv", AGAIN),
    )  # fmt: skip
    for name, text in sources:
        (home / name).write_text(text)
    run("intel", "add", *(home / name for name, _ in sources), "--store", home / "p.db", home=home)
    one = told(home, id, "--actor-names", "--actors", home / "owl.toml")
    named = [piece for piece in evidence(one) if piece["names"]]
    assert {(piece["value"], piece["origin"]) for piece in named} == {
        (PICTURES, "report reports.example/owl-one"),
        (DESK, "report reports.example/owl-one"),
        (DESK, "report other.example/owl-two"),
    }
    assert {name for piece in named for name in piece["names"]} == {"owl"}
    (expired,) = [piece for piece in evidence(one) if "Rag Heron" in piece["text"]]
    assert "counts for nothing" in expired["text"]
    assert (expired["kind"], expired["names"]) == ("observable", [])
    veiled = attribute(home, id, "--actors", home / "owl.toml").stdout.decode()
    assert "Owl" not in veiled
    assert "Rag Heron" not in veiled
    assert "Paper Owl" in json.dumps(one)


def test_erased_campaigns_get_a_clear_answer(scanned: Path, home: Path) -> None:
    quiet = next(one for one in listed(scanned) if len({member["owner"] for member in one["members"]}) == 1)
    (owner,) = {member["owner"] for member in quiet["members"]}
    assert run("store", "erase", owner, "--yes", "--store", home / "p.db", home=home).returncode == 0
    result = attribute(home, quiet["id"], code=WRONG_USE)
    assert "there is no such campaign" in result.stderr.decode()
