"""A link leads to a place that hides who runs it.

Fires: a link leads to a bare network address ("address"), a dynamic or freely available host ("free"), or
through a link shortener or a file host ("shortener"), in mail of a stranger.
Silent: mails with more than twenty links; senders the owner writes to; list mail that its domain vouches for.
Doubt: people share files and short links.
Source: Fette et al., WWW 2007; Oest et al., USENIX Security 2020; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_TEXTS = {
    "address": "A link leads to a bare network address.",
    "free": "A link leads to a host that anybody can have for nothing.",
    "shortener": "A link leads through a shortener or file host, which hides where it ends.",
}


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    kind = context.traits.odd_link
    if (
        not kind
        or mail.content.links > 20
        or context.wrote_to_address
        or (context.traits.listed and context.traits.aligned)
    ):
        return None
    return Finding(_TEXTS[kind], "body", kind)
