"""Cases of detectors about the machinery that sent the mail and the hosts that it calls; `test_detectors` runs them."""

from __future__ import annotations

from tests.judge.factories import Case, letter
from tocsin.judge.ages import Age

CASES: list[Case] = [
    ("young-domain", "days", letter(), {"ages": (Age("sender", "outlet.test", 1),)}),
    (
        "young-domain",
        "weeks",
        letter(),
        {"ages": (Age("sender", "outlet.test", 900), Age("call", "stranger.test", 14))},
    ),
    ("young-domain", "months", letter(), {"ages": (Age("link", "page.test", 364),)}),
    ("young-domain", None, letter(), {"ages": (Age("sender", "outlet.test", 365),)}),
    ("young-domain", None, letter(), {"ages": (Age("call", "stranger.test", -20),)}),
    ("young-domain", None, letter(), {"ages": (Age("sender", "outlet.test", 3),), "wrote_to_address": True}),
    ("young-domain", None, letter(), {}),
]
