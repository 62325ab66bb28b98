"""The measurement of techniques: what trains, what tests, and the figures, on a bundle made by hand."""

from __future__ import annotations

import json
import lzma
import math
from pathlib import Path
from typing import Any

import pytest
from benchmarks.attribution import techniques
from benchmarks.attribution.bayes import class_prior, naive_bayes
from benchmarks.attribution.cases import FILE, Case, cases_of, split_by_year
from benchmarks.attribution.metrics import (
    Answer,
    at_coverage,
    calibration_error,
    coverage,
    interval,
    log_loss,
    precision,
    risk_coverage,
    separation,
    top,
)

from tocsin.exchange.attack_in import reports

MITRE = "mitre-attack"
MONTHS = "January 1"


def thing(type_: str, number: str, name: str) -> dict[str, Any]:
    return {
        "type": type_,
        "id": f"{type_}--{number}",
        "name": name,
        "external_references": [{"source_name": MITRE, "external_id": number, "url": "https://a.example"}],
    }


def use(user: str, technique: str, *cited: tuple[str, int, str]) -> dict[str, Any]:
    """`cited` are label, year and page."""
    return {
        "type": "relationship",
        "id": f"relationship--{user}{technique}{len(cited)}{cited[0][2]}",
        "relationship_type": "uses",
        "source_ref": user,
        "target_ref": f"attack-pattern--{technique}",
        "external_references": [
            {
                "source_name": label,
                "description": f"Vendor. ({year}, {MONTHS}). {label}. Retrieved May 1, 2025.",
                "url": f"https://vendor.example/{page}",
            }
            for label, year, page in cited
        ],
    }


HERON, OTTER, STOAT = ("intrusion-set--G9001", "intrusion-set--G9002", "intrusion-set--G9003")
BUNDLE = {
    "type": "bundle",
    "id": "bundle--1",
    "objects": [
        thing("intrusion-set", "G9001", "Heron"),
        thing("intrusion-set", "G9002", "Otter"),
        thing("intrusion-set", "G9003", "Stoat"),
        thing("campaign", "C9001", "Reeds"),
        thing("campaign", "C9002", "Nobody's"),
        *(thing("attack-pattern", number, number) for number in ("T1598", "T1566", "T1059", "T1102")),
        {
            "type": "relationship",
            "id": "relationship--behind",
            "relationship_type": "attributed-to",
            "source_ref": "campaign--C9001",
            "target_ref": HERON,
        },
        use(HERON, "T1598", ("Heron 2020", 2020, "heron"), ("Both", 2020, "both")),
        use(HERON, "T1102", ("Heron 2020", 2020, "heron"), ("Reeds early", 2021, "reeds")),
        use(OTTER, "T1566", ("Otter 2019", 2019, "otter"), ("Both", 2020, "both")),
        use(OTTER, "T1059", ("Two pages", 2021, "first")),
        use(STOAT, "T1059", ("Two pages", 2021, "second")),
        use(HERON, "T1059", ("Heron 2023", 2023, "heron-again")),
        use(STOAT, "T1566", ("Stoat 2023", 2023, "stoat")),
        use("campaign--C9001", "T1566", ("Reeds early", 2021, "reeds")),
        use("campaign--C9001", "T1598", ("Reeds late", 2022, "reeds-late")),
        use("campaign--C9002", "T1059", ("Nobody", 2022, "nobody")),
    ],
}
DATA = json.dumps(BUNDLE).encode()


def case(actor: str, year: int, *used: str, campaign: str = "") -> Case:
    return Case(actor, year, frozenset(used), campaign)


def test_shared_reports_and_those_of_campaigns_never_train() -> None:
    cases = cases_of(reports(DATA))
    assert set(cases.reports) == {
        case("G9001", 2020, "T1598", "T1102"),
        case("G9001", 2023, "T1059"),
        case("G9002", 2019, "T1566"),
        case("G9003", 2023, "T1566"),
    }
    assert cases.campaigns == (case("G9001", 2021, "T1566", "T1598", campaign="C9001"),)
    assert dict(cases.dropped) == {
        "no year": 0,
        "shared by several actors": 4,
        "cited for a campaign": 1,
        "campaign of nobody": 1,
        "campaign of several actors": 0,
    }


def test_the_split_goes_by_year_and_tells_actors_never_heard_of_apart() -> None:
    cases = cases_of(reports(DATA))
    split = split_by_year(cases.reports, 2022, also=cases.campaigns)
    assert {(one.actor, one.year) for one in split.train} == {("G9001", 2020), ("G9002", 2019)}
    assert [(one.actor, one.campaign) for one in split.known] == [("G9001", ""), ("G9001", "C9001")]
    assert [one.actor for one in split.unknown] == ["G9003"]
    assert split_by_year(cases.reports, 2020, 2020).known == ()


def test_baselines_are_what_they_are_called() -> None:
    train = (case("a", 2019, "T1", "T2"), case("a", 2020, "T1"), case("b", 2020, "T3"))
    (answer,) = naive_bayes(train, [case("b", 2022, "T3")])
    # P(a) = 2/3, P(T3|a) = (0+1)/(3+3); P(b) = 1/3, P(T3|b) = (1+1)/(1+3)
    assert answer.probability == pytest.approx((1 / 6) / (1 / 6 + 1 / 9))
    assert answer.right
    (guess,) = class_prior(train, [case("b", 2022, "T3")])
    assert guess.truth == pytest.approx(1 / 3)
    assert guess.rank == 1


def answer(actor: str, rank: float | None, probability: float, *, answers: bool = True) -> Answer:
    truth = probability if rank == 0 else 0.1
    return Answer(actor, rank is not None, rank, probability, truth, probability, answers)


ANSWERS = (
    answer("a", 0, 0.85),
    answer("a", 2, 0.85),
    answer("b", 0, 0.25, answers=False),
    answer("c", None, 0.25, answers=False),
)


def test_figures_by_hand() -> None:
    assert (top(ANSWERS, 1), top(ANSWERS, 3)) == (0.5, 0.75)
    assert coverage(ANSWERS) == 0.5
    assert precision(at_coverage(ANSWERS, 0.25)) == 1.0
    assert log_loss(ANSWERS[:2]) == pytest.approx(-(math.log(0.85) + math.log(0.1)) / 2)
    # Two bins of two: stated 0.85 and 0.25, right 0.5 in each.
    assert calibration_error(ANSWERS) == pytest.approx((0.35 + 0.25) / 2)
    assert risk_coverage(ANSWERS) == [(0.5, 0.5), (1.0, 0.5)]
    assert separation(ANSWERS) == pytest.approx((1 + 1 + 0.5) / 3)


def test_intervals_draw_actors_and_are_the_same_every_time() -> None:
    low, high = interval(ANSWERS, coverage, rounds=200)
    assert (low, high) == interval(ANSWERS, coverage, rounds=200)
    assert low == 0.0
    assert high == 1.0
    assert interval((), coverage) == (0.0, 1.0)


def test_without_the_data_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOCSIN_CTI", str(tmp_path))
    assert techniques.main([]) == 2
    assert FILE in capsys.readouterr().err


def test_it_runs_whole_on_a_small_bundle(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / FILE).write_bytes(lzma.compress(DATA))
    monkeypatch.setenv("TOCSIN_CTI", str(tmp_path))
    assert techniques.main(["--before-test"]) == 0
    assert "shared by several actors" in capsys.readouterr().out
