"""How far one mail reached: the same sender, beacon, text or template in other people's mailboxes.

Copies reach their readers minutes or days apart, so a mail's reach is only known once every mailbox has been
read: `FanoutBuilder` gathers it in a first sweep, `Fanout` answers in the second.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b

import msgspec

from tocsin.judge.families import template_of
from tocsin.judge.traits import is_plain
from tocsin.mail.callbacks import out_of_sight, split_callbacks
from tocsin.model.observation import Beacon, Observed
from tocsin.model.people import Owner

WINDOW_S = 14 * 86_400
_SWEEP_S = 86_400  # how often what is older is forgotten
KINDS = ("beacon", "sender", "text", "template")
_BY_SENDER = (
    0,
    3,
)  # kinds that tell something within one mailbox as well, where different senders share them
_MOST = 4096  # entries looked at around one mail; past that, counting on changes nothing


class Reach(msgspec.Struct, frozen=True, gc=False):
    """Who else got it within fourteen days either side, this mail's reader included.

    `kind` is what the copies share, of KINDS: "template" are letters whose HTML and calls are written alike
    (`families.template_of`). `outsiders` counts readers who are not protected, `senders` distinct From addresses.
    `chance` (0..1) is how likely as many protected ones, or more, would be among that many readers drawn from all
    whose mail was scanned; 1 where only protected people were scanned, since then nothing compares.
    """

    kind: str = ""
    people: int = 0
    organisations: int = 0
    outsiders: int = 0
    mails: int = 0
    senders: int = 0
    addresses: int = 0  # different URLs that the copies call without a click, visible pictures first
    chance: float = 1.0


def owner_key(owner: Owner) -> str:
    """What tells one owner from another: the first address, else the name."""
    return owner.addresses[0] if owner.addresses else owner.name


def moment(mail: Observed) -> float | None:
    """When the mail came, Unix time: the receiver's stamp, else what the mail itself claims, else None."""
    return mail.arrival_s if mail.arrival_s is not None else mail.date_s


def digest(text: str) -> int:
    """64 bits that stand for a text and do not tell it."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def _keys(mail: Observed, strangers: Sequence[Beacon], own: Sequence[Beacon]) -> list[tuple[int, int]]:
    """(kind, key) of everything that copies of this mail would share; kinds as indexes into KINDS."""
    telling = {b.site or b.host for b in (*strangers, *own) if b.personal is not None or out_of_sight(b)}
    keys = [(0, digest("b" + site)) for site in telling]
    if mail.sender.address:
        keys.append((1, digest("s" + mail.sender.address)))
    content = mail.content
    if content.text_hash and content.text_length >= 80:
        keys.append((2, digest("t" + content.text_hash)))
    if telling and content.structure_hash and is_plain(mail):
        template = template_of(mail, [b for b in (*strangers, *own) if (b.site or b.host) in telling])
        if template:
            keys.append((3, digest("m" + template)))
    return keys


@lru_cache(maxsize=4096)
def _at_least(found: int, drawn: int, marked: int, everybody: int) -> float:
    """The probability that `found` or more of `drawn` readers are among the `marked` ones (hypergeometric)."""
    total = math.comb(everybody, drawn)
    ways = sum(
        math.comb(marked, n) * math.comb(everybody - marked, drawn - n)
        for n in range(found, min(drawn, marked) + 1)
    )
    return ways / total


class _Rows:
    """Entries of one kind, column by column."""

    __slots__ = ("keys", "owners", "senders", "times", "urls")

    def __init__(self) -> None:
        self.keys = array("Q")
        self.times = array("d")
        self.owners = array("L")
        self.senders = array("Q")
        self.urls = array("Q")  # 0: no such call


class Fanout:
    """The frozen index; it holds only what more than one owner or, for beacons, more than one sender
    shares.
    """

    __slots__ = ("_marked", "_organisations", "_owners", "_protected", "_rows", "_spans")

    def __init__(
        self,
        spans: tuple[dict[int, tuple[int, int]], ...] = (),
        rows: tuple[_Rows, ...] = (),
        owners: dict[str, int] | None = None,
        organisations: tuple[str, ...] = (),
        protected: tuple[bool, ...] = (),
    ) -> None:
        self._spans = spans
        self._rows = rows
        self._owners = owners or {}
        self._organisations = organisations
        self._protected = protected
        self._marked = sum(protected)

    def reaches(
        self, mail: Observed, strangers: Sequence[Beacon], own: Sequence[Beacon]
    ) -> tuple[Reach, ...]:
        """One Reach for each thing that this mail shares with others around its time; () when it shares
        none.
        """
        if not any(self._spans):
            return ()
        at = moment(mail)
        if at is None:
            return ()
        found = []
        for kind, key in _keys(mail, strangers, own):
            span = self._spans[kind].get(key)
            if span is not None:
                found.append(self._reach(kind, span, at))
        return tuple(found)

    def _reach(self, kind: int, span: tuple[int, int], at: float) -> Reach:
        rows = self._rows[kind]
        start = bisect_left(rows.times, at - WINDOW_S, *span)
        stop = bisect_left(rows.times, at + WINDOW_S, start, span[1])
        mails = stop - start
        start, stop = _nearest(rows.times, at, start, stop)
        return _counted(
            kind,
            mails,
            rows.owners[start:stop],
            rows.senders[start:stop],
            rows.urls[start:stop],
            self._organisations,
            self._protected,
            self._marked,
        )


def _nearest(times: Sequence[float], at: float, start: int, stop: int) -> tuple[int, int]:
    """The part that is looked at where there is too much."""
    if stop - start <= _MOST:
        return start, stop
    middle = bisect_left(times, at, start, stop)
    return max(start, middle - _MOST // 2), min(stop, middle + _MOST // 2)


def _counted(
    kind: int,
    mails: int,
    readers: Iterable[int],
    senders: Iterable[int],
    urls: Iterable[int],
    organisations: Sequence[str],
    protected: Sequence[bool],
    marked: int,
) -> Reach:
    owners = set(readers)
    people = [owner for owner in owners if protected[owner]]
    everybody = len(protected)
    return Reach(
        kind=KINDS[kind],
        people=len(people),
        organisations=len({organisations[owner] for owner in people}),
        outsiders=len(owners) - len(people),
        mails=mails,
        senders=len(set(senders)),
        addresses=len({*urls} - {0}),
        chance=_at_least(len(people), len(owners), marked, everybody) if marked < everybody else 1.0,
    )


class _Readers:
    """Whose mail was read, by number."""

    __slots__ = ("marked", "numbers", "organisations", "protected")

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.organisations: list[str] = []
        self.protected: list[bool] = []
        self.marked = 0

    def number(self, name: str, owner: Owner) -> int:
        number = self.numbers.get(name)
        if number is None:
            number = self.numbers[name] = len(self.numbers)
            self.organisations.append(owner.organisation or name)
            self.protected.append(owner.protected)
            self.marked += owner.protected
        return number


_Entry = tuple[float, int, int, int]  # time, reader, sender, URL (0: no such call)


def _entries(mail: Observed, owner: Owner, readers: _Readers) -> tuple[_Entry, list[tuple[int, int]]] | None:
    """What a mail adds, and under which keys; None for what counts for nothing: the owner's own, and undated mail."""
    at = moment(mail)
    name = owner_key(owner)
    if at is None or not name or mail.outgoing or mail.sender.address in owner.addresses:
        return None
    number = readers.number(name, owner)
    _, strangers, own = split_callbacks(mail) if mail.beacons else ((), (), ())
    calls = (*strangers, *own)
    shown = next((b for b in calls if not out_of_sight(b)), calls[0] if calls else None)
    url = digest(shown.url) if shown is not None else 0
    return (at, number, digest(mail.sender.address), url), _keys(mail, strangers, own)


class GrowingFanout:
    """The same index for mail that arrives: it grows mail by mail, and forgets what is older than the window.

    It answers as `Fanout` does where both have seen the same mails of the last days.
    """

    __slots__ = ("_kinds", "_latest", "_readers", "_swept")

    def __init__(self) -> None:
        self._kinds: tuple[dict[int, list[_Entry]], ...] = tuple({} for _ in KINDS)
        self._readers = _Readers()
        self._latest = self._swept = 0.0

    def add(self, mail: Observed, owner: Owner) -> None:
        """Takes in one mail as it lies in this owner's mailbox, before it is asked about."""
        found = _entries(mail, owner, self._readers)
        if found is None:
            return
        entry, keys = found
        for kind, key in keys:
            insort(self._kinds[kind].setdefault(key, []), entry)
        self._latest = max(self._latest, entry[0])
        if self._latest - self._swept > _SWEEP_S:
            self._sweep()

    @property
    def size(self) -> int:
        """How many entries are held."""
        return sum(len(entries) for kind in self._kinds for entries in kind.values())

    def _sweep(self) -> None:
        self._swept = self._latest
        oldest = (self._latest - WINDOW_S, 0, 0, 0)
        for kind in self._kinds:
            for key, entries in list(kind.items()):
                del entries[: bisect_left(entries, oldest)]
                if not entries:
                    del kind[key]

    def reaches(
        self, mail: Observed, strangers: Sequence[Beacon], own: Sequence[Beacon]
    ) -> tuple[Reach, ...]:
        """As `Fanout.reaches`."""
        at = moment(mail)
        if at is None:
            return ()
        found = []
        for kind, key in _keys(mail, strangers, own):
            entries = self._kinds[kind].get(key, [])
            if _is_shared(entries, by_sender=kind in _BY_SENDER):
                found.append(self._reach(kind, entries, at))
        return tuple(found)

    def _reach(self, kind: int, entries: list[_Entry], at: float) -> Reach:
        start = bisect_left(entries, (at - WINDOW_S, 0, 0, 0))
        stop = bisect_left(entries, (at + WINDOW_S, 0, 0, 0), start)
        mails = stop - start
        if mails > _MOST:
            start, stop = _nearest([entry[0] for entry in entries], at, start, stop)
        near = entries[start:stop]
        readers = self._readers
        return _counted(
            kind,
            mails,
            (entry[1] for entry in near),
            (entry[2] for entry in near),
            (entry[3] for entry in near),
            readers.organisations,
            readers.protected,
            readers.marked,
        )


def _is_shared(entries: Sequence[_Entry], by_sender: bool) -> bool:
    if len(entries) < 2:
        return False
    _, reader, sender, _ = entries[0]
    return any(entry[1] != reader or (by_sender and entry[2] != sender) for entry in entries)


class FanoutBuilder:
    """Gathers what mails share; about 100 bytes a mail while it grows."""

    def __init__(self) -> None:
        self._rows = tuple(_Rows() for _ in KINDS)
        self._readers = _Readers()

    def add(self, mail: Observed, owner: Owner) -> None:
        """Takes in one mail as it lies in this owner's mailbox; the owner's own mail counts for nothing."""
        found = _entries(mail, owner, self._readers)
        if found is None:
            return
        (at, number, sender, url), keys = found
        for kind, key in keys:
            rows = self._rows[kind]
            rows.keys.append(key)
            rows.times.append(at)
            rows.owners.append(number)
            rows.senders.append(sender)
            rows.urls.append(url)

    def freeze(self) -> Fanout:
        """The index over everything added so far; the builder is empty afterwards."""
        spans: list[dict[int, tuple[int, int]]] = []
        kept: list[_Rows] = []
        lone = len(self._readers.numbers) < 2
        for kind, rows in enumerate(self._rows):
            span, keep = (
                ({}, _Rows())
                if lone and kind not in _BY_SENDER
                else _grouped(rows, by_sender=kind in _BY_SENDER)
            )
            spans.append(span)
            kept.append(keep)
        readers = self._readers
        fanout = Fanout(
            tuple(spans),
            tuple(kept),
            readers.numbers,
            tuple(readers.organisations),
            tuple(readers.protected),
        )
        self.__init__()  # type: ignore[misc]
        return fanout


def _grouped(rows: _Rows, by_sender: bool) -> tuple[dict[int, tuple[int, int]], _Rows]:
    """Rows sorted by key and time, without those that nobody shares, and where each key's rows lie."""
    order = sorted(range(len(rows.keys)), key=rows.times.__getitem__)
    order.sort(key=rows.keys.__getitem__)
    spans: dict[int, tuple[int, int]] = {}
    keep = _Rows()
    start = 0
    while start < len(order):
        key = rows.keys[order[start]]
        stop = start + 1
        while stop < len(order) and rows.keys[order[stop]] == key:
            stop += 1
        if stop - start > 1:
            group = order[start:stop]
            first = group[0]
            shared = any(rows.owners[i] != rows.owners[first] for i in group) or (
                by_sender and any(rows.senders[i] != rows.senders[first] for i in group)
            )
            if shared:
                spans[key] = (len(keep.times), len(keep.times) + len(group))
                keep.times.extend(rows.times[i] for i in group)
                keep.owners.extend(rows.owners[i] for i in group)
                keep.senders.extend(rows.senders[i] for i in group)
                keep.urls.extend(rows.urls[i] for i in group)
        start = stop
    return spans, keep
