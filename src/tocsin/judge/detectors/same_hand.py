"""Other mails of the same hand would alarm whatever else was known.

Fires: the mail calls by itself, and one ("one") or more ("several") other mails, in any mailbox and at any time, that
share a host of such calls, the sender's address or the address for answers, alarm when each is judged by itself.
Silent: fewer than a third of all mails with that host or address alarm; the host is a known service's or can be rented
by anybody; the reader wrote to the sender first or gets answers.
Doubt: an honest sender whose one mail is judged wrongly drags the others along.
Source: published cases, in which one campaign's mails came to many, and not all of them looked alike (indictment of
25 March 2024; Le Soir and Libération on the Belgian case).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.places import place_of
from tocsin.model.observation import Observed

_SHARED = {"host": "a host that it calls", "address": "its address", "reply": "the address for answers"}
_SEVERAL = 2


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    company = context.company
    if company is None or context.same_house or context.began or context.answers_owner:
        return None
    what = _SHARED[company.kind]
    if company.mails < _SEVERAL:
        text = f"Another mail that shares {what} looks like reconnaissance by itself."
        return Finding(text, place_of(company.kind, context.traits), "one")
    text = f"{company.mails} other mails that share {what} look like reconnaissance, each by itself."
    return Finding(text, place_of(company.kind, context.traits), "several")
