"""A product, a service or a position is offered.

Fires: the text says two of three things that sellers say: what is sold or which position is to be filled, on what
terms, and how to get a talk or a demonstration ("clear"); or one of them ("some").
Silent: nothing of the kind; languages without phrases.
Doubt: whoever copies a sales letter passes too, hence small and held by a cap of its own.
Source: the published reconnaissance mails sold nothing (indictment of 25 March 2024; Proofpoint on TA427, 16 April
2024); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if "offer" not in context.traits.kinds:
        return None
    level = next(o.value for o in mail.observations if o.kind == "offer")
    if level == "clear":
        return Finding("It offers a product, a service or a position, as sellers do.", "body", "clear")
    return Finding("It has words in it that sellers use.", "body", "some")
