"""Nothing in it phones home by itself.

Fires: no call happens on receipt, opening, replying, printing or opening an attachment.
Silent: any such call, a receipt request included. Look-ups of names and certificates are none: signed mail and
links make them, and they go to others than the sender.
Doubt: what a click starts is judged as phishing; what could not be evaluated is said.
Source: the definition of reconnaissance mail that Tocsin judges by.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if context.traits.passive:
        return None
    if any(beacon.trigger != "click" for beacon in mail.beacons):
        return Finding(
            "Look-ups of names and certificates aside, nothing in it calls anywhere by itself.", ""
        )
    return Finding("Nothing in it calls anywhere when it is opened.", "")
