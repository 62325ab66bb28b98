"""The evaluation of verdicts on one small exercise, and the arithmetic of its tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from benchmarks import verdicts
from benchmarks.fit import as_toml, training_rows
from benchmarks.fitting import CAP, as_file, fitted_weights
from benchmarks.tables import Table, as_markdown, at_most, found, wilson
from benchmarks.verdict_checks import permuted_changes
from benchmarks.verdict_tables import HOSTILE, missed_share, recall_table
from benchmarks.worlds import ALONE, MAILBOX, TOGETHER, World, exercise_world

from tocsin.app.weights import load_weights
from tocsin.render import words

MEASUREMENTS = Path(__file__).parents[2] / "docs" / "measurements.md"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return exercise_world(204, 4, tmp_path_factory.mktemp("evaluation"), jobs=2)


def test_an_exercise_is_found_and_benign_mail_left_alone(world: World) -> None:
    weights = load_weights()
    judgements = verdicts.judged_all([world], weights)
    assert len(judgements) > 500
    hostile = [
        one for one in judgements if one.case.label == "reconnaissance" and one.case.stratum == HOSTILE
    ]
    benign = [one for one in judgements if one.benign]
    assert (len(hostile) > 50, len(benign) > 400) == (True, True)
    # Floors well below what docs/measurements.md says: this holds that nothing broke, not how good it is.
    for way, floor in ((TOGETHER, 0.6), (MAILBOX, 0.35), (ALONE, 0.15)):
        assert missed_share(judgements, way) <= 1 - floor, way
        assert sum(one.alarms(way, "reconnaissance") for one in benign) <= len(benign) / 1000, way
    families = {row[0] for row in recall_table(judgements, "", "").rows}
    assert {one.case.family for one in hostile} <= families, "what is missed is shown"
    for table in verdicts.tables(judgements, judgements, weights):
        assert bool(table.rows) != table.title.startswith("Real mail")  # there is none here
        assert all(len(row) == len(table.head) for row in table.rows)
    assert permuted_changes(world, judgements, weights) == (0, 0)


def test_weights_are_fitted_towards_the_truth_within_sign_and_cap(world: World) -> None:
    judged = load_weights(fitted="")
    rows = training_rows([world], judged, lambda text: None)
    fitted = fitted_weights(judged, rows, without="empty-check")
    assert "empty-check" in {row.family for row in rows}
    for name, entry in fitted.detectors.items():
        for level, one in entry.fitted.items():
            assert abs(one.weight) <= CAP
            assert one.weight * judged.detectors[name].judged[level] >= 0
    assert fitted.detectors != judged.detectors
    assert as_toml(as_file({}, rows, "v", "about")).startswith("# about")


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
