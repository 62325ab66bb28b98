"""Cases of detectors about what servers and signatures vouch for; `test_detectors` runs them."""

from __future__ import annotations

from tests.judge.cases_identity import IN_NAME, POST, odd
from tests.judge.factories import READER, Case, content, letter, sender
from tocsin.model.observation import Observation, Observed


def disagreeing(value: str, **values: object) -> Observed:
    said = (Observation("authentication-disagrees", value, "authentication-results"),)
    return letter(sender=sender(**values), observations=said)  # type: ignore[arg-type]


CASES: list[Case] = [
    ("dmarc-fail-lax", "fail", letter(sender=sender(dmarc="fail", verified_by="records")), {}),
    ("dmarc-fail-lax", None, letter(sender=sender(dmarc="fail"), kinds=("forward-damage",)), {}),
    ("dmarc-fail-lax", None, letter(sender=sender(dkim="fail", spf="pass")), {}),
    ("forged-pass", "", disagreeing("dkim: recorded pass, computed fail"), {}),
    ("forged-pass", None, disagreeing("dkim: recorded fail, computed pass"), {}),
    ("forged-pass", None, disagreeing("spf: recorded pass, computed softfail"), {}),
    ("forged-pass", None, disagreeing("dkim: recorded pass, computed fail", list_id="talk.outlet.test"), {}),
    ("forged-pass", None, letter(sender=sender(dkim="pass")), {}),
    ("dmarc-fail-lax", None, letter(sender=sender("ann@house.example", dmarc="fail")), {"same_house": True}),
    ("dmarc-fail-lax", None, letter(sender=sender(dmarc="fail")), odd(forged=POST)),
    ("identity-mismatch", None, letter(sender=sender(dmarc="fail"), kinds=("forward-damage",)), {}),
    (
        "identity-mismatch",
        None,
        letter(sender=sender(dmarc="fail"), content=content(persona=("newspaper",))),
        odd(forged=POST),
    ),
    (
        "identity-mismatch",
        None,
        letter(kinds=("from-domain-freemail",), content=content(persona=("newspaper",))),
        odd(claims=(IN_NAME,)),
    ),
    ("hidden-recipients", "", letter(to=("writer@outlet.test",)), {}),
    ("hidden-recipients", None, letter(to=READER.addresses, sender=sender(READER.addresses[0])), {}),
    ("freemail-reply-to", None, letter(kinds=("reply-to-freemail", "from-rewritten")), {}),
]
