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


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    sender = mail.sender
    if not sender.list_id and sender.precedence != "list":
        return None
    if context.traits.strangers or not (
        sender.in_reply_to or any(site in sender.list_id for site in _hosts(mail.to))
    ):
        return None
    return Finding("It is part of a discussion on a mailing list.", "List-ID")


def _hosts(addresses: tuple[str, ...]) -> list[str]:
    return [address.rpartition("@")[2] for address in addresses if "@" in address]
