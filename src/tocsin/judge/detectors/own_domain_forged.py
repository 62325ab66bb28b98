"""It shows an address of the reader's own organisation, but the organisation's domain does not vouch for it.

Fires: the domain of From is the reader's own, and the receiver recorded that the mail did not come
from there, or DNS records that were handed in say so.
Silent: mailing lists that passed a colleague's mail on; where nothing was recorded.
Doubt: scanners, forms and outside services that write in the organisation's name without being set up for it.
Source: RFC 9989 (DMARC); CISA and MS-ISAC, phishing guidance of October 2023 (mail that claims to be internal).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if not traits.sender_known or "list-damage" in traits.kinds or mail.sender.list_id:
        return None
    if not (context.same_house and traits.unaligned) and "own-domain-spoofed" not in traits.kinds:
        return None
    text = "It shows an address of the reader's own organisation, which does not vouch for it."
    return Finding(text, "From")
