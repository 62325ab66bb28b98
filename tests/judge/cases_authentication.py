"""Cases of detectors about what servers and signatures vouch for; `test_detectors` runs them."""

from __future__ import annotations

from tests.judge.factories import Case, letter, sender
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
    ("identity-mismatch", None, letter(sender=sender(dmarc="fail"), kinds=("forward-damage",)), {}),
    ("freemail-reply-to", None, letter(kinds=("reply-to-freemail", "from-rewritten")), {}),
]
