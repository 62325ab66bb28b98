"""A known sender suddenly calls a host that its mail never called.

Fires: at least three earlier mails of the address called hosts of their own choice, this one calls other
unknown hosts only.
Silent: the sender's own hosts and known services; mails without history.
Doubt: senders change their tools.
Source: reports on compromised and imitated newsletters; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not context.beacon_changed or context.address.mails < 3 or not context.traits.strangers:
        return None
    return Finding("Earlier mail of this sender never called this host.", context.traits.strangers[0].host)
