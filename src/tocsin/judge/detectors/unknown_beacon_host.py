"""Opening the mail calls a host that has nothing to do with its sender.

Fires: a call that needs no click goes to a host of no known service that is related neither to the From domain nor to
what signed the mail nor to any link a reader can see: in a letter that nothing marks as one of many, out of sight
("hidden") or openly ("stranger"); in a mailing, out of sight or telling readers apart ("mailing") or openly
("pictures"). Or every such host is related to a visible link ("linked").
Silent: known services; the sender's own hosts. Cloud storage and content networks, which anybody can
rent, count only for calls that are out of sight or tell readers apart, and little ("rented"); fonts and style sheets
from there not at all.
Doubt: the vendor list is never complete: small services and agencies look like strangers, above all in mailings.
Source: Microsoft on ZIRCONIUM, 10 September 2020 (web bugs tied to a domain bought for it); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.traits import reporting
from tocsin.mail.callbacks import out_of_sight, related
from tocsin.model.observation import Beacon, Observed

_UNSEEN = "Out of sight it calls a host of neither its sender nor a known service nor any link."
_OPEN = "Opening it calls a host that is neither the sender's nor a known service nor linked in it."


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if not traits.strangers or (context.beacon_before and context.address.mails >= 5):
        return None
    if traits.shared_hosting:
        told = reporting(traits)
        if not told:
            return None
        text = "It calls hosting that anybody can rent, which names nobody."
        return Finding(text, told[0].host, "rented")
    if traits.relation == "linked":
        text = "Opening it calls a host that is neither the sender's nor a known service."
        return Finding(text, traits.strangers[0].host, "linked")
    sites = mail.content.link_sites
    unlinked = [b for b in traits.strangers if not any(related(b.host, site) for site in sites)]
    return _of_letter(unlinked) if traits.plain else _of_mailing(unlinked)


def _of_letter(unlinked: list[Beacon]) -> Finding:
    for beacon in unlinked:
        if out_of_sight(beacon):
            return Finding(_UNSEEN, beacon.host, "hidden")
    return Finding(_OPEN, unlinked[0].host, "stranger")


def _of_mailing(unlinked: list[Beacon]) -> Finding:
    for beacon in unlinked:
        if out_of_sight(beacon):
            return Finding(_UNSEEN, beacon.host, "mailing")
        if beacon.personal is not None:
            return Finding(_OPEN, beacon.host, "mailing")
    return Finding(_OPEN, unlinked[0].host, "pictures")
