"""A mail as it arrives: what was thought of it at that moment, and what was done."""

from __future__ import annotations

import msgspec

from tocsin.model.observation import Observed
from tocsin.model.verdict import Verdict


class Opinion(msgspec.Struct, frozen=True):
    """What is thought of a mail in one person's mailbox; `owner` is that person's first address."""

    owner: str
    verdict: Verdict


class Opinions(msgspec.Struct, frozen=True):
    """What is thought of one mail, for each protected recipient; never empty.

    `history` and `intelligence` are "" where the store's were at hand, else a short reason why not: such an opinion
    was formed without.
    """

    opinions: tuple[Opinion, ...]
    history: str = ""
    intelligence: str = ""


class Arrival(msgspec.Struct, frozen=True):
    """One mail that came and was let on its way: what the journal keeps until it is in the store.

    `action` is of `model.handling.ACTIONS`; `sealed` names the file with the original ("" where none is kept).
    `recipients` are those of the envelope, `arrived_s` is Unix time.
    """

    observed: Observed
    opinions: Opinions
    action: str
    arrived_s: float
    recipients: tuple[str, ...] = ()
    sealed: str = ""
