"""Cases of detectors about what the mail is about and asks for; `test_detectors` runs them."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.judge.factories import READER, Case, beacon, content, letter, pixel, sender, token, vouched
from tocsin.judge.context import Seen
from tocsin.judge.timing import Nearness
from tocsin.model.observation import Observation, Observed
from tocsin.model.people import Owner

ORE = Owner(READER.addresses, topics=("ore trade",), languages=("en",))
NEWS = content(headline=True)
FONT = beacon(technique="css-font")
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
    ("only-a-call", "first", letter(), {}),
    ("only-a-call", "first", letter(beacon(personal=token())), {}),
    ("only-a-call", "first", letter(content=content(asks=("comment", "reply"))), {}),
    ("only-a-call", "first", letter(), {"address": Seen(mails=1, suspect=1)}),
    ("only-a-call", "worded", purpose("offer", "some"), {}),
    ("only-a-call", "lone", letter(), {"history_known": False}),
    ("only-a-call", "first", letter(pixel()), {"traits": {"shared_hosting": True}}),
    ("only-a-call", None, letter(FONT), {"traits": {"shared_hosting": True}}),
    ("news-from-nowhere", None, letter(FONT, content=NEWS), {"traits": {"shared_hosting": True}}),
    ("unknown-beacon-host", None, letter(FONT), {"traits": {"shared_hosting": True}}),
    ("concealment", None, letter(FONT), {"traits": {"shared_hosting": True}}),
    ("concealment", "evasion", letter(FONT), {}),
    ("only-a-call", None, letter(beacon()), {}),
    ("only-a-call", None, letter(pixel(), beacon()), {}),
    ("only-a-call", None, letter(sender=sender(in_reply_to=("a@b",))), {"history_known": False}),
    ("only-a-call", None, purpose("offer", "clear"), {}),
    ("only-a-call", None, purpose("event", "programme"), {}),
    ("only-a-call", None, letter(kinds=("asks-unknown",)), {}),
    ("only-a-call", None, letter(content=content(asks=("click",))), {}),
    ("only-a-call", None, letter(content=content(attachments=1)), {}),
    ("only-a-call", None, letter(content=content(link_sites=("stranger.test",), links=1)), {}),
    ("only-a-call", None, letter(content=content(postal_address=True)), {}),
    ("only-a-call", None, letter(pixel(vendor="service")), {}),
    ("only-a-call", None, letter(pixel("https://outlet.test/p.gif")), {}),
    ("only-a-call", None, letter(), {"address": Seen(mails=1)}),
    ("only-a-call", None, letter(), {"wrote_to_address": True}),
    ("news-from-nowhere", "stranger", letter(content=NEWS), {}),
    ("news-from-nowhere", "stranger", letter(content=content(persona=("journalist",))), {}),
    ("news-from-nowhere", "linked", letter(content=content(article=True, link_sites=("stranger.test",))), {}),
    ("news-from-nowhere", "own", letter(pixel("https://outlet.test/p.gif"), content=NEWS), {}),
    ("news-from-nowhere", "pictures", letter(beacon(), content=NEWS), {}),
    ("news-from-nowhere", "lone", letter(content=NEWS), {"history_known": False}),
    ("news-from-nowhere", None, letter(beacon(), content=NEWS), {"history_known": False}),
    ("news-from-nowhere", None, letter(), {}),
    ("news-from-nowhere", None, letter(content=content(persona=("embassy",))), {}),
    ("news-from-nowhere", None, letter(beacon("https://outlet.test/p.png"), content=NEWS), {}),
    ("news-from-nowhere", None, letter(pixel(vendor="service"), content=NEWS), {}),
    ("news-from-nowhere", None, letter(content=content(headline=True, links=9)), {}),
    ("news-from-nowhere", None, letter(content=content(headline=True, unsubscribe=True)), {}),
    ("news-from-nowhere", None, letter(content=NEWS, sender=sender(in_reply_to=("a@b",))), {}),
    ("news-from-nowhere", None, letter(content=NEWS), {"site": Seen(mails=1)}),
    ("news-from-nowhere", None, purpose("offer", "clear", content=NEWS), {}),
    ("news-from-nowhere", None, purpose("event", "answer", content=NEWS), {}),
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
