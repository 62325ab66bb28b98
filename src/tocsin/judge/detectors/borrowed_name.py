"""Somebody writes under the name of a person the reader knows, from another address.

Fires: the display name belongs to somebody the owner writes to, and the owner never wrote to this address
("known"); or it is that of a protected person, while neither the address nor its domain is theirs
("protected").
Silent: one-word names; the reader's own organisation; people who were seen at both addresses for long.
Doubt: people write from private addresses now and then, and names recur.
Source: reports on Star Blizzard (impersonated contacts); DAS features of Ho et al., USENIX Security 2017.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if context.same_house or context.answers_owner or context.address.days >= 3:
        return None
    if context.borrowed_name:
        text = "It bears the name of somebody the reader writes to, but comes from another address."
        return Finding(text, "From", "known")
    if context.identity.person and not context.wrote_to_address and not context.traits.listed:
        text = f"It bears the name {context.identity.person}, but comes from no address known to be theirs."
        return Finding(text, "From", "protected")
    return None
