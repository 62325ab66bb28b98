"""Actors ranked by techniques: like habits first, an actor in no profile always possible, silence below a threshold."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.app.calibration import load_calibration
from tocsin.attribute.overlap import Band
from tocsin.attribute.techniques import (
    FEATURES,
    Calibration,
    Calibrations,
    Report,
    Techniques,
    learn,
    mail_reports,
    rank,
    reports_of,
    seen_in_mail,
)
from tocsin.model.actor import Actor, Source, Statement

CALIBRATION = Calibration(
    weights=dict.fromkeys(FEATURES, 1.0),
    unknown=1.0,
    unknown_length=0.1,
    threshold=0.3,
    bands=(Band(0.0, 0.0, 0.2), Band(0.3, 0.25, 0.75)),
)
REPORTS = (
    Report("heron", 2020, frozenset({"T1598.003", "T1583.001", "T1102.002"})),
    Report("heron", 2021, frozenset({"T1598.003", "T1102.002"})),
    Report("otter", 2020, frozenset({"T1566.001", "T1059.001", "T1204.002"})),
    Report("otter", 2021, frozenset({"T1566.001", "T1059.003"})),
    Report("stoat", 2012, frozenset({"T1566.002", "T1204.001"})),
)


def model(reports: tuple[Report, ...] = REPORTS, calibration: Calibration = CALIBRATION) -> Techniques:
    return learn(reports, 2022, calibration)


def test_the_actor_with_these_habits_comes_first_and_says_what_it_shares() -> None:
    first, *others = rank(["T1598.003", "T1102.002", "T1566.001"], model())
    assert first.actor == "heron"
    assert first.answers
    assert not first.because
    assert first.shared == ("T1102.002", "T1598.003")
    assert first.reports == 2
    assert 0.3 <= first.probability <= first.high
    assert first.low == 0.25
    assert [one.actor for one in others if one.answers] == []


def test_an_actor_in_no_profile_keeps_a_share() -> None:
    ranked = rank(["T1598.003"], model())
    assert 0.0 < math.fsum(one.probability for one in ranked) < 1.0
    sure = msgspec.structs.replace(CALIBRATION, unknown=50.0)
    assert math.fsum(one.probability for one in rank(["T1598.003"], model(calibration=sure))) < 1e-6


def test_below_the_threshold_nobody_is_named() -> None:
    shy = msgspec.structs.replace(CALIBRATION, threshold=0.999)
    ranked = rank(["T1598.003"], model(calibration=shy))
    assert not any(one.answers for one in ranked)
    assert all(one.because for one in ranked)


def test_techniques_that_nobody_is_known_for_name_nobody() -> None:
    bold = msgspec.structs.replace(CALIBRATION, threshold=0.0)
    ranked = rank(["T1499"], model(calibration=bold))
    assert not any(one.answers or one.shared for one in ranked)


def test_an_old_report_counts_for_less_than_a_fresh_one() -> None:
    techniques = frozenset({"T1598.003", "T1102.002"})
    ranked = rank(techniques, model((Report("old", 2010, techniques), Report("new", 2021, techniques))))
    assert [one.actor for one in ranked] == ["new", "old"]
    undated = rank(techniques, model((Report("undated", 0, techniques), Report("new", 2021, techniques))))
    assert undated[0].actor == "new"


def test_the_order_of_reports_and_techniques_changes_nothing() -> None:
    asked = ["T1598.003", "T1566.001", "T1204.002"]
    assert rank(asked, model()) == rank(asked[::-1], model(REPORTS[::-1]))


@pytest.mark.parametrize("asked", [[], ["", " "]])
def test_nothing_asked_nothing_ranked(asked: list[str]) -> None:
    assert rank(asked, model()) == ()
    assert rank(["T1598"], model(())) == ()


@given(st.lists(st.text(max_size=12), max_size=20), st.integers(-5000, 5000))
def test_whatever_is_asked_probabilities_stay_probabilities(asked: list[str], year: int) -> None:
    odd = (*REPORTS, Report("odd", year, frozenset(asked)))
    ranked = rank(asked, learn(odd, 2022, CALIBRATION))
    assert all(0.0 <= one.low <= one.probability <= one.high <= 1.0 for one in ranked)
    assert math.fsum(one.probability for one in ranked) <= 1.0 + 1e-9


def source(url: str, date: str = "2020-05-01") -> Source:
    return Source("A report", "Vendor", date, url)


def statement(value: str, *sources: Source, kind: str = "technique", denied: bool = False) -> Statement:
    return Statement(kind, value, "text", sources, denied)


def test_profiles_become_reports_without_those_that_several_actors_share() -> None:
    one, shared, later = source("https://a.example/1"), source("https://b.example/2"), source("", "2021")
    actors = (
        Actor(
            "heron", "Heron", (), (statement("T1598.003", one, shared), statement("T1102.002", one, later))
        ),
        Actor("otter", "Otter", (), (statement("T1566.001", shared), statement("T1059", one, denied=True))),
    )
    assert reports_of(actors) == (
        Report("heron", 2020, frozenset({"T1598.003", "T1102.002"}), "https://a.example/1"),
        Report("heron", 2021, frozenset({"T1102.002"}), "vendor: a report"),
    )
    other = statement("sign", source("https://c.example/"), kind="sign")
    assert reports_of((Actor("stoat", "Stoat", (), (other,)),)) == ()


def test_mail_shows_few_techniques() -> None:
    assert seen_in_mail("T1566.002")
    assert seen_in_mail("T1656")
    assert not seen_in_mail("T1059.001")
    assert [sorted(one.techniques) for one in mail_reports(REPORTS)][:2] == [
        ["T1583.001", "T1598.003"],
        ["T1598.003"],
    ]


def test_the_shipped_calibration_says_how_it_was_made_and_rarely_names() -> None:
    shipped = load_calibration("techniques", Calibrations)
    assert "--write" in shipped.command
    assert shipped.made
    assert "2022" in shipped.fitted_on
    for calibration in (shipped.full, shipped.mail):
        assert set(calibration.weights) == set(FEATURES)
        assert all(weight >= 0.0 for weight in calibration.weights.values())
        starts = [band.start for band in calibration.bands]
        assert starts == sorted(starts)
        assert starts[0] == 0.0
    ranked = rank(["T1566.001"], model(calibration=shipped.mail))
    assert ranked
    assert not any(one.answers for one in ranked)
