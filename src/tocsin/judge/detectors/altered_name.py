"""What a mail program shows as its sender was made up to mislead.

Fires: signs that nobody sees turn the order of the display name's letters ("turned"); one word of it mixes Latin
letters with Greek, Cyrillic or Armenian ones that look like them ("letters"); the display name
shows an address of another site than the mail's own ("address"); the mail has more than one sender, of which programs
show the one or the other ("several").
Silent: lists, which write "name via list" or put the writer's address into the name; the reader's own organisation;
whom the reader writes to; copies without headers.
Doubt: services that forward under addresses of their own put the old one into the name.
Source: Unicode TS #39 (mixed scripts), UTR #36 (direction overrides); RFC 7489, section 6.6.1 (several authors);
measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.model.observation import Observed

_LEVELS = (
    (
        "name-turned",
        "turned",
        "Hidden signs in the sender's name turn its letters, so that it reads otherwise than it is written.",
    ),
    (
        "name-mixed-script",
        "letters",
        "The sender's name is written with letters of two alphabets, some of which only look like the right ones.",
    ),
    (
        "name-is-other-address",
        "address",
        "The sender's name shows the mail address of somebody else, not the one that the mail came from.",
    ),
    (
        "several-from",
        "several",
        "It names more than one sender, and mail programs show the one or the other.",
    ),
)
_LISTS = frozenset({"from-rewritten", "list-damage"})


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if not traits.sender_known or context.same_house or context.wrote_to_address or context.answers_owner:
        return None
    for kind, level, text in _LEVELS:
        if kind not in traits.kinds:
            continue
        if level == "address" and (traits.listed or not traits.kinds.isdisjoint(_LISTS)):
            continue
        return Finding(text, "From", level)
    return None
