"""An almost empty mail that still phones home.

Fires: fewer than forty visible characters, nothing attached and no picture to look at, and yet opening it
calls a host.
Silent: mail from anybody the owner writes to, or from the reader's own organisation.
Doubt: a forgotten text with an automatic signature picture.
Source: reports on TEMP_Heretic (reconnaissance mails that only check the address, before an exploit).
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    content = mail.content
    if (
        content.text_length >= 40
        or content.attachments
        or content.pictures > 0
        or not context.traits.callbacks
    ):
        return None
    if context.wrote_to_address or context.same_house or content.forwarded_inline:
        return None
    return Finding(
        "It says almost nothing, and opening it still calls a host.", context.traits.callbacks[0].part
    )
