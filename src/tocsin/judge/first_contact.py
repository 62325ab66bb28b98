"""Whether a mail opens the acquaintance of its sender with this reader."""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.model.observation import Observed


def is_first_contact(context: Context) -> bool:
    """Whether nothing is known of an earlier contact with this sender: no mail that was not suspect, none of the
    owner's, no common house. In a mailbox whose past is not known that says little (`Context.history_known`).
    """
    if not context.traits.sender_known or context.same_house or context.answers_owner:
        return False
    if context.wrote_to_address or context.address.mails > context.address.suspect:
        return False
    return context.traits.freemail or not (context.wrote_to_site or context.site.mails > context.site.suspect)


def first_letter(mail: Observed, context: Context) -> str:
    """What a letter that nothing marks as one of many opens: "first" where the mailbox's past shows no earlier
    contact, "lone" where no past is known and the mail answers nothing, "" otherwise.
    """
    if not context.traits.plain or not is_first_contact(context):
        return ""
    if context.history_known:
        return "first"
    return "" if mail.sender.in_reply_to else "lone"
