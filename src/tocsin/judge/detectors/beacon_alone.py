"""The hidden call is the only thing in the mail that does anything.

Fires: a person can see neither link nor attachment nor remote picture, nothing is asked for, and yet the
mail calls a host when it is opened ("alone"); or it has a link or two and asks for nothing, while a call
stays out of sight ("hidden"), or calls a known tracking service only ("service").
Silent: anything is asked; several pictures are shown.
Doubt: one-to-one tracking in sales mail looks the same, and usually goes to a known service.
Source: Le Soir and Libération on the Belgian case (mails that offered information and carried a tracking
pixel only); reports on TEMP_Heretic (mails that only check the address).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_HARMLESS_ASKS = frozenset({"reply", "comment", "meeting", "interview"})


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    content = mail.content
    traits = context.traits
    if not traits.callbacks or content.attachments:
        return None
    if any(ask not in _HARMLESS_ASKS for ask in content.asks):
        return None
    where = traits.callbacks[0].part
    if all(b.vendor is not None for b in traits.callbacks):
        if content.links <= 2 and content.pictures <= 1 and not traits.listed:
            return Finding("A plain letter tells a tracking service when it is opened.", where, "service")
        return None
    if content.links == 0 and not content.asks and content.pictures <= 1:
        text = "It asks for nothing and has no link or attachment: the call to a host is all that it does."
        return Finding(text, where, "alone")
    if traits.hidden and content.links <= 2 and content.pictures <= 1 and not traits.listed:
        return Finding(
            "A call that nobody can see is the only remote content of a plain letter.", where, "hidden"
        )
    return None
