"""The From domain does not vouch for the mail, and its policy let it through all the same.

Fires: the receiver recorded that DMARC failed under the policy "none" ("none"), or failed under another
or unknown policy ("fail"); or DNS records that were handed in leave no other result.
Silent: lists and forwarders, which break signatures by nature; nothing recorded; records that leave a question open;
where the domain is the reader's own or a known outlet's or institution's, since own-domain-forged and claimed-name say
the same of it.
Doubt: forwarding and badly kept domains fail every day.
Source: RFC 9989; Proofpoint on TA427, April 2024 (lax DMARC policies abused since December 2023).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors import own_domain_forged
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import DAMAGE
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    sender = mail.sender
    traits = context.traits
    if sender.dmarc != "fail" or not traits.sender_known or not traits.kinds.isdisjoint(DAMAGE):
        return None
    if context.identity.forged is not None or own_domain_forged.detect(mail, context) is not None:
        return None
    where = "From" if sender.verified_by == "records" else "Authentication-Results"
    if sender.dmarc_policy == "none":
        text = "The domain in From does not vouch for this mail, and its policy asks nobody to refuse it."
        return Finding(text, where, "none")
    return Finding("The domain in From does not vouch for this mail.", where, "fail")
