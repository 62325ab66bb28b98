"""Answers go elsewhere.

Fires: Reply-To names another domain than From, no list or service explains it.
Silent: list mail; known mail services; domains that vouch for the mail; free mailboxes, weighed by themselves.
Doubt: agencies that write for clients.
Source: business mail fraud advisories (FBI IC3); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    sender = mail.sender
    if not sender.reply_site or not sender.site or sender.reply_site == sender.site or context.traits.listed:
        return None
    if context.traits.aligned or context.traits.freemail_reply or sender.service is not None:
        return None
    return Finding("Answers would go to another domain than the sender's.", "Reply-To")
