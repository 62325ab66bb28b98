"""One stranger reached several people at addresses that are found nowhere in public.

Fires: mail of one sender came once or twice, nobody ever wrote to it, and within all that was read it reached two or
more protected people at addresses that people.toml lists under `unpublished`: more than chance gives, had it written
there as seldom as other senders that nobody wrote to do. Three senders in ten would reach as many ("some"), or one in
twenty ("many"). Every copy counts, also those that came to an address that is public.
Silent: no address is listed so, or too little mail was read to say what is usual; the sender writes again and again,
as newsletters do; a reader wrote to it or joined it; readers outside the protected group got it too; mail from the
reader's own organisation.
Doubt: shops and services have the private address of their customers, but write again; leaks are for sale.
Source: reports on the Canadian case (private mailboxes outside parliament's systems were hit); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_FEW = 2  # newsletters come more often
_SOME, _MANY = 0.3, 0.05


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    mailing = context.mailing
    if mailing is None or mailing.private < 2 or mailing.bursts > _FEW or mailing.chance > _SOME:
        return None
    if (
        mailing.outsiders
        or mailing.answered
        or context.same_house
        or context.answers_owner
        or context.subscribed
    ):
        return None
    text = f"The same sender reached {mailing.private} people here at addresses that are not public."
    return Finding(text, "To", "many" if mailing.chance <= _MANY else "some")
