"""The call goes to the machine that sent the mail, while the sender claims another domain.

Fires: a letter that nothing marks as one of many calls a host of the domain that carried it, by the return path or by
the machines it passed, which is neither From's domain nor a known service.
Silent: mail services, known or with list headers; the sender's own domain; free mailboxes.
Doubt: a small agency that sends and counts for its clients without saying so in list headers.
Source: Proofpoint on TA427, 16 April 2024 (spoofed think-tank domains, web beacons); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import related
from tocsin.model.observation import Observed

_RELAYS = 8


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits, sender = context.traits, mail.sender
    if not traits.plain or traits.freemail or not traits.sender_known or sender.service is not None:
        return None
    if context.wrote_to_address or context.same_house:
        return None
    carriers = [sender.return_site, *sender.relays[:_RELAYS]]
    for beacon in traits.callbacks[:50]:
        if beacon.vendor is not None or related(beacon.host, sender.site):
            continue
        if any(related(beacon.host, name) or related(beacon.site, name) for name in carriers):
            text = (
                "It calls the domain of the machine that sent it, which is not the domain it names as sender."
            )
            return Finding(text, beacon.host)
    return None
