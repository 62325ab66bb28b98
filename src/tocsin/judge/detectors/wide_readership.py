"""Many readers outside the protected group got it too.

Fires: at least as many readers who are not protected as protected ones were sent the same thing within
two weeks ("outsiders"), or several others and no more of the protected than chance gives among all whose mail was
scanned ("chance"), or the mail itself names twenty or more recipients ("recipients").
Silent: nothing shared, or only among the protected.
Doubt: an attacker may hide among many; nobody has been seen to pay for that.
Source: set by judgement; the hostile campaigns on record went to a chosen group.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.places import place_of
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    for reach in context.reaches:
        if reach.outsiders >= max(2, reach.people):
            return Finding(
                f"{reach.outsiders} readers outside the protected group got it too.",
                place_of(reach.kind, context.traits),
                "outsiders",
            )
    for reach in context.reaches:
        if reach.outsiders >= 2 and reach.chance > 0.5 and reach.kind != "template":
            text = (
                f"{reach.outsiders} readers outside the protected group got it too, as chance would have it."
            )
            return Finding(text, place_of(reach.kind, context.traits), "chance")
    if len(mail.to) >= 20:
        return Finding(f"It names {len(mail.to):,} recipients openly.", "To", "recipients")
    return None
