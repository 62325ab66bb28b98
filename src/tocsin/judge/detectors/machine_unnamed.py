"""A machine without a proper name handed the letter in.

Fires: in a letter that nothing marks as one of many, the machine that handed the mail to the receiving side is a home
or mobile line by its name ("line"), has the name that a hoster gives to rented machines ("rented"), or called itself
by a bare address ("address") or by a name without a domain ("unnamed").
Silent: list mail and mailings; free mailboxes; a sender who wrote here before; mail of the reader's own organisation.
Doubt: firms with a server of their own, and people who send from home, forget to name it.
Source: features of published spam filters (M3AAWG on reverse names of senders); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_MARKS = (
    ("handed-in-line", "line", "By its name, the machine that sent it is a home or mobile line."),
    (
        "handed-in-rented",
        "rented",
        "The machine that sent it has the name that hosters give to rented machines.",
    ),
    ("helo-raw-ip", "address", "The machine that sent it called itself by a bare network address."),
    ("helo-no-domain", "unnamed", "The machine that sent it called itself by a name that exists nowhere."),
)


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if not traits.sender_known or not traits.plain or traits.freemail or context.same_house:
        return None
    if context.wrote_to_address or context.address.mails > context.address.suspect:
        return None
    for kind, level, text in _MARKS:
        if kind in traits.kinds:
            return Finding(text, "Received", level)
    return None
