"""A stranger's first letter offers nothing, and all it does is call a host that is named nowhere in it.

Fires: a first letter that nothing marks as one of many offers no product, position or event and asks for nothing but
an answer; no link, picture in plain sight or address in it leads to the host that it reports to, out of sight or in a
way that tells readers apart: in a mailbox without earlier contact ("first"), the same with words in it that sellers
use ("worded"), or where the past is not known ("lone").
Silent: any earlier contact; offers, invitations to events, requests to do something, attachments; languages in which
it cannot be told what is asked; known services; the sender's own domain.
Doubt: private senders with a counter of their own; sellers whose offer is not recognised.
Source: Le Soir and Libération on the Belgian case (mails with nothing but a tracking pixel); Proofpoint on TA427, 16
April 2024 (friendly openers with web beacons); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.first_contact import first_letter
from tocsin.judge.traits import reporting
from tocsin.mail.callbacks import out_of_sight, related
from tocsin.model.observation import Observed

_ANSWERS = frozenset({"reply", "comment", "meeting", "interview"})
_MOST_LINKS = 2


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits, content = context.traits, mail.content
    if not traits.strangers or content.attachments or content.links > _MOST_LINKS:
        return None
    if any(ask not in _ANSWERS for ask in content.asks) or "asks-unknown" in traits.kinds:
        return None
    level = first_letter(mail, context)
    if not level or "event" in traits.kinds:
        return None
    if "offer" in traits.kinds:
        if any(o.kind == "offer" and o.value == "clear" for o in mail.observations):
            return None
        level = "worded" if level == "first" else ""
    shown = {b.host for b in traits.strangers if not out_of_sight(b) and b.personal is None}
    for beacon in reporting(traits):
        if beacon.host in shown:
            continue
        if level and not any(related(beacon.host, site) for site in content.link_sites):
            text = "A stranger's letter offers nothing, and opening it reports to a host named nowhere in it."
            return Finding(text, beacon.host, level)
    return None
