"""The process that remembers: it holds the mailboxes' history and the intelligence of the store, and judges by them.

Failure policy: while it loads it answers with what it has, and says so. When the store goes away it ends, with a line
that says why, and the supervisor starts it again; the front judges by itself meanwhile.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from tocsin.app.catalogue import load_catalogue
from tocsin.app.dates import load_dates
from tocsin.app.lists import Lists
from tocsin.app.live.channel import Channel
from tocsin.app.matcher import Matcher
from tocsin.app.memory import Store, StoreError, open_store
from tocsin.app.names import load_names
from tocsin.app.scan import ScanRequest
from tocsin.connect.guard import refuse_network
from tocsin.judge.fanout import owner_key
from tocsin.judge.gathering import NOTHING_GATHERED, Gathered, Gathering
from tocsin.judge.history import History
from tocsin.judge.known import known_from
from tocsin.judge.owners import unlisted_owner
from tocsin.judge.pointers import Pointer
from tocsin.judge.receivers import held_to_receivers
from tocsin.judge.rules.book import compile_rules
from tocsin.judge.session import time_order
from tocsin.judge.verdict import judge
from tocsin.model.arrival import Opinion, Opinions
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.model.verdict import Verdict

STILL_LOADING = "still loading"
_SLICE = 25  # mails that are loaded between two looks at what was asked
_LONGEST_WAIT_S = 5.0
_LOOK_AGAIN_S = 10.0  # how often intelligence is looked at for changes


class Ask(msgspec.Struct, frozen=True):
    """What is thought of this mail in these people's mailboxes? `owners` are first addresses."""

    ticket: int
    observed: Observed
    owners: tuple[str, ...]
    now_s: float


class Answer(msgspec.Struct, frozen=True):
    """The answer to an Ask."""

    ticket: int
    opinions: Opinions


class MemorySetup(msgspec.Struct, frozen=True):
    """What decides beside the mails; `journal` is the folder of what waits to be stored."""

    scanning: ScanRequest
    store: str
    journal: Path

    @classmethod
    def of(cls, scanning: ScanRequest, store: str, journal: Path) -> MemorySetup:
        """The setup for these settings."""
        return cls(scanning, store, journal)


class Judge:
    """Judges mail by what the mailboxes have seen so far; mutable, and of one process."""

    def __init__(self, scanning: ScanRequest) -> None:
        lists: Lists = scanning.lists
        self._catalogue = load_catalogue(lists.vendors)
        registered = load_dates(lists.domain_dates) if lists.domain_dates is not None else None
        self._known = known_from(self._catalogue, load_names(lists.names), scanning.people, registered)
        self._rules = compile_rules(scanning.rules.rules)
        self._weights = scanning.weights
        self._threshold = scanning.threshold
        self._people = {owner.addresses[0]: owner for owner in scanning.people.owners}
        self._gathered: Gathered = NOTHING_GATHERED
        self._history = History(NOTHING_GATHERED, self._known)

    def owner(self, address: str) -> Owner:
        """Who this first address belongs to."""
        return self._people.get(address) or unlisted_owner(address, self._catalogue)

    def opinions(
        self, observed: Observed, owners: tuple[str, ...], pointers: tuple[Pointer, ...] = ()
    ) -> tuple[Opinion, ...]:
        """What is thought of a mail, in each of these mailboxes."""
        return tuple(
            Opinion(address, self._verdict(observed, self.owner(address), pointers)) for address in owners
        )

    def _verdict(self, observed: Observed, owner: Owner, pointers: tuple[Pointer, ...]) -> Verdict:
        if receivers := self._gathered.receivers.get(owner_key(owner)):
            observed = held_to_receivers(observed, receivers)
        context = self._history.context(observed, owner)
        if pointers:
            context = msgspec.structs.replace(context, indicators=pointers)
        return judge(observed, context, self._weights, self._threshold, self._rules)

    def remember(self, observed: Observed, owner: Owner, verdict: Verdict | None) -> None:
        """Take a judged mail into memory; in time order."""
        self._history.remember(observed, owner, verdict)

    def gather(self, gathered: Gathered) -> None:
        """Judge by this sweep over all mail from now on."""
        self._gathered = gathered
        self._history.hold(gathered)


def fallback(setup: MemorySetup) -> Callable[[Observed, tuple[str, ...], float, str], Opinions]:
    """How mail is judged without memory: the mail alone, with the reason why."""
    alone = Judge(setup.scanning)

    def judged(observed: Observed, owners: tuple[str, ...], now_s: float, reason: str) -> Opinions:
        return Opinions(alone.opinions(observed, owners), reason, reason)

    return judged


def serve_memory(channel: Channel, setup: MemorySetup) -> None:
    """Answer until the channel closes. Ends the process with a line where the store is not at hand."""
    try:
        store = open_store(setup.store, read_only=True)
    except StoreError as error:
        _end(str(error))
    refuse_network(programs_too=True, keep=store.sockets())
    memory = _Memory(store, setup)
    try:
        loading: Iterator[None] | None = memory.load()
        while not channel.closed:
            if loading is not None:
                if next(loading, _DONE) is _DONE:
                    loading = None
                channel.wait(0.0)
            else:
                channel.wait(_LONGEST_WAIT_S)
            for frame in channel.received():
                ask = msgspec.msgpack.decode(frame, type=Ask)
                answer = Answer(ask.ticket, memory.answer(ask, loaded=loading is None))
                channel.send(msgspec.msgpack.encode(answer))
    except StoreError as error:
        channel.drain()
        _end(str(error))


_DONE = object()


class _Memory:
    def __init__(self, store: Store, setup: MemorySetup) -> None:
        self._store = store
        self._judge = Judge(setup.scanning)
        self._matcher = Matcher(store)
        self._looked_s = time.monotonic()

    def load(self) -> Iterator[None]:
        """Take in what the store holds, in time order, a slice at a time."""
        store = self._store
        standing = {one.number: _short(one.verdict) for one in store.standing()}
        yield
        rows = sorted(store.rows(), key=lambda row: time_order(row.time_s, row.sha256, row.owner))
        yield
        gathering = Gathering()
        for place, row in enumerate(rows):
            observed, owner = store.read(row.number), self._judge.owner(row.owner)
            gathering.add(observed, owner)
            self._judge.remember(observed, owner, standing.get(row.number))
            if place % _SLICE == 0:
                yield
        self._judge.gather(gathering.freeze())

    def answer(self, ask: Ask, *, loaded: bool) -> Opinions:
        """Judge a mail and remember it. Raises StoreError where the store is gone."""
        self._look_again()
        met = self._matcher.hits([ask.observed], ask.now_s)[0]
        pointers = self._matcher.pointers(met)
        opinions = self._judge.opinions(ask.observed, ask.owners, pointers)
        for opinion in opinions:
            self._judge.remember(ask.observed, self._judge.owner(opinion.owner), opinion.verdict)
        return Opinions(opinions, "" if loaded else STILL_LOADING)

    def _look_again(self) -> None:
        now_s = time.monotonic()
        if now_s - self._looked_s > _LOOK_AGAIN_S:
            self._matcher = Matcher(self._store)
            self._looked_s = now_s


def _short(verdict: Verdict) -> Verdict:
    """What remembering needs of a verdict."""
    return msgspec.structs.replace(verdict, for_=(), against=(), not_evaluated=())


def _end(text: str) -> None:
    sys.stderr.write(f"what reads the store: {text}\n")
    sys.stderr.flush()
    raise SystemExit(4)
