"""Its only calls go to the sender's own, vouched-for domain.

Fires: every call without a click goes to the From domain, which the receiver found to vouch for the mail,
and nothing about it is hidden.
Silent: hidden calls, strangers, mail that nobody vouched for.
Doubt: a domain bought for the purpose vouches for its own mail.
Source: Microsoft on ZIRCONIUM, 10 September 2020, for the doubt; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if not traits.own or traits.strangers or traits.hidden or not traits.aligned:
        return None
    return Finding("Its only calls go openly to the sender's own domain.", traits.own[0].host)
