"""A memory in a process of its own over real pipes, and what tests ask it."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from tests.e2e.mailboxes import mail

from tocsin.app.config import Config
from tocsin.app.live.channel import pair
from tocsin.app.live.journal import Journal
from tocsin.app.live.memory import Answer, Ask, MemorySetup, serve_memory
from tocsin.app.live.supervise import only
from tocsin.app.memory import open_store
from tocsin.app.observing import observer_factory
from tocsin.app.requests import make_request
from tocsin.model.arrival import Arrival, Opinions
from tocsin.model.observation import Observed
from tocsin.model.source import RawMail
from tocsin.store.interface import Store

LENA, OMAR = "lena.maes@parliament.example", "omar.diaz@ministry.example"
NOW_S = time.time() - 1000.0  # reach is forgotten by the clock
PATIENCE_S = 30.0

T = TypeVar("T")
_observe = observer_factory(make_request(Config(), ()).lists)()


def observed(raw: bytes, *, to: tuple[str, ...] = (LENA,), at_s: float = NOW_S, **more: Any) -> Observed:
    """A mail as it arrives, observed."""
    found = RawMail("arrival", "arrival", raw, arrival_s=at_s, envelope_recipients=to)
    return msgspec.structs.replace(_observe(found, ""), **more)


def letter(number: int, *, to: str = LENA, html: str = "", at_s: float = NOW_S, **headers: str) -> Observed:
    """A letter that is written and observed."""
    return observed(mail(number, html=html, To=to, Delivered_To=to, **headers), to=(to,), at_s=at_s)


def setup_of(folder: Path, url: str, **settings: Any) -> MemorySetup:
    """Settings of a memory that is quick to look and keep."""
    config = msgspec.structs.replace(Config(), store=url, **settings)
    setup = MemorySetup.of(make_request(config, ()), url, folder / "spool")
    return msgspec.structs.replace(setup, keep_every_s=0.05, link_every_s=0.0, look_every_s=0.1)


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something that another process does."""
    end_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end_s, f"waited in vain for {what}"
        time.sleep(0.02)


class Memory:
    """A running memory; `close` ends it."""

    def __init__(self, setup: MemorySetup, *, loaded: bool = True) -> None:
        self.setup = setup
        setup.journal.mkdir(parents=True, exist_ok=True)
        self._said = setup.journal / f"said-{time.monotonic_ns()}"
        self._channel, theirs = pair()
        self.pid = os.fork()
        if self.pid == 0:
            _become_memory(theirs, setup, self._said)
        theirs.close()
        self.status: int | None = None
        self._tickets = 0
        self.journal = Journal(setup.journal)
        if loaded:
            until(lambda: "are remembered" in self.said or self.ended, "the history")

    @property
    def said(self) -> str:
        return self._said.read_text() if self._said.exists() else ""

    @property
    def ended(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def ask(self, mail: Observed, *owners: str) -> Opinions:
        """What it thinks of a mail, for the people it came for."""
        return self.ask_all([mail], *owners)[0]

    def ask_all(self, mails: Sequence[Observed], *owners: str) -> list[Opinions]:
        """What it thinks of mails that come at the same time."""
        found = [answer.opinions for answer in self._answers(mails, *owners)]
        assert None not in found, self.said
        return [one for one in found if one is not None]

    def answer(self, mail: Observed, *owners: str) -> Opinions | None:
        """What it thinks of a mail, None where it cannot judge it."""
        return self._answers([mail], *owners)[0].opinions

    def _answers(self, mails: Sequence[Observed], *owners: str) -> list[Answer]:
        first = self._tickets + 1
        for one in mails:
            self._tickets += 1
            ask = Ask(self._tickets, one, owners or (LENA,), one.arrival_s or NOW_S)
            assert self._channel.send(msgspec.msgpack.encode(ask))
        found: list[Answer] = []
        end_s = time.monotonic() + PATIENCE_S
        while len(found) < len(mails):
            assert time.monotonic() < end_s, self.said
            assert not self._channel.closed, self.said
            self._channel.wait(1.0)
            found += [msgspec.msgpack.decode(frame, type=Answer) for frame in self._channel.received()]
        assert [one.ticket for one in found] == list(range(first, self._tickets + 1))
        return found

    def arrive(self, mail: Observed, *owners: str, sealed: str = "") -> Opinions:
        """A mail as the gate handles it: asked about, then noted in the journal."""
        opinions = self.ask(mail, *owners)
        self.journal.append(Arrival(mail, opinions, "tag", mail.arrival_s or NOW_S, owners, sealed))
        return opinions

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        if not self.ended:
            os.kill(self.pid, signal.SIGKILL)
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self._channel.close()

    def close(self) -> None:
        """Let it end by itself, as it does when the gate stops."""
        self._channel.close()
        until(lambda: self.ended, "the memory's end")


def _become_memory(channel: object, setup: MemorySetup, said: Path) -> None:
    status = 1
    try:
        fd = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(fd, 2)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        only(channel)  # type: ignore[arg-type]
        serve_memory(channel, setup)  # type: ignore[arg-type]
        status = 0
    except SystemExit as stop:
        status = int(stop.code or 0)
    except BaseException:  # noqa: BLE001  (what ends it must be seen)
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


def count(url: str) -> int:
    """How many mails a store holds."""
    return len(content(url))


def content(url: str) -> dict[tuple[str, str], list[str]]:
    """By Message-ID and owner, the reasons of the versions of a mail's verdict."""

    def read(store: Store) -> dict[tuple[str, str], list[str]]:
        return {
            (store.read(row.number).message_id, row.owner): [one.reason for one in store.verdicts(row.number)]
            for row in list(store.rows())
        }

    return with_store(url, read)


def with_store(url: str, do: Callable[[Store], T]) -> T:
    """Open a store, do something with it, and close it."""
    store = open_store(url)
    try:
        return do(store)
    finally:
        store.close()
