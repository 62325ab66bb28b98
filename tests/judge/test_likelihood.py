"""Bands, logistic and caps."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.judge.likelihood import BANDS, band, capped, logistic, logit


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.0, "almost no chance"),
        (0.049999, "almost no chance"),
        (0.05, "very unlikely"),
        (0.20, "unlikely"),
        (0.449999, "unlikely"),
        (0.45, "roughly even chance"),
        (0.549999, "roughly even chance"),
        (0.55, "likely"),
        (0.80, "very likely"),
        (0.949999, "very likely"),
        (0.95, "almost certain"),
        (1.0, "almost certain"),
    ],
)
def test_a_lower_edge_belongs_to_its_band(probability: float, words: str) -> None:
    assert band(probability) == words


@given(st.floats(0, 1), st.floats(0, 1))
def test_bands_rise_with_probability(left: float, right: float) -> None:
    low, high = sorted((left, right))
    assert BANDS.index(band(low)) <= BANDS.index(band(high))


@given(st.floats(1e-6, 1 - 1e-6))
def test_logistic_undoes_logit(probability: float) -> None:
    assert logistic(logit(probability)) == pytest.approx(probability)


@pytest.mark.parametrize(("nats", "expected"), [(-10_000.0, 0.0), (0.0, 0.5), (10_000.0, 1.0)])
def test_logistic_never_overflows(nats: float, expected: float) -> None:
    assert logistic(nats) == expected


def test_a_group_is_held_to_its_cap_and_shared_in_proportion() -> None:
    assert capped([("host", 3.0), ("host", 1.0), ("reach", 2.0)], {"host": 2.0, "reach": 3.0}) == (
        1.5,
        0.5,
        2.0,
    )


def test_signs_of_one_group_are_capped_apart() -> None:
    assert capped([("nature", -8.0), ("nature", 2.0)], {"nature": 4.0}) == (-4.0, 2.0)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(-9, 9))),
    st.dictionaries(st.sampled_from("abc"), st.floats(1, 9)),
)
def test_no_group_ever_passes_its_cap(weights: list[tuple[str, float]], caps: dict[str, float]) -> None:
    shares = capped(weights, caps)
    for group in "abc":
        for sign in (1, -1):
            kept = [
                share
                for (name, weight), share in zip(weights, shares, strict=True)
                if name == group and weight * sign > 0
            ]
            assert abs(sum(kept)) <= caps.get(group, math.inf) + 0.005 * len(kept) + 1e-9
