"""The sender's clock stood in another part of the world.

Fires: the time zone of the mail's date is not one of the country that the sender's domain ends in.
Silent: Greenwich time; domains that say no country, or a large one; free mailboxes; list mail.
Doubt: whoever writes a mail sets its clock, and people travel. Forgeable, so it weighs next to nothing.
Source: RFC 5322, section 3.3; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if "zone-unlike-domain" not in traits.kinds or traits.freemail or not traits.plain:
        return None
    if context.same_house or context.wrote_to_address:
        return None
    return Finding(
        "The sender's clock, which anybody can set, is not that of the country its domain names.", "Date"
    )
