"""The text itself says how to leave the list and who sends it.

Fires: a way to unsubscribe in the text together with a postal address ("both"), or one of them ("one"); either way
"unasked" where it calls itself a list, yet began suddenly with protected people and nobody here asked for it.
Silent: neither.
Doubt: copied footers cost nothing.
Source: Directive 2002/58/EC, Article 13(4); CAN-SPAM Act, 15 U.S.C. 7704(a); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    content = mail.content
    if content.unsubscribe and content.postal_address:
        return Finding(
            "It says how to leave the list and gives a postal address.",
            "body",
            "unasked" if context.unasked(mail) else "both",
        )
    if content.unsubscribe:
        return Finding(
            "It says how to leave the list.", "body", "unasked" if context.unasked(mail) else "one"
        )
    return None
