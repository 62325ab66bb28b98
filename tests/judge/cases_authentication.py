"""Cases of detectors about what servers and signatures vouch for; `test_detectors` runs them."""

from __future__ import annotations

from tests.judge.factories import Case

CASES: list[Case] = []
