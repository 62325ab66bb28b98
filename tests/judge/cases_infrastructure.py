"""Cases of detectors about the machinery that sent the mail and the hosts that it calls; `test_detectors` runs them."""

from __future__ import annotations

from tests.judge.factories import Case

CASES: list[Case] = []
