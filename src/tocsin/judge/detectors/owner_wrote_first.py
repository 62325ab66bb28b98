"""The reader writes to this sender.

Fires: the mail answers one that the owner sent ("answer"), the owner wrote to the address ("address"), or wrote to its
domain ("site"). Where the sender began the conversation less than a month ago and the owner only answered, it counts
less ("rapport"); where it began with a doubtful mail of this address, little ("doubtful").
Silent: free mail services as a domain; senders whose domain does not vouch for a mail that answers
nothing.
Doubt: a spoofed From of a known contact, or a contact's account in other hands.
Source: Cidon et al., USENIX Security 2019 (history of the conversation); Proofpoint on TA427, 16 April 2024 (friendly
openers, the beacon comes once somebody has answered); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_MONTH_DAYS = 30


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if context.linked == "address" and (context.answers_owner or context.wrote_to_address):
        return Finding(
            "The reader has answered this sender, whose first mail already looked doubtful.",
            "From",
            "doubtful",
        )
    vouched = context.traits.sender_known and not context.traits.unaligned
    seen = context.address
    if (
        (context.answers_owner or (context.wrote_to_address and vouched))
        and seen.mails
        and not context.began
        and seen.span_days < _MONTH_DAYS
    ):
        return Finding("The reader has answered this sender, who wrote first.", "From", "rapport")
    if context.answers_owner:
        return Finding("It answers a mail that the reader sent.", "In-Reply-To", "answer")
    if context.traits.unaligned or not context.traits.sender_known:
        return None
    if context.wrote_to_address:
        return Finding("The reader has written to this address before.", "From", "address")
    if context.wrote_to_site and not context.traits.freemail:
        return Finding("The reader has written to this organisation before.", "From", "site")
    return None
