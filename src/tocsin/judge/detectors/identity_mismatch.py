"""The mail claims a role that its infrastructure does not bear out.

Fires: the mail claims to come from a journalist, news agency, newspaper, think tank, the UN, a parliament, a
university or an embassy, and the receiver found that the From domain does not vouch for it ("unaligned"); or a
bulk mail service or relay carried it without the headers of a list ("service"); or it comes from a free mailbox
("freemail").
Silent: no role is claimed; the owner wrote to the address before; the mail comes from the reader's own
organisation; claimed-name says the same of a name that the lists know.
Doubt: freelance journalists do write from free mailboxes, and small outlets use mail services carelessly.
Source: indictment of 25 March 2024 ("appeared to be from prominent news outlets or journalists"); Proofpoint on
TA412 and TA427 (think-tank personas, lax DMARC); reports on TA416 (UN staff personas through a relay).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors import claimed_name
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_ROLES = {
    "journalist": "be a journalist",
    "agency": "write for a news agency",
    "newspaper": "write for a newspaper",
    "think-tank": "write for a think tank",
    "un": "write for the United Nations",
    "parliament": "write for a parliament",
    "ngo": "write for a non-governmental organisation",
    "university": "write for a university",
    "embassy": "write for an embassy",
}


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    persona = mail.content.persona
    if not traits.sender_known or context.wrote_to_address or context.same_house:
        return None
    role = _ROLES.get(persona[0], "write for an organisation") if persona else ""
    if not role or context.address.aligned >= 3:
        return None
    named = claimed_name.detect(mail, context)
    if named is not None and named.level in ("forged", "freemail"):
        return None
    if traits.unaligned:
        text = f"The sender claims to {role}, but the domain it names does not vouch for the mail."
        return Finding(text, "From", "unaligned")
    if traits.freemail:
        return Finding(f"The sender claims to {role}, but writes from a free mailbox.", "From", "freemail")
    if mail.sender.service is not None and not traits.listed:
        text = (
            f"The sender claims to {role} and writes as one person, but a bulk mail service carried the mail."
        )
        return Finding(text, "Received", "service")
    return None
