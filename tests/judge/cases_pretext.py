"""Cases of detectors about what the mail is about and asks for; `test_detectors` runs them."""

from __future__ import annotations

from tests.judge.factories import Case

CASES: list[Case] = []
