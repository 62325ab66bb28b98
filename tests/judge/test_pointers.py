"""Intelligence that came later: an earlier verdict alarms with it, and keeps its class unless its own signs do more."""

from __future__ import annotations

import pytest

from tests.judge.factories import context, letter, mail
from tocsin.app.weights import load_weights
from tocsin.judge.pointers import Pointer, pointer, with_pointers
from tocsin.judge.verdict import judge
from tocsin.model.intel import Comparison, Hit, Indicator, IntelSource
from tocsin.model.observable import Observable

WEIGHTS = load_weights()
PATTERN = Comparison("host", "under", ("hostile.test",))
SOURCE = IntelSource("s", "Partner", "list", "x", 1.7e9, 1.7e9, grade="B2")
HIT = Hit("i", 1, "host", Observable("host", "u.hostile.test", "1"), 1.7e9)


def told(**values: object) -> Pointer:
    return pointer(HIT, Indicator("i", "s", PATTERN, "hostile.test", **values), SOURCE)  # type: ignore[arg-type]


def test_the_sentence_names_source_indicator_grade_and_date() -> None:
    text = "It shows the host u.hostile.test: “Partner” (graded B2) lists it since 2023-11-14."
    assert told().text == text.replace(".hostile.", "[.]hostile[.]")
    assert "for Actor X" in told(names=("Actor X",)).text


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({}, "strong"),
        ({"confidence": 10}, "doubtful"),
        ({"grade": "E4"}, "doubtful"),
        ({"confidence": 80}, "strong"),
    ],
)
def test_levels(values: dict[str, object], level: str) -> None:
    assert told(**values).level == level


def test_an_ordinary_letter_alarms_and_keeps_its_class() -> None:
    before = judge(mail(), context(mail()), WEIGHTS)
    after = with_pointers(before, (told(),), WEIGHTS, 0.5)
    assert not before.alert
    assert (after.alert, after.indicator, after.class_) == (True, True, before.class_)
    assert after.likelihood < 0.5
    again = with_pointers(after, (told(), told(grade="A1")), WEIGHTS, 0.5)
    assert again.log_odds == after.log_odds
    assert len([reason for reason in again.for_ if reason.detector == "known-indicator"]) == 2


def test_judging_anew_comes_to_the_same() -> None:
    one = letter()
    before = judge(one, context(one), WEIGHTS)
    amended = with_pointers(before, (told(),), WEIGHTS, 0.5)
    anew = judge(one, context(one, indicators=(told(),)), WEIGHTS)
    assert (anew.alert, anew.indicator, anew.class_) == (amended.alert, amended.indicator, amended.class_)
    assert anew.log_odds == pytest.approx(amended.log_odds, abs=0.02)


def test_mail_that_was_not_looked_into_alarms_as_well() -> None:
    one = mail(unread=True)
    verdict = judge(one, context(one, indicators=(told(),)), WEIGHTS)
    assert verdict.alert
    assert [reason.detector for reason in verdict.for_] == ["known-indicator"]
