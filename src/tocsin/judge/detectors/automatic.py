"""A machine wrote it as an answer: a bounce or an absence note.

Fires: the mail is a delivery report or an automatic reply by its structure or headers.
Silent: everything else.
Doubt: forged delivery reports carry links; those are judged as phishing.
Source: RFC 3464, RFC 3834, RFC 8098.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if mail.content.automatic not in ("bounce", "auto-reply"):
        return None
    return Finding("It is an automatic answer, such as a delivery report.", "Auto-Submitted")
