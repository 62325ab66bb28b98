"""It behaves as mail to subscribers has to.

Fires: list identity together with one-click unsubscribing ("one-click"), or one of them ("list"); either way
"unasked" where it calls itself a list, yet began suddenly with protected people and nobody here asked for it.
Silent: neither.
Doubt: genuine mail services add these headers for everybody, also for those who abuse them.
Source: RFC 2919, RFC 2369 and RFC 8058; report on the abuse of a genuine mail service by APT29.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    sender = mail.sender
    if sender.one_click or (sender.list_id and sender.list_unsubscribe):
        level = "unasked" if context.unasked(mail) else "one-click"
        return Finding("It carries the headers of a list that can be left.", "List-Unsubscribe", level)
    if sender.list_id or sender.list_unsubscribe:
        return Finding(
            "It carries some headers of a list.", "List-ID", "unasked" if context.unasked(mail) else "list"
        )
    return None
