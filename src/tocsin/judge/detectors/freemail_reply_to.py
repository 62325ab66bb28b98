"""Answers would go to a free mailbox, not to the sender.

Fires: Reply-To names a free mailbox while From names an organisation's domain.
Silent: From is a free mailbox itself, or both share a domain.
Doubt: clubs and small firms do this.
Source: Proofpoint on TA427, April 2024; reports on business mail fraud; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if not traits.freemail_reply or traits.freemail or not traits.sender_known or mail.sender.list_id:
        return None
    return Finding("Answers would go to a free mailbox instead of the sender's own domain.", "Reply-To")
