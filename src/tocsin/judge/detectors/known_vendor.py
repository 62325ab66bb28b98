"""Every call goes to a known mail service, and the service is the one that sent the mail.

Fires: all calls without a click belong to known services or to the sender's own hosts, and one of these
services carried or signed the mail ("consistent"); or they are known services, without that proof
("known"); either way "unasked" for a list that began suddenly with protected people who never asked for it.
Silent: any call to a stranger.
Doubt: genuine services get abused (APT29), and one-to-one trackers are for everybody.
Source: Hu et al., IEEE S&P 2019 (few trackers cover most tracked mail); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    callbacks = traits.callbacks
    if not callbacks or traits.strangers:
        return None
    vendors = {beacon.vendor for beacon in callbacks if beacon.vendor is not None}
    if not vendors:
        return None
    unasked = context.unasked(mail)
    if mail.sender.service in vendors or (traits.aligned and mail.sender.service is not None):
        return Finding(
            "Its calls go to the known mail service that sent it.",
            callbacks[0].host,
            "unasked" if unasked else "consistent",
        )
    level = "unasked" if unasked else "known"
    return Finding("Its calls go to known services only.", callbacks[0].host, level)
