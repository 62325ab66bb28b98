"""It invites to an event, as organisers do.

Fires: the text names an event and says how to register or answer, with a link to follow ("registration") or without
("answer"); or it names an event and says what happens there ("programme").
Silent: nothing of the kind; languages without phrases.
Doubt: reconnaissance has used conferences as a pretext, hence small and held by a cap shared with offers.
Source: set by judgement; Proofpoint on TA427, 16 April 2024, has invitations by single people without registration.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if "event" not in context.traits.kinds:
        return None
    said = next(o.value for o in mail.observations if o.kind == "event")
    if said == "programme":
        return Finding("It announces an event and what happens there.", "body", "programme")
    if mail.content.links:
        return Finding(
            "It invites to an event, with a link for those who want to come.", "body", "registration"
        )
    return Finding("It invites to an event and says how to answer.", "body", "answer")
