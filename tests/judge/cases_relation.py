"""Cases of detectors about what reader and sender had to do with each other; `test_detectors` runs them."""

from __future__ import annotations

from tests.judge.factories import Case

CASES: list[Case] = []
