"""Every sample damaged in many ways: nothing leaves `observe` but a record, and no case takes long."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from functools import cache
from math import ceil
from pathlib import Path

import pytest
from tests.observe.mutations import mutated

from tocsin.app.lists import Lists
from tocsin.app.observing import observer_factory
from tocsin.model.observation import Observed
from tocsin.model.source import RawMail

SAMPLES = Path(__file__).parents[1] / "samples"
MAILS = sorted(SAMPLES.glob("*/*.eml"))
CASES = 12_000
BUDGET_S = 2.0  # of processor time; the usual case takes a thousandth of it


@cache
def observer() -> Callable[[RawMail, str], Observed]:
    return observer_factory(Lists())()


def timed(number: int, raw: bytes) -> tuple[Observed, float]:
    started = time.process_time()
    observed = observer()(RawMail(f"case {number}", "cases", raw), "")
    return observed, time.process_time() - started


@pytest.mark.parametrize("path", MAILS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_damaged_samples_are_observed_within_the_budget(path: Path) -> None:
    slow: list[str] = []
    for number, raw in enumerate(mutated(path, ceil(CASES / len(MAILS)))):
        observed, took_s = timed(number, raw)
        # A collection of the whole run's garbage may fall into one case, not into the same one twice.
        if took_s > BUDGET_S and timed(number, raw)[1] > BUDGET_S:
            slow.append(f"case {number}")
        assert observed.sha256 == hashlib.sha256(raw).hexdigest()
        assert not observed.unread
    assert not slow


def test_the_same_cases_come_every_time() -> None:
    assert list(mutated(MAILS[0], 20)) == list(mutated(MAILS[0], 20))
    assert len(set(mutated(MAILS[0], 200))) > 150
