"""A list of subscribers came to protected people of several houses once or twice, although nobody asked for it.

Fires: mail that calls itself a list of subscribers (a List-ID, leaving by one click), of a sender that came once or
twice to three or more protected people of several organisations and to nobody else, was never written to and was never
heard of before, though most of these mailboxes had been read for three weeks; and nothing came for three weeks after
("over"), or what comes after is not known yet ("begun").
Silent: mailings that only say how to leave; the mailboxes were read for too short a time; the reader joined, wrote to
the sender or had the list for weeks; anybody outside the protected group got it; mail from the reader's own
organisation.
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
    if mailing is None or not context.unasked(mail):
        return None
    start = (
        "It presents itself as a mailing to subscribers, yet nobody here had heard of it before it came to "
        f"{mailing.people} protected people of {mailing.organisations} organisations"
    )
    if mailing.over:
        return Finding(f"{start}, and nothing came after.", "List-ID", "over")
    return Finding(f"{start}.", "List-ID", "begun")
