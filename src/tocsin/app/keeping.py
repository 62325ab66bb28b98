"""A scan's mail into a store: what it holds already, what is new, and everything that is judged together."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Callable, Collection, Iterator
from itertools import islice

import msgspec

from tocsin import __version__
from tocsin.app.account import account
from tocsin.app.matcher import source_of
from tocsin.app.spill import Entry, Row, row_of
from tocsin.hunt.observables import digests_of, observables, texts_of
from tocsin.judge.copies import copy_keys
from tocsin.judge.pointers import Pointer, pointer
from tocsin.link.traits import pack
from tocsin.model.intel import IntelSource
from tocsin.model.observation import Observed
from tocsin.model.source import RawMail
from tocsin.model.stored import AuditEntry, MailRow, NewMail
from tocsin.store.interface import ExerciseRefused, Store

IN_STORE = -1  # the number of a spill file, for mails whose record lies in the store
_BATCH = 400
_KEY = "work-key"
_KEY_BYTES = 32


class Kept(msgspec.Struct, frozen=True, gc=False):
    """One stored mail as judging needs it before it reads the record."""

    number: int
    sha256: str
    owner: str
    time_s: float | None
    copies: tuple[int, ...]
    raw: bool
    observer: str


class Outcome(msgspec.Struct, frozen=True):
    """What keeping the mails of a scan did: their numbers, which of them are new, and which were observed again."""

    numbers: dict[int, list[str]]  # by number, the places where this scan found the mail
    new: frozenset[int]
    again: frozenset[int]


def observer_of(settings: str) -> str:
    """A name for what observes: this version of the program, with these lists and limits."""
    return f"{__version__} {hashlib.sha256(settings.encode()).hexdigest()[:16]}"


def work_key(store: Store) -> bytes:
    """The key that records are sealed with on their way into the store; b"" where the store itself is open."""
    if not store.encrypted and not store.sockets():
        return b""
    key = store.get("setting", _KEY)
    if key is None:
        key = os.urandom(_KEY_BYTES)
        store.put("setting", _KEY, key)
    return key


def refuse_strangers(store: Store, row: Row) -> None:
    """Keep practice mail out of a real store and real mail out of one for practice, before anything of it is kept.

    Raises ExerciseRefused.
    """
    if row.exercise == store.exercise:
        return
    if row.exercise:
        raise ExerciseRefused(
            f"{row.source}: is practice mail, and {store.url} is a store for real mail, so nothing of this scan was "
            "kept. Scan practice mail by itself, into a store of its own made with --practice"
        )
    raise ExerciseRefused(
        f"{row.source}: is no practice mail, and {store.url} is a store for practice, so nothing of this scan was "
        "kept. Scan real mail into another store"
    )


class Held:
    """What the store holds as it would be observed now.

    Found in an index in memory (about 200 bytes a mail): asking the store for each mail of a large mailbox takes longer
    than reading it.
    """

    def __init__(self, store: Store, observer: str) -> None:
        self._store = store
        self._numbers: dict[int, tuple[int, ...]] = {}
        for row in store.rows():
            if row.observer == observer:
                key = _key_of(row.sha256)
                self._numbers[key] = (*self._numbers.get(key, ()), row.number)

    def row(self, mail: RawMail, sha256: str) -> Row | None:
        """The row of a mail that was found at this place before, with these bytes; None where it was not."""
        if mail.records:
            return None
        for number in self._numbers.get(_key_of(sha256), ()):
            if mail.source not in self._store.occurrences(number):
                continue
            observed = self._store.read(number)
            if observed.sha256 == sha256:
                row = row_of(observed, IN_STORE, number, 0)
                return msgspec.structs.replace(row, source=mail.source, mailbox=mail.mailbox)
        return None


def _key_of(sha256: str) -> int:
    return int(sha256[:16], 16)


def keep(
    store: Store,
    found: Collection[Entry],
    read: Callable[[Row], Observed],
    observer: str,
    *,
    now_s: float,
    report: Callable[[int], None],
) -> Outcome:
    """Put everything into the store that it lacks, in batches that are whole each; can be done again without loss."""
    places: dict[str, dict[str, list[str]]] = {}
    for one in found:
        places.setdefault(one.row.sha256, {})[one.owner] = one.sources
    there: dict[tuple[str, str], tuple[int, str]] = {}
    others: list[tuple[int, str]] = []
    for row in store.rows():
        if row.sha256 in places:
            there[row.sha256, row.owner] = row.number, row.observer
            if row.owner not in places[row.sha256]:
                others.append((row.number, row.sha256))
    numbers: dict[int, list[str]] = {}
    new: set[int] = set()
    again: set[int] = set()
    asked: deque[list[Entry]] = deque()  # the mails of each batch that the store has asked for
    done = 0

    def wanted() -> Iterator[tuple[Entry, Observed]]:
        """What the store lacks, and what it must learn new places of."""
        nonlocal done
        for one in found:
            done += 1
            known = there.get((one.row.sha256, one.owner))
            if one.row.spill != IN_STORE:
                observed = read(one.row)
            elif known is None:  # its mailbox is now known to be somebody else's
                observed = msgspec.structs.replace(
                    store.read(one.row.offset), source=one.row.source, mailbox=one.row.mailbox
                )
            elif len(one.sources) == 1 or set(one.sources) <= set(store.occurrences(known[0])):
                numbers[known[0]] = one.sources
                continue
            else:
                observed = store.read(known[0])
            yield one, observed

    def batches() -> Iterator[list[NewMail]]:
        rest = wanted()
        while batch := [(one, _new_mail(one, observed, observer)) for one, observed in islice(rest, _BATCH)]:
            asked.append([one for one, _ in batch])
            yield [mail for _, mail in batch]

    for kept in store.add_all(batches(), at_s=now_s):
        for number, one in zip(kept, asked.popleft(), strict=True):
            numbers[number] = one.sources
            earlier = there.get((one.row.sha256, one.owner))
            if earlier is None:
                new.add(number)
            elif earlier[1] != observer:
                again.add(number)
        report(done)
    report(done)
    moved = [number for number, sha256 in others if _moved(store.occurrences(number), places[sha256])]
    if moved:
        store.erase(moved)
    return Outcome(numbers, frozenset(new), frozenset(again))


def _new_mail(one: Entry, observed: Observed, observer: str) -> NewMail:
    """A mail with all that is derived from it."""
    shown = observables(observed)
    return NewMail(
        observed, one.owner, digests_of(shown), texts_of(shown), pack(observed), observer, tuple(one.sources)
    )


def _moved(known: tuple[str, ...], now: dict[str, list[str]]) -> bool:
    """Whether all places that a mail was kept for are by now known to be somebody else's."""
    return set(known) <= {place for places in now.values() for place in places}


def everything(store: Store) -> Iterator[Kept]:
    """All that the store holds, in no particular order.

    What copies share is asked of the records, and only where the mail of several people is kept.
    """
    if len(store.owners()) < 2:
        for row in store.rows():
            yield _kept(row, ())
        return
    rows = {row.number: row for row in store.rows()}
    for number, observed in store.records():
        found = rows.pop(number, None)
        if found is not None:
            yield _kept(found, copy_keys(observed))


def _kept(row: MailRow, copies: tuple[int, ...]) -> Kept:
    return Kept(row.number, row.sha256, row.owner, row.time_s, copies, row.raw, row.observer)


def pointers_by_mail(store: Store) -> dict[int, tuple[Pointer, ...]]:
    """What intelligence says of each mail, by its number, hits that may not alarm left out."""
    sources: dict[str, IntelSource | None] = {}
    found: dict[int, list[Pointer]] = {}
    for hit in [hit for hit in store.hits() if hit.alarms]:
        indicator = store.indicator(hit.indicator)
        if indicator is None:
            continue
        if indicator.source not in sources:
            sources[indicator.source] = source_of(store, indicator.source)
        found.setdefault(hit.number, []).append(pointer(hit, indicator, sources[indicator.source]))
    return {number: tuple(pointers) for number, pointers in found.items()}


def state_of_intelligence(store: Store) -> str:
    """Which sources were held against mail, each as of when."""
    known = [msgspec.msgpack.decode(body, type=IntelSource) for _, body in store.documents("source")]
    return " ".join(f"{one.id}@{one.renewed_s:.0f}" for one in known)[:500]


def audit(
    store: Store, action: str, numbers: Collection[int], *, now_s: float, mandate: str, detail: str
) -> None:
    """Note a reading of many mails: the first and the last number, and how many."""
    ends = (min(numbers), max(numbers)) if numbers else ()
    entry = AuditEntry(now_s, account(), action, ends, True, len(numbers), mandate, detail)
    store.audit(entry)
