"""A mailing began with protected people all at once, although nobody asked for it.

Fires: mail with the headers of a list, of a sender that began on the same days with three or more protected people of
several organisations, wrote once or twice, reached nobody else, was never written to and was never heard of before,
though most of these mailboxes had been read for three weeks. It calls itself a list of subscribers, and nothing came
for three weeks after ("over"), or what comes after is not known yet ("begun"); or it only says how to leave ("leave").
Silent: the mailboxes were read for too short a time; the reader joined, wrote to the sender or had the list for weeks;
anybody outside the protected group got it; mail from the reader's own organisation.
Doubt: organisations with one campaign or one congress write like this too, and mail services add these headers;
exercises hold few of them, so the weight stays below what was measured.
Source: reports on APT29, May 2021 (a genuine mass mail service and an account of an aid agency, used once for chosen
readers); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    mailing = context.mailing
    if mailing is None or not context.unasked or not context.traits.listed or context.answers_owner:
        return None
    start = (
        f"It says it is a mailing that can be left, yet it began with {mailing.people} protected people of "
        f"{mailing.organisations} organisations at once"
    )
    if not mail.sender.list_id and not mail.sender.one_click:
        return Finding(f"{start}.", "List-Unsubscribe", "leave")
    if mailing.over:
        return Finding(f"{start}, and nothing came after.", "List-Unsubscribe", "over")
    return Finding(f"{start}; nobody here had heard of it before.", "List-Unsubscribe", "begun")
