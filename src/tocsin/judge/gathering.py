"""The sweep over all mails before the first is judged: what only the whole of them can tell."""

from __future__ import annotations

import msgspec

from tocsin.judge.fanout import Fanout, FanoutBuilder
from tocsin.model.observation import Observed
from tocsin.model.people import Owner


class Gathered(msgspec.Struct, frozen=True):
    """What the sweep found out."""

    fanout: Fanout = Fanout()


NOTHING_GATHERED = Gathered()


class Gathering:
    """Takes in every mail once, in any order; `freeze` gives what it found."""

    def __init__(self) -> None:
        self._fanout = FanoutBuilder()

    def add(self, mail: Observed, owner: Owner) -> None:
        """Takes in one mail as it lies in this owner's mailbox."""
        self._fanout.add(mail, owner)

    def freeze(self) -> Gathered:
        """What was found; the gathering is empty afterwards."""
        return Gathered(self._fanout.freeze())
