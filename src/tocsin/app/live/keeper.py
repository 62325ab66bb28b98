"""The process that moves what arrived from the journal into the store; it makes nobody wait.

Failure policy: a segment is removed only once the store has taken all of it, and taking it twice changes nothing. While
the store is locked, or the disk is full, it waits longer and longer, and the journal grows. Records that this store may
not hold (practice mail in a real store) are dropped, with a line; what cannot be read or stored for good, whatever
the error, is set aside, with a line. Linking that fails is said, and tried again after the next alert.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from tocsin.app import keeping
from tocsin.app.campaigns import update_campaigns
from tocsin.app.live.channel import Channel
from tocsin.app.live.failing import place_of
from tocsin.app.live.journal import Journal, JournalFailed, UnreadableSegment, read_segment, set_aside
from tocsin.app.live.journal_key import Opening, opening_for
from tocsin.app.live.lookup import mark_of
from tocsin.app.live.setup import MemorySetup
from tocsin.app.matcher import Matcher
from tocsin.app.memory import Store, StoreError, open_store
from tocsin.app.weights import load_weights
from tocsin.connect.guard import refuse_network
from tocsin.hunt.observables import digests_of, observables, texts_of
from tocsin.judge.pointers import strongest, with_pointers
from tocsin.link.traits import pack
from tocsin.model.arrival import Arrival, Opinion
from tocsin.model.intel import Hit
from tocsin.model.observation import Observation
from tocsin.model.stored import NewMail, VerdictVersion
from tocsin.respond.sealed import SealBroken, unseal
from tocsin.store.interface import StoreDamaged, StoreLocked, StoreLost

BATCH = 200
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_SHARE_OF_LINKING = 10  # linking takes at most one part in so many of this process's time

Say = Callable[[str], None]


def keep_arrivals(channel: Channel, setup: MemorySetup, say: Say) -> None:
    """Fill the store until the channel closes; begins with the first frame that comes.

    Raises SystemExit where the store cannot be used any more.
    """
    try:
        store = open_store(setup.store)
        refuse_network(programs_too=True, keep=store.sockets())
        keeper = Keeper(store, setup, say)
    except (StoreError, OSError) as error:
        say(f"what arrives is not moved into the store: {error}")
        raise SystemExit(4) from error
    begun, wait_s = False, _FIRST_WAIT_S
    while not channel.closed:
        begun = bool(channel.received()) or begun
        if not begun:
            channel.wait(_LONGEST_WAIT_S)
            continue
        try:
            keeper.turn()
            wait_s = _FIRST_WAIT_S
            channel.wait(setup.keep_every_s)
        except (StoreLocked, StoreLost, JournalFailed) as error:
            if store.sockets() and isinstance(error, StoreLost):
                say(f"what arrives waits in {setup.journal}: {error}")
                raise SystemExit(4) from error
            if wait_s == _FIRST_WAIT_S:
                say(f"what arrives waits in {setup.journal}: {error}")
            channel.wait(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
        except StoreDamaged as error:
            say(f"what arrives waits in {setup.journal}: {error}")
            raise SystemExit(4) from error


def make_ready(setup: MemorySetup, *, plain: bool = False) -> None:
    """Make the store where there is none, and put the journal's key beside the journal; before processes are forked.

    What arrives before there is a key lies open in the journal. `plain` makes a store without encryption. Raises
    StoreError, JournalFailed.
    """
    Journal(setup.journal)
    store = open_store(setup.store, create=True, plain=plain)
    try:
        opening_for(store, setup.journal)
    finally:
        store.close()


class Keeper:
    """Moves segments into a store, and links campaigns anew where that brought alerts."""

    def __init__(self, store: Store, setup: MemorySetup, say: Say) -> None:
        """Raises StoreError, JournalFailed."""
        self._store = store
        self._setup = setup
        self._say = say
        self._journal = Journal(setup.journal)
        self._opening: Opening = opening_for(store, setup.journal)
        self._reader: int | None = None
        self._matcher: Matcher | None = None
        self._mark = b""
        self._to_link = False
        self._link_s = 0.0  # when that may be done next, monotonic

    def turn(self) -> None:
        """Take all that waits, and link what is due. Raises StoreError, JournalFailed."""
        if self._reader is None:
            self._reader = self._journal.reader()
            if self._reader is None:  # another process empties this journal
                return
        for segment in self._journal.take():
            self._empty(segment)
        if self._to_link and time.monotonic() >= self._link_s:
            self._link()

    def _empty(self, segment: Path) -> None:
        found: list[Arrival] = []
        bad = 0
        try:
            for arrival in read_segment(segment, self._opening):
                found.append(arrival)
                if len(found) == BATCH:
                    bad += self._keep(found)
                    found.clear()
        except UnreadableSegment as error:
            self._say(f"{segment}: {error}; the rest is kept, the file as {segment.stem}.unreadable")
            bad += 1
        except OSError as error:
            raise JournalFailed(f"{segment}: cannot be read ({error.strerror or error})") from error
        bad += self._keep(found)
        if bad:
            set_aside(segment)
        else:
            segment.unlink(missing_ok=True)

    def _keep(self, arrivals: Sequence[Arrival]) -> int:
        """Keep these arrivals, all or none; returns how many the store refuses for good."""
        store = self._store
        wanted = [one for one in arrivals if one.observed.exercise == store.exercise]
        if len(wanted) < len(arrivals):
            what = "for practice" if store.exercise else "for real mail"
            self._say(
                f"{len(arrivals) - len(wanted)} mails that arrived were not kept: {store.url} is a store {what}"
            )
        try:
            self._batch(wanted)
            return 0
        except _PASSING:
            raise
        except Exception as error:  # noqa: BLE001  (the boundary: one mail must not keep others from the store)
            if len(wanted) <= 1:
                why = str(error) if isinstance(error, StoreError) else place_of(error)
                digests = "".join(one.observed.sha256 for one in wanted)
                self._say(f"{digests}: this mail cannot be kept ({why}); its record is set aside")
                return len(wanted)
        return sum(self._keep([one]) for one in wanted)

    def _batch(self, arrivals: Sequence[Arrival]) -> None:
        if not arrivals:
            return
        store, now_s = self._store, time.time()
        matcher = self._current_matcher()
        wanted = [(one, opinion) for one in arrivals for opinion in one.opinions.opinions]
        met = matcher.hits([one.observed for one in arrivals], now_s) if matcher is not None else []
        hits = dict(zip(map(id, arrivals), met, strict=False))
        with store.transaction():
            numbers = store.add([self._new_mail(*one) for one in wanted], at_s=now_s)
            judged = {version.number for version in store.standing(numbers)}
            state = keeping.state_of_intelligence(store)
            fresh: dict[int, tuple[Arrival, Opinion]] = {}
            for number, one in zip(numbers, wanted, strict=True):
                if number not in judged:
                    fresh.setdefault(number, one)
            versions: list[VerdictVersion] = []
            found: list[Hit] = []
            for number, (arrival, opinion) in fresh.items():
                mine = hits.get(id(arrival), [])
                found.extend(msgspec.structs.replace(hit, number=number) for hit, _ in mine)
                pointers = matcher.pointers(mine) if matcher is not None else ()
                versions.append(_first(number, arrival, opinion, state))
                if pointers and not opinion.verdict.indicator:
                    verdict = with_pointers(
                        opinion.verdict, pointers, load_weights(), self._setup.request.threshold
                    )
                    because = strongest(pointers).text
                    versions.append(
                        VerdictVersion(
                            number,
                            0,
                            now_s,
                            "intelligence",
                            because,
                            verdict,
                            partial=True,
                            intelligence=state,
                        )
                    )
                if versions[-1].verdict.alert:
                    self._to_link = True
                    self._keep_raw(number, arrival)
            store.add_verdicts(versions)
            if found:
                store.add_hits(found)
            if fresh:
                keeping.audit(
                    store,
                    "observe",
                    list(fresh),
                    now_s=now_s,
                    mandate=self._setup.request.mandate,
                    detail=f"{len(fresh)} mails as they arrived",
                )

    def _current_matcher(self) -> Matcher | None:
        mark = mark_of(self._store)
        if mark != self._mark or self._matcher is None:
            some = next(self._store.indicators(), None) is not None
            self._matcher = Matcher(self._store) if some else None
            self._mark = mark
        return self._matcher

    def _new_mail(self, arrival: Arrival, opinion: Opinion) -> NewMail:
        mail = arrival.observed
        shown = observables(mail)
        handled = Observation("handled", arrival.action, "arrival")  # exposure asks for it
        return NewMail(
            msgspec.structs.replace(mail, observations=(*mail.observations, handled)),
            opinion.owner,
            digests_of(shown),
            texts_of(shown),
            pack(mail),
            self._setup.observer,
            (mail.source,),
        )

    def _keep_raw(self, number: int, arrival: Arrival) -> None:
        """Keep the bytes of a mail that alarms, where they are those that were observed."""
        if self._setup.request.keep_raw != "alerts" or not arrival.sealed:
            return
        try:
            raw, head = unseal(Path(arrival.sealed).read_bytes())
        except (OSError, SealBroken) as error:
            self._say(f"{arrival.sealed}: its bytes were not kept in the store ({error})")
            return
        if head.sha256 == arrival.observed.sha256:
            self._store.keep_raw(number, raw)

    def _link(self) -> None:
        began_s = time.monotonic()
        try:
            update_campaigns(self._store, now_s=time.time(), people=self._setup.request.people)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001  (as above; mail is kept all the same)
            self._say(f"campaigns were not linked ({place_of(error)}); that is tried after the next alert")
        took_s = time.monotonic() - began_s
        self._to_link = False
        self._link_s = time.monotonic() + max(self._setup.link_every_s, _SHARE_OF_LINKING * took_s)


_PASSING = (StoreLocked, StoreLost, StoreDamaged)


def _first(number: int, arrival: Arrival, opinion: Opinion, state: str) -> VerdictVersion:
    opinions = arrival.opinions
    without = [
        what for what, why in (("history", opinions.history), ("intelligence", opinions.intelligence)) if why
    ]
    because = "Judged when it arrived."
    if without:
        why = opinions.history or opinions.intelligence
        because = f"Judged when it arrived, without the store's {' and '.join(without)} ({why})."
    return VerdictVersion(
        number,
        0,
        arrival.arrived_s,
        "first",
        because,
        opinion.verdict,
        intelligence="" if opinions.intelligence else state,
    )


def say_on_stderr(text: str) -> None:
    """A line for whoever reads the service's log."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
