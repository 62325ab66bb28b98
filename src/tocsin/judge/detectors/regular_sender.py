"""The sender writes here at steady intervals.

Fires: mail of this address came on five days or more over at least four weeks, the gaps between them much alike.
Silent: mail that comes by chance; senders whose mail looked suspect; a call to a host that it never called before; a
domain that does not vouch for this mail.
Doubt: a patient sender keeps intervals as well, and a taken-over account inherits them.
Source: newsletters come out by the calendar; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    days = context.address.interval_days
    if not days or context.traits.unaligned or context.beacon_changed:
        return None
    every = "every day" if days == 1 else f"about every {days} days"
    return Finding(f"The sender has written here at steady intervals, {every}.", "From")
