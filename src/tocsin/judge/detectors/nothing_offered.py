"""There is nothing to fall for.

Fires: neither credentials nor payment, download, documents or a click are asked for, nothing is attached,
and there are at most three links, to the sender's own site.
Silent: anything of the kind is asked or offered; the text is in a language in which that cannot be told.
Doubt: fraud often begins with a harmless question; the next mail is judged with it in mind.
Source: set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_LURES = frozenset({"credentials", "payment", "download", "documents", "click"})


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    content = mail.content
    if "asks-unknown" in context.traits.kinds:
        return None
    if content.attachments or content.links > 3 or any(ask in _LURES for ask in content.asks):
        return None
    if any(site != mail.sender.site for site in content.link_sites):
        return None
    return Finding("It offers nothing to fall for: no request, no attachment, no foreign link.", "body")
