"""The mail says that it comes from a known outlet or institution, and its addresses don't bear that out.

Fires: a name of the lists (docs/names.md), or of a protected person's organisation, stands in the display name,
in the signature or in the writer's introduction, but neither the domain of From nor a DKIM signature that held
is that entry's. "forged": From shows the genuine domain, but it does not vouch for the mail; "name": the
display name claims it; "freemail": it is claimed from a free mailbox; "text": only signature or introduction
claim it.
Silent: names in running text; senders the owner writes to or knows for long; the reader's own organisation;
list mail, unless its domain was found not to vouch for it; where the domain is a look-alike, which is told
apart.
Doubt: freelances and former staff name outlets in their signatures, outlets use domains that no list knows, and
several organisations share a name.
Source: indictment of 25 March 2024 (letters in the name of outlets and their journalists); Proofpoint on TA427
and CISA, NSA and partners, 2 May 2024 (think-tank and media personas with genuine names).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_PLACES = {"from": "From", "signature": "body", "introduction": "body"}


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits, identity = context.traits, context.identity
    if not traits.sender_known or context.same_house:
        return None
    if identity.forged is not None:
        name, domain = identity.forged.name, mail.sender.domain
        text = f"It shows the address of {name}, but {domain} does not vouch for the mail."
        return Finding(text, "From", "forged")
    if (
        context.wrote_to_address
        or context.answers_owner
        or context.address.aligned >= 3
        or not identity.claims
    ):
        return None
    if identity.likeness is not None and identity.place == "From":
        return None
    if (traits.listed or mail.content.automatic) and not traits.unaligned:
        return None
    claim = next((c for c in identity.claims if c.where == "from"), identity.claims[0])
    several = sum(c.where == "from" for c in identity.claims) > 1
    name = claim.of.name
    said = "calls itself" if claim.where == "from" else "says that it comes from"
    text = f"It {said} {name}, which writes from {claim.domain}; this came from {mail.sender.domain}."
    if traits.freemail:
        return Finding(text, _PLACES[claim.where], "freemail")
    return Finding(text, _PLACES[claim.where], "name" if claim.where == "from" and not several else "text")
