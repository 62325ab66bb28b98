"""The process that alone opens the store while mail arrives: it remembers, looks up, answers, and keeps what came.

Failure policy. A store that cannot be opened, or is lost, ends the process with a line on stderr; whoever started it
starts it again. Where intelligence alone cannot be looked up, answers say so. What cannot be kept now waits in the
journal. Nothing that is kept makes an answer late: a process of its own does that.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from tocsin.app.keeping import observer_of
from tocsin.app.live.channel import Channel
from tocsin.app.live.judging import grounds_of, judge_alone
from tocsin.app.scan import ScanRequest, observing_settings
from tocsin.connect.guard import refuse_network
from tocsin.model.arrival import Opinions
from tocsin.model.observation import Observed

STILL_LOADING = "still loading"


class Ask(msgspec.Struct, frozen=True):
    """A mail to judge for the people it came for, each by the first address; it arrived at `now_s` (Unix time)."""

    ticket: int
    observed: Observed
    owners: tuple[str, ...]
    now_s: float


class Answer(msgspec.Struct, frozen=True):
    """What is thought of the mail of this ticket."""

    ticket: int
    opinions: Opinions


class MemorySetup(msgspec.Struct, frozen=True):
    """What decides beside the mails, where the store is ("" for none), and where the journal lies.

    `observer` names what observes, as a scan with the same settings would; records are kept under it.
    """

    request: ScanRequest
    store: str
    journal: Path
    observer: str

    @classmethod
    def of(cls, request: ScanRequest, store: str, journal: Path) -> MemorySetup:
        """The setup for mail that is observed by the settings of this request."""
        return cls(request, store, journal, observer_of(observing_settings(request)))


def serve_memory(channel: Channel, setup: MemorySetup) -> None:
    """Answer until the channel closes; raises SystemExit where the store cannot be used."""
    grounds = grounds_of(setup.request)
    refuse_network(programs_too=True)
    asks = msgspec.msgpack.Decoder(Ask)
    while not channel.closed:
        channel.wait(60.0)
        for frame in channel.received():
            ask = asks.decode(frame)
            opinions = judge_alone(grounds, ask.observed, ask.owners, STILL_LOADING)
            channel.send(msgspec.msgpack.encode(Answer(ask.ticket, opinions)))


def fallback(setup: MemorySetup) -> Callable[[Observed, tuple[str, ...], float, str], Opinions]:
    """Judging one mail by itself, for whoever cannot ask; the last argument says why. Opens no store."""
    grounds = grounds_of(setup.request)

    def alone(mail: Observed, owners: tuple[str, ...], now_s: float, reason: str) -> Opinions:
        return judge_alone(grounds, mail, owners, reason)

    return alone
