"""A stranger wrote to an address that is found nowhere in public.

Fires: the mail went to an address that people.toml lists under `unpublished`, from a sender without any earlier
contact, and it calls home ("calls") or does not ("quiet").
Silent: no address is listed so; the owner wrote to the sender or its domain; mail from the reader's own organisation;
list mail.
Doubt: friends pass addresses on, shops and leaks sell them.
Source: reports on the Canadian case (a personal mailbox outside parliament's systems was hit); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    unpublished = context.owner.unpublished
    if not unpublished or context.same_house or context.answers_owner or context.traits.listed:
        return None
    if context.wrote_to_address or context.wrote_to_site or context.address.mails > context.address.suspect:
        return None
    if not any(address in unpublished for address in (*mail.delivered_to, *mail.to[:1000])):
        return None
    if context.traits.telling or context.traits.strangers:
        return Finding(
            "A stranger's mail that calls home reached an address that is not public.", "To", "calls"
        )
    return Finding("A stranger's mail reached an address that is not public.", "To", "quiet")
