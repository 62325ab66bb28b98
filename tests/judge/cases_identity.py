"""Cases of detectors about who the sender claims to be; `test_detectors` runs them."""

from __future__ import annotations

from tests.judge.factories import Case

CASES: list[Case] = []
