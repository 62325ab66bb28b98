"""The sender has written here for a long time, and its domain vouched for it.

Fires: at least three earlier mails on three days over two weeks, four fifths of them vouched for by the
From domain, and this one too ("long"); the same without such records, for mailboxes whose receivers keep
none ("plain").
Silent: earlier mails looked suspect; a new beacon host appears.
Doubt: accounts get taken over, and then the history is the attacker's.
Source: DAS features of Ho et al., USENIX Security 2017; Cidon et al., USENIX Security 2019.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    seen = context.address if context.address.days >= 3 or context.traits.freemail else context.site
    if seen.mails < 3 or seen.days < 3 or seen.span_days < 14 or seen.suspect * 5 > seen.mails:
        return None
    if context.beacon_changed:
        return None
    if context.traits.aligned and seen.aligned * 5 >= seen.mails * 4:
        text = f"The sender has written here on {seen.days} days before, and its domain vouched for it."
        return Finding(text, "From", "long")
    if context.traits.unaligned:
        return None
    return Finding(f"The sender has written here on {seen.days} days before.", "From", "plain")
