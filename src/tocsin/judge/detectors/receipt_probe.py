"""A receipt is asked for by somebody the reader has nothing to do with.

Fires: a read or delivery receipt is requested and the mail is nearly empty ("empty"), or the receipt
would go to another domain than the sender's ("elsewhere").
Silent: ordinary letters from people the owner writes to.
Doubt: some offices ask for receipts on everything.
Source: RFC 8098, section 2; reports on TEMP_Heretic (mails that check whether an address is alive).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import related
from tocsin.model.observation import Observed

_EMPTY_BELOW = 40


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if context.wrote_to_address or context.same_house or not context.traits.sender_known:
        return None
    for beacon in mail.beacons:
        if beacon.technique != "receipt-request":
            continue
        if mail.content.text_length < _EMPTY_BELOW and not mail.content.attachments:
            return Finding("It asks for a receipt and says almost nothing.", beacon.part, "empty")
        domain = beacon.url.rpartition("@")[2].strip("<> ").lower()
        site = mail.sender.site
        if domain and site and not related(domain, site) and domain != mail.sender.reply_site:
            return Finding(
                "The receipt it asks for would go to another domain than the sender's.",
                beacon.part,
                "elsewhere",
            )
    return None
