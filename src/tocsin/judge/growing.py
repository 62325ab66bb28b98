"""What the sweep over all mails tells, for mail that arrives: it grows mail by mail, and is asked in between.

Every part answers as the one that is made of all mail at once, where both have seen the same mails; where much mail
has been seen, a count may be a few hundredths behind. Reach forgets what lies before its window, the rest forgets
nothing.
"""

from __future__ import annotations

import struct
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from tocsin.judge.fanout import (
    BY_SENDER,
    KINDS,
    Entry,
    Reach,
    Readers,
    Rows,
    entry_of,
    moment,
    reach_of,
    shared_keys,
)
from tocsin.judge.gathering import Gathered
from tocsin.judge.hands import Hands
from tocsin.judge.mailings import GrowingMailings
from tocsin.judge.receivers import GrowingReceivers
from tocsin.judge.timing import GrowingAgendas
from tocsin.model.observation import Beacon, Observed
from tocsin.model.people import Owner

# What is known of most keys is one mail, kept as bytes: time, owner, sender, URL.
_ONE = struct.Struct("<dIQQ")
_MOST_KEYS = 256  # of one mail; letters that call so many hosts are not told by them


class _Group:
    """The mails that share one key, in order of time."""

    __slots__ = ("rows", "shared")

    def __init__(self) -> None:
        self.rows = Rows()
        self.shared = False

    def add(self, at_s: float, owner: int, sender: int, url: int, *, by_sender: bool) -> None:
        rows = self.rows
        place = bisect_right(rows.times, at_s)
        rows.times.insert(place, at_s)
        rows.owners.insert(place, owner)
        rows.senders.insert(place, sender)
        rows.urls.insert(place, url)
        other = 0 if place else -1
        if not self.shared and len(rows.times) > 1:
            self.shared = rows.owners[other] != owner or (by_sender and rows.senders[other] != sender)

    def forget(self, before_s: float, *, by_sender: bool) -> bool:
        """Remove what is older; whether anything is left."""
        rows = self.rows
        stop = bisect_left(rows.times, before_s)
        if stop:
            del rows.times[:stop], rows.owners[:stop], rows.senders[:stop], rows.urls[:stop]
            self.shared = len(set(rows.owners)) > 1 or (by_sender and len(set(rows.senders)) > 1)
        return bool(rows.times)


class GrowingFanout:
    """How far mail reached, as `fanout.Fanout` says it; about 300 bytes a mail within the window."""

    __slots__ = ("_groups", "_readers")

    def __init__(self) -> None:
        self._groups: tuple[dict[int, _Group | bytes], ...] = tuple({} for _ in KINDS)
        self._readers = Readers()

    def read(self, owner: Owner) -> None:
        """Counts one among those whose mail was read, of whom nothing is looked at."""
        self._readers.number(owner)

    def add(self, mail: Observed, owner: Owner) -> None:
        """Takes in one mail as it lies in this owner's mailbox; to be called before it is asked about."""
        entry = entry_of(mail, owner)
        if entry is not None:
            number = self._readers.number(owner)
            for kind, key in entry.keys[:_MOST_KEYS]:
                self._add(kind, key, entry, number)

    def _add(self, kind: int, key: int, entry: Entry, owner: int) -> None:
        groups, by_sender = self._groups[kind], kind in BY_SENDER
        found = groups.get(key)
        if found is None:
            groups[key] = _ONE.pack(entry.at_s, owner, entry.sender, entry.url)
            return
        if isinstance(found, bytes):
            one, found = found, _Group()
            found.add(*_ONE.unpack(one), by_sender=by_sender)
            groups[key] = found
        found.add(entry.at_s, owner, entry.sender, entry.url, by_sender=by_sender)

    def forget(self, before_s: float) -> None:
        """Forgets all mail that came before this time."""
        for kind, groups in enumerate(self._groups):
            old = [
                key
                for key, found in groups.items()
                if (
                    _ONE.unpack(found)[0] < before_s
                    if isinstance(found, bytes)
                    else not found.forget(before_s, by_sender=kind in BY_SENDER)
                )
            ]
            for key in old:
                del groups[key]

    @property
    def size(self) -> int:
        """How many entries are held."""
        return sum(
            1 if isinstance(found, bytes) else len(found.rows.times)
            for groups in self._groups
            for found in groups.values()
        )

    def reaches(
        self, mail: Observed, strangers: Sequence[Beacon], own: Sequence[Beacon]
    ) -> tuple[Reach, ...]:
        """As `fanout.Fanout.reaches`."""
        at = moment(mail)
        if at is None:
            return ()
        reaches = []
        for kind, key in shared_keys(mail, strangers, own):
            found = self._groups[kind].get(key)
            if isinstance(found, _Group) and found.shared:
                reaches.append(reach_of(kind, found.rows, at, (0, len(found.rows.times)), self._readers))
        return tuple(reaches)


class GrowingGathering:
    """Takes in every mail before it is judged; `gathered` is what it knows by then, and grows with it."""

    def __init__(self, hands: Hands | None = None) -> None:
        self._hands = hands if hands is not None else Hands()
        self._fanout = GrowingFanout()
        self._agendas = GrowingAgendas()
        self._receivers = GrowingReceivers()
        self._mailings = GrowingMailings()
        self.gathered = Gathered(self._fanout, self._agendas, self._receivers, self._mailings, self._hands)

    def add(self, mail: Observed, owner: Owner) -> None:
        """Takes in one mail as it lies in this owner's mailbox, for all but its reach; best in order of time."""
        self._fanout.read(owner)
        self._agendas.add(mail, owner)
        self._receivers.add(mail, owner)
        self._mailings.add(mail, owner)
        self._hands.add(mail, owner)

    def reach(self, mail: Observed, owner: Owner) -> None:
        """Takes in how far one mail reached, in any order."""
        self._fanout.add(mail, owner)

    def forget(self, before_s: float) -> None:
        """Forgets what came before this time, where only a window counts."""
        self._fanout.forget(before_s)
