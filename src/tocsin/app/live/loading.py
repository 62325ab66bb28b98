"""What a store holds into the memory of live judging, a slice at a time, so that questions are answered in between."""

from __future__ import annotations

import math
from array import array
from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

from tocsin.app.live.judging import Failed, Grounds, LiveJudge
from tocsin.app.memory import Store
from tocsin.judge.fanout import WINDOW_S
from tocsin.model.arrival import Opinion
from tocsin.model.observation import Observed
from tocsin.model.stored import MailRow
from tocsin.model.verdict import Verdict

_ROWS = 2_000  # index rows in one slice
_MAILS = 40  # records in one slice
_AHEAD = 200  # numbers that are asked for at once beyond the last one known
_MOST_WAITING_BYTES = 64 * 1024 * 1024


class Loading:
    """Fills a judge of its own with all that a store holds; what arrives meanwhile waits, and is remembered at the end.

    `work` does a slice with each step, and raises StoreError. Mails that cannot be remembered are told to `failed`.
    """

    def __init__(self, store: Store, grounds: Grounds, now_s: float, failed: Failed) -> None:
        self.judge = LiveJudge(grounds, failed)
        self.done = False
        self.newest = 0  # the highest number of a mail that was loaded
        self._store = store
        self._recent_s = now_s - WINDOW_S
        self._waiting = deque[bytes]()
        self._waiting_bytes = 0

    def put_off(self, mail: Observed, opinions: Iterable[Opinion]) -> None:
        """Take in a mail that has come and was judged, to be remembered at the end.

        Beyond what memory allows none is: those are found in the store once they are there.
        """
        if self._waiting_bytes > _MOST_WAITING_BYTES:
            return
        try:
            packed = msgspec.msgpack.encode(
                _Waiting(mail, [(one.owner, _short(one.verdict)) for one in opinions])
            )
        except (
            UnicodeEncodeError
        ):  # lone surrogates cannot be packed; the store can hold it, and is asked later
            return
        self._waiting.append(packed)
        self._waiting_bytes += len(packed)

    def work(self) -> Iterator[None]:
        """Load in time order."""
        numbers, times, owners, names = array("q"), array("d"), array("L"), list[str]()
        known: dict[str, int] = {}
        for row in self._store.rows():
            owner = known.setdefault(row.owner, len(known))
            if owner == len(names):
                names.append(row.owner)
            numbers.append(row.number)
            owners.append(owner)
            times.append(row.time_s if row.time_s is not None else math.inf)
            if len(numbers) % _ROWS == 0:
                yield
        self.newest = numbers[-1] if numbers else 0
        order = array("L", sorted(range(len(numbers)), key=times.__getitem__))
        yield
        for start in range(0, len(order), _MAILS):
            places = order[start : start + _MAILS]
            self._recall([(numbers[place], names[owners[place]], times[place]) for place in places])
            yield
        decode = msgspec.msgpack.Decoder(_Waiting).decode
        while self._waiting:
            waiting = decode(self._waiting.popleft())
            for address, verdict in waiting.opinions:
                self.judge.recall(waiting.mail, address, verdict, recent=True)
            yield
        self.done = True

    def _recall(self, mails: list[tuple[int, str, float]]) -> None:
        wanted = [number for number, _, _ in mails]
        records = dict(self._store.records(wanted))
        verdicts = {one.number: one.verdict for one in self._store.standing(wanted)}
        for number, owner, time_s in mails:
            mail = records.get(number)  # erased meanwhile where it is not there
            if mail is not None:
                recent = self._recent_s <= time_s < math.inf
                self.judge.recall(mail, owner, verdicts.get(number), recent=recent)


def added_since(store: Store, newest: int) -> list[MailRow]:
    """The next mails that were added to a store after the one with this number. Raises StoreError."""
    return list(store.rows(range(newest + 1, newest + 1 + _AHEAD)))


def recall_added(store: Store, judge: LiveJudge, rows: Iterable[MailRow], now_s: float) -> int:
    """Remember mails that somebody else put into the store; returns how many the judge did not know."""
    foreign = [row for row in rows if not judge.has(row.sha256, row.owner)]
    if not foreign:
        return 0
    numbers = [row.number for row in foreign]
    records = dict(store.records(numbers))
    verdicts = {one.number: one.verdict for one in store.standing(numbers)}
    for row in sorted(foreign, key=lambda row: row.time_s if row.time_s is not None else math.inf):
        if row.number in records:
            recent = row.time_s is not None and row.time_s >= now_s - WINDOW_S
            judge.recall(records[row.number], row.owner, verdicts.get(row.number), recent=recent)
    return len(foreign)


class _Waiting(msgspec.Struct, frozen=True, array_like=True):
    mail: Observed
    opinions: list[tuple[str, Verdict]]


def _short(verdict: Verdict) -> Verdict:
    """What remembering needs of a verdict."""
    return msgspec.structs.replace(verdict, for_=(), against=(), not_evaluated=())
