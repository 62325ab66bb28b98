"""A stranger speaks as if it were the reader's own administration.

Fires: the sender's name says administrator, help desk, mailbox, security, human resources or the like, or
names the reader's own organisation, while the domain is not the reader's and nobody here had to do with
it.
Silent: the reader's own organisation; senders with earlier contact; list mail; delivery reports and receipts.
Doubt: outside companies do run service desks.
Source: phishing pretexts as published in CERT advisories; set by judgement.
"""

from __future__ import annotations

import re

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_ROLE = re.compile(
    r"\b(?:(?:web|mail)?(?:admin|master)\w*|administrat\w+|help ?desk|service ?desk|notification\w*"
    r"|it[ -](?:support|team|service|desk)|(?:web|e-?)?mail ?(?:box|server|system|quota|delivery|storage)"
    r"|boîte|postfach|security (?:team|alert|center)|sécurité|sicherheit|beveiliging|support|portal|portail"
    r"|account (?:team|service)|human resources|ressources humaines|personeelszaken)\b",
    re.IGNORECASE,
)


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not context.traits.sender_known or context.same_house or context.traits.listed:
        return None
    if context.wrote_to_address or context.wrote_to_site or context.site.mails > context.site.suspect:
        return None
    if mail.content.automatic or mail.sender.address.startswith(("postmaster@", "mailer-daemon@")):
        return None
    name = mail.sender.name
    local = mail.sender.address.partition("@")[0].replace(".", " ").replace("_", " ")
    house = context.owner.addresses[0].rpartition("@")[2].partition(".")[0] if context.owner.addresses else ""
    borrowed = len(house) >= 5 and house in name.lower().replace(" ", "")
    if not borrowed and _ROLE.search(name) is None and _ROLE.search(local) is None:
        return None
    if context.traits.aligned and not borrowed and mail.sender.service is None and not mail.content.asks:
        return None
    return Finding("The sender speaks like the reader's own administration, but writes from outside.", "From")
