"""Cases of detectors about who the sender claims to be; `test_detectors` runs them."""

from __future__ import annotations

from tests.judge.factories import Case, content, letter, sender, vouched
from tocsin.judge.context import Seen
from tocsin.judge.identity import Claim, Identity
from tocsin.judge.imitation import Likeness
from tocsin.model.names import KnownName

POST = KnownName(
    "post", "Harbour Post", "newspaper", ("harbourpost.example",), "BE", "https://harbourpost.example"
)
JOINED = Likeness("harbourpost-news.test", POST, "harbourpost.example", "joined", "strong")
ENDING = Likeness("harbourpost-be.test", POST, "harbourpost.example", "country", "weak")
SLIP = Likeness("harbourpots.test", POST, "harbourpost.example", "slip", "weak")
IN_NAME = Claim(POST, "harbourpost.example", "from")
IN_TEXT = Claim(POST, "harbourpost.example", "signature")
LONG = Seen(mails=9, days=9, span_days=90, aligned=9)


def odd(**values: object) -> dict[str, object]:
    return {"identity": Identity(**values)}  # type: ignore[arg-type]


CASES: list[Case] = [
    ("look-alike", "claimed", letter(), odd(likeness=JOINED, place="From", claims=(IN_NAME,), said=True)),
    ("look-alike", "claimed", letter(), odd(likeness=SLIP, place="From", said=True)),
    ("look-alike", "ending", letter(), odd(likeness=ENDING, place="From", claims=(IN_NAME,), said=True)),
    ("look-alike", "ending", letter(), odd(likeness=ENDING, place="From", said=True)),
    ("look-alike", "alone", letter(), odd(likeness=JOINED, place="From")),
    ("look-alike", "faint", letter(), odd(likeness=SLIP, place="From")),
    ("look-alike", "faint", letter(), {"imitates": "0utlet.test"}),
    ("look-alike", "elsewhere", letter(), odd(likeness=JOINED, place="Reply-To")),
    ("look-alike", "elsewhere", letter(), odd(likeness=JOINED, place="harbourpost-news.test")),
    ("look-alike", None, letter(), {}),
    ("look-alike", None, letter(), {**odd(likeness=JOINED, place="From"), "site": LONG}),
    ("look-alike", None, letter(), {**odd(likeness=JOINED, place="From"), "wrote_to_address": True}),
    ("look-alike", None, letter(headers_missing=True), odd(likeness=JOINED, place="From")),
    ("claimed-name", "forged", letter(sender=sender(dmarc="fail")), odd(forged=POST)),
    ("claimed-name", "name", letter(), odd(claims=(IN_TEXT, IN_NAME))),
    ("claimed-name", "text", letter(), odd(claims=(IN_TEXT,))),
    ("claimed-name", "text", letter(), odd(claims=(IN_NAME, IN_NAME))),
    ("claimed-name", "freemail", letter(kinds=("from-domain-freemail",)), odd(claims=(IN_TEXT,))),
    (
        "claimed-name",
        "name",
        letter(sender=sender(list_id="news.outlet.test", dmarc="fail")),
        odd(claims=(IN_NAME,)),
    ),
    ("claimed-name", None, letter(sender=vouched(list_id="news.outlet.test")), odd(claims=(IN_NAME,))),
    ("claimed-name", None, letter(), odd(claims=(IN_NAME,), likeness=JOINED, place="From")),
    ("claimed-name", None, letter(), {**odd(claims=(IN_NAME,)), "address": LONG}),
    ("claimed-name", None, letter(content=content(automatic="receipt")), odd(claims=(IN_NAME,))),
    ("claimed-name", None, letter(), {}),
    ("borrowed-name", "protected", letter(), odd(person="Ann Writer")),
    ("borrowed-name", None, letter(sender=sender(list_id="talk.test")), odd(person="Ann Writer")),
    ("altered-name", "turned", letter(kinds=("name-turned", "name-is-other-address")), {}),
    ("altered-name", "letters", letter(kinds=("name-mixed-script",)), {}),
    ("altered-name", "address", letter(kinds=("name-is-other-address",)), {}),
    ("altered-name", "several", letter(kinds=("several-from",)), {}),
    ("altered-name", None, letter(), {}),
    ("altered-name", None, letter(kinds=("name-is-other-address", "from-rewritten")), {}),
    (
        "altered-name",
        None,
        letter(kinds=("name-is-other-address",), sender=sender(list_id="l.outlet.test")),
        {},
    ),
    ("altered-name", None, letter(kinds=("name-mixed-script",)), {"wrote_to_address": True}),
    ("altered-name", None, letter(kinds=("name-mixed-script",)), {"same_house": True}),
    ("own-domain-forged", "", letter(sender=sender("ann@house.example", dmarc="fail")), {"same_house": True}),
    ("own-domain-forged", "", letter(kinds=("own-domain-spoofed",)), {}),
    ("own-domain-forged", None, letter(sender=sender("ann@house.example")), {"same_house": True}),
    (
        "own-domain-forged",
        None,
        letter(sender=sender("ann@house.example", dmarc="fail"), kinds=("list-damage",)),
        {"same_house": True},
    ),
]
