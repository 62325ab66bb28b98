"""It does not say whom it was sent to.

Fires: To names nobody, or nobody but the sender, and no list headers explain it.
Silent: list mail; automatic mail; bodies saved without headers; mail that shows the reader's own address as its
sender's and names the reader.
Doubt: invitations by blind copy.
Source: features of published spam filters; set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not context.traits.sender_known or context.traits.listed or mail.content.automatic:
        return None
    if any(address != mail.sender.address for address in mail.to):
        return None
    if not mail.to:
        return Finding("It does not say whom it was sent to.", "To")
    if mail.sender.address in context.owner.addresses:
        return None
    return Finding("It is addressed to nobody but its own sender.", "To")
