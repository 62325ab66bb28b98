"""A known mail service carried it, and the call goes past the service.

Fires: a known mail service carried or signed the mail, and a call that is out of sight or tells readers apart goes to
a host that is neither the service's nor the sender's, that no link leads to and that shows no ordinary picture: in a
letter that nothing marks as one of many ("letter"), or in a mailing ("mailing").
Silent: services count by themselves and senders leave it to them; so rented hosting, linked sites and hosts of
pictures are passed over.
Doubt: measuring firms that advertisers add beside the service; services with a second domain that the list of services
does not know.
Source: indictment of 25 March 2024 (a mass mail and mail merge system, tracking links of the senders' own); Proofpoint
on TA416, 7 March 2022 (web bugs in mail through a commercial relay); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import out_of_sight, related
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits, service = context.traits, mail.sender.service
    if service is None or not traits.strangers or traits.shared_hosting or not traits.sender_known:
        return None
    if context.wrote_to_address or context.answers_owner:
        return None
    shown = {b.host for b in traits.strangers if not out_of_sight(b) and b.personal is None}
    sites = mail.content.link_sites
    for beacon in traits.strangers:
        if beacon.host in shown or not (out_of_sight(beacon) or beacon.personal is not None):
            continue
        if any(related(beacon.host, site) for site in sites):
            continue
        text = "A known mail service carried it, yet the call goes past the service to an unknown host."
        return Finding(text, beacon.host, "letter" if traits.plain else "mailing")
    return None
