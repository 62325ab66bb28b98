"""Every picture that the letter shows has an address made for this reader.

Fires: a letter that nothing marks as one of many shows pictures from hosts of no known service, and the address of
every one of them names the reader or carries a token; in the first letter of a stranger ("first") or a later one or
one whose past is not known ("later").
Silent: known services; mailings; a letter that also shows ordinary pictures; answers to the reader's own mail.
Doubt: programs that count opens in a company's logo, and picture hosts that give every file a random name.
Source: Volexity on Patchwork, June 2018 (image links with a value for each recipient); measured.
"""

from __future__ import annotations

from tocsin.judge.context import Context
from tocsin.judge.detectors.interface import Finding
from tocsin.judge.first_contact import first_letter
from tocsin.mail.callbacks import out_of_sight
from tocsin.model.observation import Observed


def detect(mail: Observed, context: Context) -> Finding | None:
    """See the module's text."""
    traits = context.traits
    if not traits.plain or not traits.sender_known or context.answers_owner or context.wrote_to_address:
        return None
    shown = [b for b in traits.callbacks if not out_of_sight(b)]
    if not shown or any(b.personal is None or b.vendor is not None for b in shown):
        return None
    if first_letter(mail, context) == "first":
        text = "A stranger's first letter shows pictures at addresses made for this reader alone."
        return Finding(text, shown[0].host, "first")
    return Finding("Every picture it shows has an address made for this reader.", shown[0].host, "later")
