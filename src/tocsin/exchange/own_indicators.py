"""What Tocsin itself would have others look for: the telling hosts, senders and texts of a campaign."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

import msgspec

from tocsin.exchange.cutting import CUT, cut_host
from tocsin.mail.callbacks import out_of_sight, split_callbacks
from tocsin.mail.url import site_of
from tocsin.model.campaign import Campaign
from tocsin.model.intel import Comparison, Indicator, Pattern
from tocsin.model.observation import Observed

# Ids made from names, so that the same thing has the same id in every export (RFC 9562, 5.5).
NAMESPACE = uuid.UUID("80636517-8372-5df6-a89c-563edb93b814")
_LEAST_TEXT = 80  # characters; shorter texts meet by chance


def own_indicators(campaign: Campaign, mails: Iterable[Observed]) -> tuple[Indicator, ...]:
    """Indicators of one campaign, each with what it was drawn from.

    Hosts that belong to known services are left out, as are labels of hosts that may stand for a reader. An indicator
    is valid from when the campaign was first seen.
    """
    found: dict[Pattern, str] = {}
    for mail in mails:
        _, strangers, own = split_callbacks(mail)
        for beacon in (*strangers, *own):
            if beacon.vendor is not None or not (beacon.personal is not None or out_of_sight(beacon)):
                continue
            host = cut_host(beacon.host, beacon.site)
            name = beacon.site if CUT in host else host
            if name:
                found.setdefault(Comparison("host", "under", (name,)), "a host that opened mails call")
        address = mail.sender.address
        if address and not _is_service(mail):
            found.setdefault(Comparison("address", "=", (address,)), "the address that mails came from")
        if mail.content.text_hash and mail.content.text_length >= _LEAST_TEXT:
            found.setdefault(
                Comparison("template", "=", (mail.content.text_hash,)),
                "the text of mails, without names and numbers, as Tocsin hashes it",
            )
    return tuple(
        Indicator(
            id=f"indicator--{uuid.uuid5(NAMESPACE, campaign.id + msgspec.json.encode(pattern).decode())}",
            source="tocsin",
            pattern=pattern,
            written="",
            name=f"Campaign {campaign.id}: {why}",
            description=f"Drawn by a program from {len(campaign.members)} linked mails; no analyst has graded it.",
            valid_from_s=campaign.first_seen_s,
            names=(campaign.id,),
            created_s=campaign.first_seen_s,
            modified_s=campaign.last_seen_s,
        )
        for pattern, why in found.items()
    )


def _is_service(mail: Observed) -> bool:
    """Whether the address is a mail service's own, which many senders share."""
    return mail.sender.service is not None and mail.sender.site == site_of(
        mail.sender.return_path.rpartition("@")[2]
    )
