"""The evaluation of verdicts on one small exercise, and the arithmetic of its tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from benchmarks import verdicts
from benchmarks.tables import Table, as_markdown, at_most, found, wilson
from benchmarks.verdicts_on_exercises import ALONE, MAILBOX, TOGETHER, false_alarms, measure, recall, tables

from tocsin.app.weights import load_weights
from tocsin.render import words

MEASUREMENTS = Path(__file__).parents[2] / "docs" / "measurements.md"


def test_an_exercise_is_found_and_benign_mail_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cases = measure(204, 4, tmp_path / "exercise", load_weights())
    assert len(cases) > 500
    # Floors well below what docs/measurements.md says: this holds that nothing broke, not how good it is.
    for way, floor in ((TOGETHER, 0.6), (MAILBOX, 0.35), (ALONE, 0.15)):
        hits, of = recall(cases, way, "reconnaissance")
        assert of > 50
        assert hits / of >= floor, way
        alarms, benign = false_alarms(cases, way, "reconnaissance")
        assert (alarms, benign > 400) == (0, True), way
    family_table, *rest = tables(cases)
    assert "abused-genuine-service" in {row[0] for row in family_table.rows}, "what is missed is shown"
    assert all(len(row) == len(table.head) for table in (family_table, *rest) for row in table.rows)


def test_without_a_corpus_nothing_is_measured_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TOCSIN_CORPUS", raising=False)
    assert verdicts.main([]) == 2
    said = capsys.readouterr()
    assert "TOCSIN_CORPUS" in said.err
    assert "--exercises-only" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


def test_figures_carry_their_interval() -> None:
    assert found(5, 10) == "5 of 10: 50 % (24–76)"
    assert at_most(0, 1000) == "0 (≤ 0.38 %)"
    assert found(0, 0) == at_most(0, 0) == "–"
    drawn = as_markdown(Table("T", ("a", "b"), (("x", "1"),), "Note."))
    assert drawn == "### T\n\nNote.\n\n| a | b |\n|---|---:|\n| x | 1 |\n"


def test_the_miss_rate_that_people_read_is_the_measured_one() -> None:
    (line,) = re.findall(
        r"^Reconnaissance mails without any alert, of 100: .*$", MEASUREMENTS.read_text("utf-8"), re.M
    )
    measured = re.findall(r"(\d+) \(", line)
    assert len(measured) == 3
    assert re.findall(r"(\d+) of 100", words.MISS_RATE) == measured
