"""Nobody in this mailbox ever had to do with the sender.

Fires: a mailbox whose past is known never saw the address or its domain, the owner never wrote there, and
the mail answers nothing ("new"); or the past is not known, as with a single saved mail ("unknown", which
weighs next to nothing).
Silent: there was any earlier contact; the mail comes from the reader's own organisation.
Doubt: every first newsletter, order and honest inquiry is a first contact too.
Source: DAS features of Ho et al., USENIX Security 2017 (history of the sender); set by judgement.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not context.traits.sender_known or context.same_house or context.answers_owner:
        return None
    if context.wrote_to_address or context.address.mails > context.address.suspect:
        return None
    if not context.traits.freemail and (context.wrote_to_site or context.site.mails > context.site.suspect):
        return None
    if context.history_known:
        return Finding("This mailbox has no earlier contact with the sender.", "From", "new")
    return Finding("Whether there was earlier contact with the sender is not known.", "From", "unknown")
