"""The same stranger wrote to more than one address of the reader.

Fires: one sender without any relation reaches two addresses of the owner, say the official and the
private one.
Silent: the owner wrote to the sender; list mail.
Doubt: people who know both addresses.
Source: reports on the Canadian case (a personal mailbox outside parliament's systems was hit); set by
judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if (
        len(context.owner.addresses) < 2
        or context.wrote_to_address
        or context.same_house
        or context.traits.listed
    ):
        return None
    named = {address for address in (*mail.to, *mail.delivered_to) if address in context.owner.addresses}
    if not context.other_addresses and len(named) < 2:
        return None
    return Finding("The same stranger wrote to more than one address of this person.", "To")
