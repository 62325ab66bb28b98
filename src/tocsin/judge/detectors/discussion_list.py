"""It is a contribution to a mailing list that people discuss on.

Fires: a List-ID or Precedence "list" together with an answer in a thread or a list address among the
recipients, and no call to a stranger.
Silent: newsletters.
Doubt: anybody can write to an open list.
Source: RFC 2919; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def is_discussion(mail: Observed, context: Context) -> bool:
    """Whether a person wrote this to a list: the list is among the recipients, or it answers in a thread."""
    sender = mail.sender
    if (not sender.list_id and sender.precedence != "list") or context.traits.strangers:
        return False
    if sender.one_click or sender.service is not None:
        return False
    if sender.in_reply_to:
        return True
    domains = {address.rpartition("@")[2] for address in mail.to} - {""}
    return any(domain in sender.list_id for domain in domains)


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not is_discussion(mail, context):
        return None
    return Finding("It is part of a discussion on a mailing list.", "List-ID")
