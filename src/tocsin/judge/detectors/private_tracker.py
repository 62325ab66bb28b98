"""A letter from a free mailbox brings a counter of its own.

Fires: a letter from a free mail service, which nothing marks as one of many, calls a host of no known service when it
is opened: out of sight or telling readers apart ("hidden"), or openly ("open").
Silent: known services, rented hosting, list mail, forwarded text, mail that the reader's own mail brought about.
Doubt: a picture in a private signature; a small company that writes from a free mailbox and counts by itself.
Source: free mail services put no such call into what people write; Volexity on TEMP_Heretic, February 2022, and
Proofpoint on TA412, 14 July 2022 (free mailboxes with web beacons); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.mail.callbacks import out_of_sight
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if not traits.freemail or not traits.plain or not traits.strangers or traits.shared_hosting:
        return None
    if not traits.sender_known or context.wrote_to_address or context.answers_owner:
        return None
    for beacon in traits.strangers:
        if out_of_sight(beacon) or beacon.personal is not None:
            text = "A letter from a free mailbox reports to an unknown host; such mailboxes add no counter."
            return Finding(text, beacon.host, "hidden")
    text = "A letter from a free mailbox fetches something from an unknown host."
    return Finding(text, traits.strangers[0].host, "open")
