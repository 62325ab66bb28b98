"""The call tells the sender which reader opened the mail.

Fires: a call that needs no click carries the reader's address, plain or encoded or as a hash ("address"),
or an identifier that nobody could guess or that is another one in every reader's copy ("identifier"), or every
reader's copy calls another address ("copies"); or pictures that a person sees, at a stranger, are fetched from
addresses of each reader's own ("pictures").
Silent: the call goes to a known service.
Doubt: nearly every newsletter does this; it weighs little by itself.
Source: Englehardt et al., PETS 2018 (about 30 % of list mail leaks the address); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import out_of_sight
from tocsin.model.observation import Observed

_IDENTIFIERS = ("high-entropy", "echo", "differs")


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    calls = [b for b in context.traits.callbacks if b.vendor is None]
    if not calls:
        return None
    told = [b for b in calls if b.personal is not None]
    named = next((b for b in told if b.personal and b.personal.kind not in _IDENTIFIERS), None)
    copies = any(
        reach.kind == "text" and reach.senders == 1 and reach.people >= 2 and reach.addresses >= reach.people
        for reach in context.reaches
    )
    shown = next((b for b in context.traits.strangers if not out_of_sight(b)), None)
    if shown is not None and (copies or (named is not None and not out_of_sight(named))):
        return Finding("Each reader is shown pictures at addresses of their own.", shown.host, "pictures")
    if named is not None:
        text = "The call carries the reader's address, so the sender learns who opened the mail."
        return Finding(text, named.host or named.part, "address")
    if told:
        return Finding(
            "The call carries an identifier that can be different for every reader.",
            told[0].host or told[0].part,
            "identifier",
        )
    if copies:
        return Finding("Every reader's copy calls another address.", calls[0].host or calls[0].part, "copies")
    return None
