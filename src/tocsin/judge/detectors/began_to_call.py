"""A sender whose letters called nowhere begins to report.

Fires: earlier mail of this address, less than two months' worth, called neither a stranger nor its own site, and now a
letter that nothing marks as one of many reports out of sight, or in a way that tells readers apart, to an unknown host
or the sender's own; the reader has answered in between ("answered"), or has not ("later").
Silent: known services; mailings; senders whose mail always called; relations of two months or more; conversations
that the reader began; the reader's own organisation.
Doubt: people install a counter or get a new mail program.
Source: Proofpoint on TA427, 16 April 2024 (friendly openers first, web beacons later); measured on exercises.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_LONG_DAYS = 60


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    seen, traits = context.address, context.traits
    if not seen.mails or seen.calls or seen.span_days >= _LONG_DAYS or context.began or context.same_house:
        return None
    if not traits.plain or not traits.sender_known or not traits.telling or traits.shared_hosting:
        return None
    where = traits.telling[0].host
    if context.answers_owner or context.wrote_to_address:
        text = "Since the reader answered, this sender's mail reports to a host; before, it called nowhere."
        return Finding(text, where, "answered")
    return Finding("This sender's earlier mail called nowhere; this one reports to a host.", where, "later")
