"""It wants money moved or promises some.

Fires: the text asks for a payment, a transfer or bank details, from somebody without earlier contact
("stranger") or from anybody else ("known").
Silent: nothing of the kind is asked; mail from the reader's own contacts.
Doubt: real invoices.
Source: Cidon et al., USENIX Security 2019; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if "payment" not in mail.content.asks or context.answers_owner:
        return None
    known = context.wrote_to_address or context.address.mails > context.address.suspect
    return Finding("It asks for a payment or for bank details.", "body", "known" if known else "stranger")
