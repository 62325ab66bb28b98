"""By its own headers it continues a conversation.

Fires: the mailbox's past is not known, as with a single saved mail, and a letter that nothing marks as one of many
names a mail that it answers.
Silent: the past is known: then it shows by itself whether the reader wrote before; free-standing letters; mail whose
sender's domain does not vouch for it.
Doubt: the sender writes these headers; second mails of a campaign answer its first.
Source: RFC 5322, section 3.6.4; measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if context.history_known or not mail.sender.in_reply_to or not traits.plain or traits.unaligned:
        return None
    if not traits.sender_known or context.linked:
        return None
    return Finding("By its own headers, which can be forged, it continues a conversation.", "In-Reply-To")
