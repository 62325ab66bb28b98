"""A later mail of the same hand asks for a click.

Fires: the mail shares name, host or token with an earlier alert ("alert"), or no more than its address
("same"), or with an earlier mail that already looked somewhat like reconnaissance ("suspect"), and it wants
a click, a download or an answer, or phones home again.
Silent: the owner wrote to the address.
Doubt: an honest sender once judged wrongly drags later mail along; the cap keeps it from deciding alone.
Source: Le Soir and Libération on the Belgian case (later mails with similar links would follow); reports on
TA416.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.places import place_of
from tocsin.model.observation import Observed

_WORDS = {
    "address": "the address",
    "name": "the name of the sender",
    "host": "a host",
    "token": "an identifier",
}


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    if not context.linked or context.wrote_to_address or context.same_house:
        return None
    content = mail.content
    if not (content.links or content.asks or content.attachments or context.traits.callbacks):
        return None
    earlier = (
        "an earlier alert"
        if context.linked_level == "alert"
        else "an earlier mail with some of the same signs"
    )
    level = "same" if (context.linked, context.linked_level) == ("address", "alert") else context.linked_level
    return Finding(
        f"It shares {_WORDS[context.linked]} with {earlier}.", place_of(context.linked, context.traits), level
    )
