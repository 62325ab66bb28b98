"""Cases of detectors about what the mail is about and asks for; `test_detectors` runs them."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.judge.factories import READER, Case, beacon, content, letter, sender, vouched
from tocsin.judge.context import Seen
from tocsin.judge.timing import Nearness
from tocsin.model.observation import Observation, Observed
from tocsin.model.people import Owner

ORE = Owner(READER.addresses, topics=("ore trade",), languages=("en",))
CLOSE = Nearness("Vote on ore", 3, 2, 400)


def copy(share: str = "0.90", site: str = "gazette.test", **values: Any) -> Observed:
    """A letter that copies an article."""
    published = (Observation("article-publisher", site, "Ore prices rise"),) if site else ()
    found = (Observation("article-copy", "Ore prices rise", share), *published)
    return msgspec.structs.replace(letter(**values), observations=(*letter(**values).observations, *found))


def purpose(kind: str, value: str, **values: Any) -> Observed:
    """A letter of this purpose."""
    found = letter(**values)
    return msgspec.structs.replace(found, observations=(Observation(kind, value, "body"),))


CASES: list[Case] = [
    ("commercial-offer", "clear", purpose("offer", "clear"), {}),
    ("commercial-offer", "some", purpose("offer", "some"), {}),
    ("commercial-offer", None, letter(), {}),
    ("commercial-offer", None, purpose("event", "answer"), {}),
    ("event-invitation", "registration", purpose("event", "answer", content=content(links=1)), {}),
    ("event-invitation", "answer", purpose("event", "answer"), {}),
    ("event-invitation", "programme", purpose("event", "programme", content=content(links=1)), {}),
    ("event-invitation", None, letter(content=content(asks=("meeting",))), {}),
    ("beacon-alone", "unread", letter(kinds=("asks-unknown",)), {}),
    ("beacon-alone", "unread", letter(kinds=("asks-unknown",), content=content(links=1)), {}),
    (
        "beacon-alone",
        "unvouched",
        letter(beacon(), sender=sender(dmarc="fail"), content=content(pictures=1)),
        {},
    ),
    ("beacon-alone", "visible", letter(beacon(), sender=vouched(), content=content(pictures=1)), {}),
    ("nothing-offered", None, letter(kinds=("asks-unknown",)), {}),
    ("pasted-article", "whole", copy(), {}),
    ("pasted-article", "whole", copy(sender=sender("desk@gazette.test", dmarc="fail")), {}),
    ("pasted-article", "part", copy("0.30"), {}),
    ("pasted-article", "unsourced", copy(site=""), {}),
    ("pasted-article", None, copy("0.30", site=""), {}),
    ("pasted-article", None, copy(sender=vouched("desk@gazette.test")), {}),
    ("pasted-article", None, copy(sender=sender("desk@mail.gazette.test")), {}),
    ("pasted-article", None, copy(sender=sender(list_id="news.outlet.test")), {}),
    ("pasted-article", None, copy(kinds=("forward-mark",)), {}),
    ("pasted-article", None, copy(content=content(forwarded_inline=True)), {}),
    ("pasted-article", None, copy(sender=sender(in_reply_to=("a@b",))), {}),
    ("pasted-article", None, copy(), {"wrote_to_address": True}),
    ("pasted-article", None, copy(), {"address": Seen(mails=4)}),
    ("pasted-article", None, letter(), {}),
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
