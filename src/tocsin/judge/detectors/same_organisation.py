"""It comes from the reader's own organisation.

Fires: the From domain is the reader's own and the receiver's records do not contradict it.
Silent: free mail services; mail whose domain does not vouch for it; nothing recorded about it and no
earlier mail.
Doubt: a colleague's account in other hands.
Source: Ho et al., USENIX Security 2019 (lateral phishing is rare per mail); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not context.same_house or context.traits.unaligned:
        return None
    if not context.traits.aligned and context.address.mails < 2:
        return None
    return Finding("It comes from the reader's own organisation.", "From")
