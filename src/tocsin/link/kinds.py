"""What mails can have in common, kind by kind: how much room each has, and what it can weigh."""

from __future__ import annotations

import msgspec


class Kind(msgspec.Struct, frozen=True, gc=False):
    """One kind of shared value.

    `group` is of GROUPS: what one cause makes alike at once counts once. `slots` is how many values of the kind a mail
    shows at most; `cap` the most nats that one shared value adds; `words` is how the tie is told, the value filled in.
    """

    name: str
    group: str
    slots: int
    cap: float
    words: str


# What one cause makes alike: whom mails call, what they say, how they are made, who writes, how they travel.
GROUPS = ("call", "words", "form", "sender", "road")

KINDS = (
    Kind("beacon-host", "call", 3, 9.0, "both call the host {}"),
    Kind("beacon-site", "call", 2, 7.0, "both call hosts of {}"),
    Kind("style-host", "call", 1, 3.5, "both load their looks from {}"),
    Kind("link-host", "call", 2, 5.0, "both link to the host {}"),
    Kind("token", "call", 3, 10.0, "both carry the token {}"),
    Kind("grammar", "call", 2, 3.5, "the calls of both are written alike: {}"),
    Kind("text", "words", 1, 6.0, "both have the same text"),
    Kind("subject", "words", 1, 2.5, "both have the subject “{}”"),
    Kind("structure", "form", 1, 3.0, "the HTML of both is built alike"),
    Kind("making", "form", 1, 2.0, "one program put both together: {}"),
    Kind("mailer", "form", 1, 2.0, "both name the program {}"),
    Kind("address", "sender", 1, 7.0, "both are from {}"),
    Kind("reply-address", "sender", 1, 8.5, "replies to both go to {}"),
    Kind("name", "sender", 1, 4.5, "both are from “{}”"),
    Kind("claim", "sender", 1, 1.5, "both claim to be from {}"),
    Kind("domain", "sender", 1, 8.0, "both are from addresses of {}"),
    Kind("service", "road", 1, 1.0, "both went through the mail service {}"),
    Kind("relay", "road", 2, 4.5, "both were handed in by {}"),
    Kind("network", "road", 1, 2.5, "both came from the network {}"),
    Kind("return-site", "road", 1, 4.0, "both return to {}"),
    Kind("signer", "road", 1, 4.0, "both are signed by {}"),
    Kind("id-host", "road", 1, 3.5, "both have message ids of {}"),
)

FIRST_SLOT: dict[str, int] = {}
SLOT_KINDS: tuple[int, ...] = ()
for _number, _kind in enumerate(KINDS):
    FIRST_SLOT[_kind.name] = len(SLOT_KINDS)
    SLOT_KINDS += (_number,) * _kind.slots
SLOTS = len(SLOT_KINDS)
