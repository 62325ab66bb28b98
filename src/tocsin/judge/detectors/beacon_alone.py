"""The hidden call is the only thing in the mail that does anything.

Fires: nothing but an answer is asked for, a person can see neither link nor attachment, and yet opening
the mail makes a call that is out of sight or tells readers apart ("alone"); or the same with a link or
two ("hidden"); or either in a language in which it cannot be told what is asked ("unread"); or the call
fetches a single picture from a stranger ("visible"), in a mail that the receiver found not to come from the
domain in From ("unvouched"); or it goes to a known tracking service only ("service").
Silent: anything else is asked; the mail is a list's or says how to leave it; several pictures are shown;
the sender's own picture on the sender's own host is all that is called.
Doubt: one-to-one tracking in sales mail looks the same, and usually goes to a known service or to the
sender's own host.
Source: Le Soir and Libération on the Belgian case (mails that offered information and carried a tracking
pixel only); reports on TEMP_Heretic (mails that only check the address) and TA427 (openers that ask for a
comment).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import out_of_sight
from tocsin.model.observation import Observed

_ANSWERS = frozenset({"reply", "comment", "meeting", "interview"})


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    content, traits = mail.content, context.traits
    if (
        not traits.callbacks
        or content.attachments
        or traits.listed
        or content.unsubscribe
        or content.links > 2
        or content.pictures > 1
    ):
        return None
    if any(ask not in _ANSWERS for ask in content.asks):
        return None
    unknown = (*traits.strangers, *traits.own)
    for beacon in unknown:
        if out_of_sight(beacon) or beacon.personal is not None:
            if "asks-unknown" in traits.kinds:
                text = (
                    "A call that nobody can see is what a plain letter does, in a language that was not read."
                )
                return Finding(text, beacon.part, "unread")
            if content.links == 0:
                text = "It has no link or attachment and asks at most for an answer: the call is all it does."
                return Finding(text, beacon.part, "alone")
            return Finding(
                "A call that nobody can see is what a plain letter does when opened.", beacon.part, "hidden"
            )
    if traits.strangers:
        part = traits.strangers[0].part
        if traits.unaligned:
            text = "The only remote thing is a picture at a stranger, and the mail is not from where it says."
            return Finding(text, part, "unvouched")
        return Finding("The only remote thing in a plain letter is a picture at a stranger.", part, "visible")
    if any(b.vendor is not None and (b.hidden or b.personal is not None) for b in traits.callbacks):
        return Finding(
            "A plain letter tells a tracking service when it is opened.", traits.callbacks[0].part, "service"
        )
    return None
