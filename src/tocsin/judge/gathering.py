"""The sweep over all mails before the first is judged: what only the whole of them can tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from tocsin.judge.fanout import Fanout, FanoutBuilder, Reach
from tocsin.judge.hands import Company, Hands
from tocsin.judge.mailings import Mailing, Mailings, MailingsBuilder
from tocsin.judge.receivers import ReceiversBuilder
from tocsin.judge.timing import Agenda, AgendaBuilder
from tocsin.model.observation import Beacon, Observed
from tocsin.model.people import Owner


class Reaching(Protocol):
    """How far one mail reached (`fanout.Fanout`)."""

    def reaches(
        self, mail: Observed, strangers: Sequence[Beacon], own: Sequence[Beacon]
    ) -> tuple[Reach, ...]: ...


class Mailed(Protocol):
    """How a sender wrote to everybody (`mailings.Mailings`)."""

    def of(self, mail: Observed) -> Mailing | None: ...


class Handed(Protocol):
    """Which other mails of one hand alarm (`hands.Hands`)."""

    def company(self, mail: Observed) -> Company | None: ...


class Agendas(Protocol):
    """Calendars by owner (`fanout.owner_key`)."""

    def get(self, name: str, /) -> Agenda | None: ...


class Believed(Protocol):
    """By owner (`fanout.owner_key`) the sites of the receivers whose records can be believed."""

    def get(self, name: str, /) -> frozenset[str] | None: ...


class Gathered(msgspec.Struct, frozen=True):
    """What the sweep found out, by owner (`fanout.owner_key`): `agendas` for people with topics or events, `receivers`
    the servers whose records of authentication the mailbox can believe. `mailings` tells of every sender whom it wrote
    to, and when; `hands` which mails of one hand alarm by themselves.
    """

    fanout: Reaching = Fanout()
    agendas: Agendas = {}
    receivers: Believed = {}
    mailings: Mailed = Mailings()
    hands: Handed = Hands()


NOTHING_GATHERED = Gathered()


class Gathering:
    """Takes in every mail once, in any order; `freeze` gives what it found."""

    def __init__(self, hands: Hands | None = None) -> None:
        """`hands` has been told how a mail is judged by itself; without it no mail speaks for another."""
        self._hands = hands if hands is not None else Hands()
        self._fanout = FanoutBuilder()
        self._agendas = AgendaBuilder()
        self._receivers = ReceiversBuilder()
        self._mailings = MailingsBuilder()

    def add(self, mail: Observed, owner: Owner) -> None:
        """Takes in one mail as it lies in this owner's mailbox."""
        self._fanout.add(mail, owner)
        self._agendas.add(mail, owner)
        self._receivers.add(mail, owner)
        self._mailings.add(mail, owner)
        self._hands.add(mail, owner)

    def freeze(self) -> Gathered:
        """What was found; the gathering is empty afterwards."""
        return Gathered(
            self._fanout.freeze(),
            self._agendas.freeze(),
            self._receivers.freeze(),
            self._mailings.freeze(),
            self._hands,
        )
