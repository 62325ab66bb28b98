"""Nobody in this mailbox ever had to do with the sender.

Fires: a mailbox whose past is known never saw the address or its domain, the owner never wrote there, and the mail
answers nothing: a letter that nothing marks as one of many ("letter"), or a mailing ("new"). Where the past is not
known, as with a single saved mail, it says so: a letter that opens a conversation weighs a little ("lone"), anything
else next to nothing ("unknown").
Silent: there was any earlier contact; the mail comes from the reader's own organisation.
Doubt: every first newsletter, order and honest inquiry is a first contact too.
Source: DAS features of Ho et al., USENIX Security 2017 (history of the sender); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.first_contact import is_first_contact
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if not is_first_contact(context):
        return None
    if context.history_known:
        level = "letter" if traits.plain else "new"
        return Finding("This mailbox has no earlier contact with the sender.", "From", level)
    if traits.plain and not mail.sender.in_reply_to:
        text = "It opens a conversation; whether there was earlier contact with the sender is not known."
        return Finding(text, "From", "lone")
    return Finding("Whether there was earlier contact with the sender is not known.", "From", "unknown")
