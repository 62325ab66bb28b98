"""Cases of detectors about what reader and sender had to do with each other; `test_detectors` runs them."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.judge.factories import READER, Case, beacon, content, letter, mail, pixel, reach, sender, vouched
from tocsin.judge.context import Seen
from tocsin.judge.mailings import Mailing
from tocsin.judge.pointers import Pointer
from tocsin.model.observation import Observed
from tocsin.model.people import Owner

PRIVATE = Owner((*READER.addresses, "r@post.example"), "Reader", "House", unpublished=("r@post.example",))
TO_PRIVATE = {"to": ("r@post.example",), "delivered_to": ()}
STEADY = Seen(mails=6, days=6, span_days=70, aligned=6, interval_days=14)
QUIET = Seen(mails=1, days=1)
SUDDEN = Mailing(people=6, organisations=4, bursts=1, unheard=6, silent=6)
FRESH = {"mailing": SUDDEN}
LISTED = letter(sender=sender(list_id="l.outlet.test", list_unsubscribe=True))
UNTIL_NOW = Mailing(people=6, organisations=4, bursts=1, unheard=6)
TO_TWO = Mailing(people=2, organisations=2, private=2, chance=0.2, bursts=1)

LISTED_URL = Pointer(
    "url", "strong", "It shows the address hxxps://t[.]stranger[.]test/p.gif: “List” lists it.", "1"
)
LISTED_DOMAIN = Pointer(
    "domain", "domain", "It shows t[.]stranger[.]test, which lies below a domain: “List” lists it.", "1"
)
UNSURE = Pointer(
    "url", "doubtful", "It shows the address hxxps://t[.]stranger[.]test/p.gif: “Guess” lists it.", "1"
)


def _but(mailing: Mailing, **values: Any) -> dict[str, Any]:
    return {"mailing": msgspec.structs.replace(mailing, **values)}


def _with_footer(one: Observed, **values: Any) -> Observed:
    return msgspec.structs.replace(one, content=content(unsubscribe=True, **values))


CASES: list[Case] = [
    ("known-indicator", "strong", letter(), {"indicators": (LISTED_DOMAIN, LISTED_URL, UNSURE)}),
    ("known-indicator", "domain", mail(), {"indicators": (LISTED_DOMAIN, UNSURE)}),
    ("known-indicator", "doubtful", mail(unread=True), {"indicators": (UNSURE,)}),
    ("known-indicator", None, letter(), {}),
    ("sudden-list", "over", LISTED, FRESH),
    ("sudden-list", "over", letter(sender=sender(one_click=True, list_unsubscribe=True)), FRESH),
    ("sudden-list", "begun", LISTED, {"mailing": UNTIL_NOW}),
    ("sudden-list", None, letter(sender=sender(list_unsubscribe=True)), FRESH),
    ("sudden-list", None, LISTED, {}),
    ("sudden-list", None, letter(), FRESH),
    ("sudden-list", None, LISTED, _but(SUDDEN, people=2)),
    ("sudden-list", None, LISTED, _but(SUDDEN, organisations=1)),
    ("sudden-list", None, LISTED, _but(SUDDEN, outsiders=1)),
    ("sudden-list", None, LISTED, _but(SUDDEN, bursts=3)),
    ("sudden-list", None, LISTED, _but(SUDDEN, unheard=3)),
    ("sudden-list", None, LISTED, _but(SUDDEN, answered=True)),
    ("sudden-list", None, LISTED, {**FRESH, "subscribed": "asked"}),
    ("sudden-list", None, LISTED, {**FRESH, "same_house": True}),
    ("sudden-list", None, LISTED, {**FRESH, "answers_owner": True}),
    ("private-addresses", "some", letter(), {"mailing": TO_TWO}),
    ("private-addresses", "many", LISTED, _but(TO_TWO, chance=0.01)),
    ("private-addresses", None, letter(), _but(TO_TWO, chance=0.31)),
    ("private-addresses", None, letter(), _but(TO_TWO, chance=1.0)),
    ("private-addresses", None, letter(), {}),
    ("private-addresses", None, letter(), _but(TO_TWO, private=1)),
    ("private-addresses", None, letter(), _but(TO_TWO, bursts=6)),
    ("private-addresses", None, letter(), _but(TO_TWO, outsiders=1)),
    ("private-addresses", None, letter(), _but(TO_TWO, answered=True)),
    ("private-addresses", None, LISTED, {"mailing": TO_TWO, "subscribed": "welcome"}),
    ("list-headers", "unasked", LISTED, FRESH),
    ("list-headers", "unasked", letter(sender=sender(list_id="l.outlet.test")), FRESH),
    ("list-headers", "list", letter(sender=sender(list_unsubscribe=True)), FRESH),
    ("list-headers", "one-click", LISTED, {**FRESH, "wrote_to_site": True}),
    ("subscriber-footer", "unasked", _with_footer(LISTED, postal_address=True), FRESH),
    ("subscriber-footer", "unasked", _with_footer(LISTED), FRESH),
    ("subscriber-footer", "one", _with_footer(letter()), FRESH),
    ("subscriber-footer", "one", _with_footer(LISTED), {"mailing": TO_TWO}),
    ("unpublished-address", "calls", letter(**TO_PRIVATE), {"owner": PRIVATE}),
    (
        "unpublished-address",
        "calls",
        letter(beacon(), to=(), delivered_to=("r@post.example",)),
        {"owner": PRIVATE},
    ),
    ("unpublished-address", "quiet", mail(**TO_PRIVATE), {"owner": PRIVATE}),
    ("unpublished-address", "quiet", letter(pixel(vendor="service"), **TO_PRIVATE), {"owner": PRIVATE}),
    ("unpublished-address", None, letter(), {"owner": PRIVATE}),
    ("unpublished-address", None, letter(**TO_PRIVATE), {}),
    ("unpublished-address", None, letter(**TO_PRIVATE), {"owner": PRIVATE, "wrote_to_site": True}),
    ("unpublished-address", None, letter(**TO_PRIVATE), {"owner": PRIVATE, "address": STEADY}),
    (
        "unpublished-address",
        None,
        letter(sender=sender(list_id="l.outlet.test"), **TO_PRIVATE),
        {"owner": PRIVATE},
    ),
    ("regular-sender", "", letter(sender=vouched()), {"address": STEADY}),
    ("regular-sender", None, letter(), {"address": Seen(mails=6, days=6, span_days=70)}),
    ("regular-sender", None, letter(), {"address": STEADY, "beacon_changed": True}),
    ("regular-sender", None, letter(sender=sender(dmarc="fail")), {"address": STEADY}),
    ("subscribed", "asked", letter(), {"subscribed": "asked"}),
    ("subscribed", "list", letter(sender=sender(list_id="l.outlet.test")), {"subscribed": "list"}),
    ("subscribed", "welcome", letter(), {"subscribed": "welcome"}),
    ("subscribed", None, letter(), {}),
    ("subscribed", None, letter(sender=sender(dmarc="fail")), {"subscribed": "welcome"}),
    ("subscribed", None, letter(), {"subscribed": "list", "beacon_changed": True}),
    ("subscribed", None, letter(kinds=("from-domain-freemail",)), {"subscribed": "welcome"}),
    ("claims-thread", "", letter(sender=sender(in_reply_to=("a@b.test",))), {"history_known": False}),
    ("claims-thread", None, letter(sender=sender(in_reply_to=("a@b.test",))), {}),
    ("claims-thread", None, letter(), {"history_known": False}),
    (
        "claims-thread",
        None,
        letter(sender=sender(in_reply_to=("a@b.test",)), content=content(unsubscribe=True)),
        {"history_known": False},
    ),
    (
        "claims-thread",
        None,
        letter(sender=sender(in_reply_to=("a@b.test",), dmarc="fail")),
        {"history_known": False},
    ),
    ("fan-out", "alike", letter(), {"reaches": (reach("template", 3, 2, senders=3),)}),
    ("fan-out", "many", letter(), {"reaches": (reach("template", 3, 2), reach("sender", 4, 3))}),
    ("fan-out", "open", letter(), {"reaches": (reach("sender", 8, 4, outsiders=2, chance=0.6),)}),
    ("fan-out", "many", letter(), {"reaches": (reach("sender", 8, 4, outsiders=2, chance=0.01),)}),
    ("fan-out", None, letter(), {"reaches": (reach("template", 3, 1, senders=3),)}),
    ("fan-out", None, letter(), {"reaches": (reach("template", 3, 2, senders=11),)}),
    ("fan-out", None, letter(), {"reaches": (reach("template", 3, 2, outsiders=1),)}),
    ("several-personas", "template", letter(), {"reaches": (reach("template", 3, 2, senders=3),)}),
    ("several-personas", "template", letter(), {"reaches": (reach("template", 1, 1, senders=2),)}),
    ("several-personas", None, letter(), {"reaches": (reach("template", 3, 2, senders=11),)}),
    ("several-personas", None, letter(), {"reaches": (reach("template", 3, 2, senders=1),)}),
    ("several-personas", None, letter(), {"reaches": (reach("template", 3, 2, senders=3, outsiders=1),)}),
    (
        "several-personas",
        None,
        letter(),
        {"reaches": (reach("beacon", 2, 2, senders=2),), "same_house": True},
    ),
    ("wide-readership", "chance", letter(), {"reaches": (reach("sender", 8, 4, outsiders=2, chance=0.9),)}),
    ("wide-readership", None, letter(), {"reaches": (reach("sender", 8, 4, outsiders=2, chance=0.1),)}),
    ("wide-readership", None, letter(), {"reaches": (reach("template", 8, 4, outsiders=2, chance=0.9),)}),
    ("began-to-call", "answered", letter(), {"address": QUIET, "answers_owner": True}),
    ("began-to-call", "answered", letter(), {"address": QUIET, "wrote_to_address": True}),
    ("began-to-call", "later", letter(), {"address": QUIET}),
    ("began-to-call", None, letter(), {}),
    ("began-to-call", None, letter(), {"address": Seen(mails=2, days=2, span_days=5, calls=1)}),
    ("began-to-call", None, letter(), {"address": Seen(mails=9, days=9, span_days=60)}),
    ("began-to-call", None, letter(), {"address": QUIET, "wrote_to_address": True, "began": True}),
    ("began-to-call", None, letter(pixel(vendor="service")), {"address": QUIET}),
    ("began-to-call", None, letter(content=content(unsubscribe=True)), {"address": QUIET}),
    ("owner-wrote-first", "rapport", letter(), {"address": QUIET, "answers_owner": True}),
    ("owner-wrote-first", "rapport", letter(), {"address": QUIET, "wrote_to_address": True}),
    ("owner-wrote-first", "answer", letter(), {"address": QUIET, "answers_owner": True, "began": True}),
    ("owner-wrote-first", "address", letter(), {"address": STEADY, "wrote_to_address": True}),
    (
        "several-personas",
        "mailing",
        letter(content=content(unsubscribe=True)),
        {"reaches": (reach("beacon", 2, 2, senders=2),)},
    ),
]
