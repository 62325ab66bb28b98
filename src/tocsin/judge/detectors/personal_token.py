"""The call tells the sender which reader opened the mail.

Fires: a call that needs no click carries the reader's address, plain or encoded or as a hash ("address"),
or an identifier that nobody could guess ("identifier"), or every reader's copy calls another address
("copies").
Silent: the call goes to a known service.
Doubt: nearly every newsletter does this; it weighs little by itself.
Source: Englehardt et al., PETS 2018 (about 30 % of list mail leaks the address); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    best: Finding | None = None
    for beacon in context.traits.callbacks:
        if beacon.personal is None or beacon.vendor is not None:
            continue
        if beacon.personal.kind not in ("high-entropy", "echo"):
            text = "The call carries the reader's address, so the sender learns who opened the mail."
            return Finding(text, beacon.part, "address")
        if best is None:
            text = "The call carries an identifier that can be different for every reader."
            best = Finding(text, beacon.part, "identifier")
    if best is None:
        for reach in context.reaches:
            if reach.kind in ("sender", "text") and reach.people >= 2 and reach.addresses >= reach.people:
                text = "Every reader's copy calls another address, so the sender learns who opened the mail."
                return Finding(text, reach.kind, "copies")
    return best
