"""Cases of detectors about what the mail is about and asks for; `test_detectors` runs them."""

from __future__ import annotations

from tests.judge.factories import READER, Case, letter
from tocsin.judge.context import Seen
from tocsin.judge.timing import Nearness
from tocsin.model.people import Owner

ORE = Owner(READER.addresses, topics=("ore trade",), languages=("en",))
CLOSE = Nearness("Vote on ore", 3, 2, 400)

CASES: list[Case] = [
    ("event-near", "rare", letter(), {"nearness": CLOSE}),
    ("event-near", "rare", letter(), {"nearness": Nearness("Vote on ore", 0, 1, 400)}),
    ("event-near", "uncommon", letter(), {"nearness": Nearness("Vote on ore", -1, 1, 50)}),
    ("event-near", None, letter(), {"nearness": Nearness("Vote on ore", 3, 3, 60)}),
    ("event-near", None, letter(), {"nearness": Nearness("Vote on ore", 3)}),
    ("event-near", None, letter(), {"nearness": CLOSE, "wrote_to_address": True}),
    ("event-near", None, letter(), {"nearness": CLOSE, "address": Seen(mails=1)}),
    ("event-near", None, letter(), {"nearness": CLOSE, "same_house": True}),
    ("event-near", None, letter(), {}),
    ("agenda", "", letter(subject="Ore trades compared"), {"owner": ORE, "topic_share": 0.1}),
    ("agenda", "", letter(), {"nearness": Nearness("Vote on ore", 3)}),
    ("agenda", None, letter(subject="Ore trademarks"), {"owner": ORE}),
    ("agenda", None, letter(subject="Ore trades compared"), {"owner": ORE, "topic_share": 0.4}),
    ("agenda", None, letter(subject="Ore trades compared"), {"owner": ORE, "nearness": CLOSE}),
]
