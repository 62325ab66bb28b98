"""The reader sent it.

Fires: the mail lies in a folder of sent mail, or its From address is the owner's.
Silent: a From address of the owner's that the receiver found forged.
Doubt: mail forged in the owner's own name, where nothing was recorded about it.
Source: set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not context.own:
        return None
    if not mail.outgoing and mail.sender.dmarc == "fail":
        return None
    return Finding("The reader sent it.", "From")
