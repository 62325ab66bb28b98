"""A stranger sends news or writes as one who makes them, and the letter reports who reads it.

Fires: a first letter that nothing marks as one of many carries an article, a headline, or the role of a journalist, an
agency, a newspaper or a think tank, and opening it reports out of sight, or in a way that tells readers apart: to a
host that is neither the sender's nor linked ("stranger"), to a linked one ("linked") or to the sender's own ("own"); or
it shows pictures from a host that is neither the sender's nor linked ("pictures"). The same where the past is not
known and the host neither the sender's nor linked ("lone").
Silent: any earlier contact; list headers or a way to leave; known services; many links and pictures; answers; a clear
offer or an invitation to an event.
Doubt: freelances and small institutes with a counter of their own.
Source: indictment of 25 March 2024 (news articles and tracking links from invented outlets and journalists);
Proofpoint, 14 July 2022 (TA412: headlines and web beacons); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.first_contact import first_letter
from tocsin.judge.traits import reporting
from tocsin.mail.callbacks import related
from tocsin.model.observation import Observed

_ROLES = frozenset({"journalist", "agency", "newspaper", "think-tank"})
_MOST_LINKS, _MOST_PICTURES = 5, 3  # of a letter; newsletters have more
_REPORTS = "A stranger sends news, and opening the letter tells a host who reads it."
_PICTURES = "A stranger sends news with pictures from a host that has nothing to do with the sender."


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits, content = context.traits, mail.content
    if content.links > _MOST_LINKS or content.pictures > _MOST_PICTURES or mail.sender.in_reply_to:
        return None
    if not (content.headline or content.article or not _ROLES.isdisjoint(content.persona)):
        return None
    found = _report(mail, context)
    if found is None:
        return None
    opening = first_letter(mail, context)
    if not opening or "event" in traits.kinds:
        return None
    if any(o.kind == "offer" and o.value == "clear" for o in mail.observations):
        return None
    if opening == "lone":
        return Finding(_REPORTS, found.where, "lone") if found.level == "stranger" else None
    return found


def _report(mail: Observed, context: Context) -> Finding | None:
    """What the letter tells by being opened, to the most foreign host."""
    traits, sites = context.traits, mail.content.link_sites
    told = reporting(traits)
    for beacon in told:
        if not any(related(beacon.host, site) for site in sites):
            return Finding(_REPORTS, beacon.host, "stranger")
    if told:
        return Finding(_REPORTS, told[0].host, "linked")
    if traits.relation == "none" and not traits.shared_hosting:
        return Finding(_PICTURES, traits.strangers[0].host, "pictures")
    own = next((b for b in traits.own if b in traits.telling), None)
    return Finding(_REPORTS, own.host, "own") if own is not None else None
