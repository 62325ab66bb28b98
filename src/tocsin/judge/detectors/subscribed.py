"""The reader asked for this mailing.

Fires: the owner's own mail asked this sender or list to be put on it ("asked"); the same list of the same domain has
written for two weeks or more ("list"); a welcome or a request to confirm came from this domain on an earlier day
("welcome").
Silent: the first mail of a sender; a list or welcome that looked suspect; free mail services; a domain that does not
vouch for this mail; a call to a host that this sender never called before.
Doubt: anybody can send a welcome and go on from there, so it counts for little.
Source: RFC 2919 (List-ID), RFC 2369 (joining by mail); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_TEXTS = {
    "asked": "The reader's own mail asked to be put on this mailing.",
    "list": "The same list has written here for weeks.",
    "welcome": "The sender confirmed a subscription here before.",
}


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    level, traits = context.subscribed, context.traits
    if not level or traits.freemail or traits.unaligned or context.beacon_changed:
        return None
    return Finding(_TEXTS[level], "List-ID" if level == "list" else "From", level)
