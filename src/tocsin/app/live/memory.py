"""The process that remembers while mail arrives: it holds the mailboxes' history, looks intelligence up, and answers.

Failure policy. Where the store cannot be opened, or is lost, the process ends with a line on stderr, and whoever
started it starts it again. Where intelligence alone cannot be looked up, answers say so. While history is loaded,
answers are given with what there is, and say so. A mail on which judging fails is told by its digest and passed over;
whoever asked judges it without history. A process of its own (`keeper`) moves the journal into the store, so
that no writing makes an answer late; when that one ends it is started again, and so is this one if that does not help.
"""

from __future__ import annotations

import gc
import os
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from tocsin.app.live.channel import Channel, pair
from tocsin.app.live.failing import place_of
from tocsin.app.live.journal import Journal
from tocsin.app.live.journal_key import opening_for
from tocsin.app.live.judging import Grounds, LiveJudge, grounds_of, judge_alone
from tocsin.app.live.keeper import keep_arrivals, say_on_stderr
from tocsin.app.live.loading import Loading, added_since, recall_added
from tocsin.app.live.lookup import Intelligence, reason_of
from tocsin.app.live.setup import MemorySetup
from tocsin.app.live.supervise import die_with_parent, only
from tocsin.app.memory import Store, StoreError, open_store
from tocsin.connect.guard import refuse_network
from tocsin.judge.pointers import Pointer
from tocsin.model.arrival import Opinions
from tocsin.model.observation import Observed

__all__ = ["STILL_LOADING", "Answer", "Ask", "MemorySetup", "fallback", "serve_memory"]

STILL_LOADING = "still loading"
_LOAD_AGAIN_S = 24 * 3600.0  # what was erased is forgotten by then
_MANY_ADDED = 500  # mails of somebody else's from which on everything is loaded again, in order of time
_SAY_AGAIN_S = 60.0
_JOURNAL_SLICE = 25
_MOST_FAILING = 1_000
_STEP_EVERY_S, _TIDY_EVERY_S = 0.05, 2.0
_MOST_ENDINGS = 3  # of the keeper, within the time below
_ENDINGS_S = 600.0


class Ask(msgspec.Struct, frozen=True):
    """A mail to judge for the people it came for, each by the first address; it arrived at `now_s` (Unix time)."""

    ticket: int
    observed: Observed
    owners: tuple[str, ...]
    now_s: float


class Answer(msgspec.Struct, frozen=True):
    """What is thought of the mail of this ticket; None where judging it by what is remembered failed."""

    ticket: int
    opinions: Opinions | None


def fallback(setup: MemorySetup) -> Callable[[Observed, tuple[str, ...], float, str], Opinions]:
    """Judging one mail by itself, for whoever cannot ask; the last argument says why. Opens no store."""
    grounds = grounds_of(setup.request)

    def alone(mail: Observed, owners: tuple[str, ...], now_s: float, reason: str) -> Opinions:
        return judge_alone(grounds, mail, owners, reason)

    return alone


def serve_memory(channel: Channel, setup: MemorySetup) -> None:
    """Answer until the channel closes. Raises SystemExit where the store cannot be used (any more)."""
    grounds = grounds_of(setup.request)
    keeper = _Keeping(setup)
    try:
        keeper.start()
        store = open_store(setup.store)
        refuse_network(programs_too=True, keep=store.sockets())
        memory = _Memory(store, grounds, setup)
        keeper.begin()
        gc.disable()  # a full collection goes through all that is remembered; what answers leave is young
        _serve(channel, memory, keeper)
    except (StoreError, OSError) as error:
        if not channel.closed:
            channel.flush()
        say_on_stderr(f"what reads the store: {error}")
        raise SystemExit(4) from error
    finally:
        keeper.stop()


def _serve(channel: Channel, memory: _Memory, keeper: _Keeping) -> None:
    asks, encode = msgspec.msgpack.Decoder(Ask), msgspec.msgpack.Encoder().encode
    step_s = tidy_s = 0.0  # when that is due, however much is asked
    while not channel.closed:
        frames = channel.received() if memory.ready else ()
        for frame in frames:
            ask = asks.decode(frame)
            channel.send(encode(Answer(ask.ticket, memory.answer(ask))))
        now_s = time.monotonic()
        if frames and now_s < step_s:
            continue
        working = memory.step()
        step_s = now_s + _STEP_EVERY_S
        channel.flush()
        if now_s >= tidy_s:
            gc.collect(1)
            keeper.look(over_sockets=memory.over_sockets)
            tidy_s = now_s + _TIDY_EVERY_S
        if not frames:
            channel.wait(0.0 if working else min(memory.idle_s(), _TIDY_EVERY_S))


class _Memory:
    """What is remembered, and the work of keeping it so."""

    def __init__(self, store: Store, grounds: Grounds, setup: MemorySetup) -> None:
        """Raises StoreError, JournalFailed."""
        self._store = store
        self._grounds = grounds
        self._setup = setup
        self._file = _identity(store)
        self._intelligence = Intelligence(store, say_on_stderr, acts=setup.acts)
        self._failing: set[str] = set()  # digests of mails that could not be judged, and were told
        loading = Loading(store, grounds, time.time(), self._failed)
        self._loading: Loading | None = loading
        self._judge: LiveJudge = loading.judge
        self._newest = 0
        self._history = STILL_LOADING
        self._work = deque[Iterator[None]]([self._load_first(loading)])  # each in its turn
        self._look_s = 0.0  # when to look for changes next, monotonic
        self._said_s = 0.0
        self._loaded_s = time.monotonic()

    def _load_first(self, loading: Loading) -> Iterator[None]:
        """Take in what waits in the journal, then what the store holds."""
        journal = Journal(self._setup.journal)
        for count, arrival in enumerate(journal.peek(opening_for(self._store, self._setup.journal))):
            if arrival.observed.exercise == self._store.exercise:
                loading.judge.meet(arrival.observed, [one.owner for one in arrival.opinions.opinions])
                loading.put_off(arrival.observed, arrival.opinions.opinions)
            if count % _JOURNAL_SLICE == 0:
                yield
        yield from loading.work()

    @property
    def ready(self) -> bool:
        """Whether answers may be given: with a patient setup not before history is loaded."""
        return not (self._setup.patient and self._history == STILL_LOADING)

    @property
    def over_sockets(self) -> bool:
        return bool(self._store.sockets())

    def answer(self, ask: Ask) -> Opinions | None:
        """Judge a mail by what is remembered, and remember it; None where that fails.

        Raises StoreError where the store is gone.
        """
        try:
            return self._answer(ask)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  (the boundary: one mail must not end the memory of all)
            self._failed(ask.observed, error)
            return None

    def _failed(self, mail: Observed, error: Exception) -> None:
        """Tell once of a mail that cannot be judged; its own words stay out of the log."""
        if mail.sha256 in self._failing:
            return
        if len(self._failing) >= _MOST_FAILING:
            self._failing.clear()
        self._failing.add(mail.sha256)
        say_on_stderr(f"{mail.sha256}: this mail is not remembered, as judging it failed ({place_of(error)})")

    def _answer(self, ask: Ask) -> Opinions:
        mail = ask.observed
        pointers, problem = self._look_up(ask)
        loading = self._loading
        own = mail.exercise == self._store.exercise
        found = self._judge.judge(
            mail,
            ask.owners,
            pointers,
            remember=own,
            put_off=loading is not None and loading.judge is self._judge,
        )
        if loading is not None and own:
            if loading.judge is not self._judge:
                loading.judge.meet(mail, ask.owners)
            loading.put_off(mail, found)
        unfinished = not self._history and self._judge.is_unfinished(mail, ask.owners)
        return Opinions(found, STILL_LOADING if unfinished else self._history, problem)

    def _look_up(self, ask: Ask) -> tuple[tuple[Pointer, ...], str]:
        intelligence = self._intelligence
        try:
            return intelligence.pointers(ask.observed, ask.now_s), intelligence.problem
        except StoreError as error:
            if self.over_sockets:
                self._look_s = 0.0  # whether the store is gone is asked next
            elif time.monotonic() >= self._said_s:
                say_on_stderr(f"intelligence was not looked up: {error}")
                self._said_s = time.monotonic() + _SAY_AGAIN_S
            return (), reason_of(error)
        except Exception as error:  # noqa: BLE001  (as above: history is at hand all the same)
            self._failed(ask.observed, error)
            return (), reason_of(error)

    def step(self) -> bool:
        """Do a slice of what is to be done; whether there is more. Raises StoreError."""
        if time.monotonic() >= self._look_s:
            self._look()
        if not self._work:
            return False
        work = self._work.popleft()
        if next(work, _DONE) is not _DONE:
            self._work.append(work)
        elif self._loading is not None and self._loading.done:
            self._finish_loading(self._loading)
        return True

    def _finish_loading(self, loading: Loading) -> None:
        first = loading.judge is self._judge
        self._judge, self._newest, self._loading, self._history = loading.judge, loading.newest, None, ""
        gc.collect()
        gc.freeze()
        if first:
            took_s = time.monotonic() - self._loaded_s
            say_on_stderr(f"{self._judge.mails:,} mails of the store are remembered, after {took_s:.0f} s")
        self._loaded_s = time.monotonic()

    def idle_s(self) -> float:
        """How long there is nothing to do unless somebody asks."""
        return max(0.01, self._look_s - time.monotonic())

    def _look(self) -> None:
        """Notice what others did to the store. Raises StoreError where it is gone."""
        self._look_s = time.monotonic() + self._setup.look_every_s
        if _identity(self._store) != self._file:
            raise StoreError(f"{self._store.url}: the file was taken away or replaced")
        changed = self._intelligence.look()
        if changed is not None:
            self._work.append(changed)
        if self._loading is not None:
            return
        now_s, foreign = time.time(), 0
        while rows := added_since(self._store, self._newest):
            self._newest = rows[-1].number
            foreign += recall_added(self._store, self._judge, rows, now_s)
            if foreign > _MANY_ADDED:
                break
        self._judge.forget_at(now_s)
        if foreign > _MANY_ADDED or time.monotonic() - self._loaded_s > _LOAD_AGAIN_S:
            self._loading = Loading(self._store, self._grounds, now_s, self._failed)
            self._work.append(self._loading.work())


_DONE = object()


class _Keeping:
    """The keeper's process, as its parent sees it."""

    def __init__(self, setup: MemorySetup) -> None:
        self._setup = setup
        self._channel: Channel | None = None
        self._pid = 0
        self._begun = False
        self._endings: list[float] = []

    def start(self) -> None:
        """Start it; it waits until it may begin."""
        ours, theirs = pair()
        self._pid = os.fork()
        if self._pid == 0:
            _become_keeper(theirs, self._setup)
        theirs.close()
        self._channel = ours

    def begin(self) -> None:
        """Let it empty the journal from now on."""
        self._begun = True
        if self._channel is not None:
            self._channel.send(b"begin")

    def look(self, *, over_sockets: bool) -> None:
        """Start it again where it has ended. Raises StoreError where that is of no use."""
        if self._channel is None:
            return
        self._channel.received()
        if not self._channel.closed:
            return
        self.stop()
        now_s = time.monotonic()
        self._endings = [at for at in self._endings if now_s - at < _ENDINGS_S] + [now_s]
        if over_sockets or len(self._endings) > _MOST_ENDINGS:
            raise StoreError("what moves arrivals into the store has ended, and all is to be started anew")
        say_on_stderr("what moves arrivals into the store has ended; it is started again")
        self.start()
        if self._begun:
            self.begin()

    def stop(self) -> None:
        """End it; what it was doing is kept in full or not at all."""
        if self._channel is None:
            return
        self._channel.close()
        self._channel = None
        try:
            os.kill(self._pid, 9)
            os.waitpid(self._pid, 0)
        except (ProcessLookupError, ChildProcessError):
            return


def _become_keeper(channel: Channel, setup: MemorySetup) -> None:
    """Keep until the parent goes; never returns."""
    status = 1
    try:
        die_with_parent()
        only(channel)
        os.nice(5)
        gc.enable()
        keep_arrivals(channel, setup, say_on_stderr)
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001  (the end of a process: whoever reads the log must see why)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _identity(store: Store) -> tuple[int, int] | None:
    """What tells a store's file from another one of its name; None for a server's."""
    if store.sockets():
        return None
    try:
        found = Path(store.url).stat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino
