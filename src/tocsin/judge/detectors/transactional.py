"""It confirms something that the reader did.

Fires: receipts, orders, bookings and delivery notes by their wording and the mechanics of a machine.
Silent: the From domain is recorded not to vouch for the mail; credentials are asked for.
Doubt: fake orders; they ask for clicks and are judged as phishing.
Source: set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if mail.content.automatic != "receipt" or context.traits.unaligned:
        return None
    if "credentials" in mail.content.asks:
        return None
    return Finding("It reads like a receipt, order or delivery note.", "body")
