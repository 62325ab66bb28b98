"""How far one mail reached: the same sender, beacon, text or template in other people's mailboxes.

Copies reach their readers minutes or days apart, so a mail's reach is only known once every mailbox has been
read: `FanoutBuilder` gathers it in a first sweep, `Fanout` answers in the second.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import msgspec

from tocsin.judge.families import template_of
from tocsin.judge.traits import is_plain
from tocsin.mail.callbacks import out_of_sight, split_callbacks
from tocsin.model.observation import Beacon, Observed
from tocsin.model.people import Owner

WINDOW_S = 14 * 86_400
KINDS = ("beacon", "sender", "text", "template")
# Kinds that tell something within one mailbox as well, where different senders share them.
BY_SENDER = (0, 3)
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


def shared_keys(mail: Observed, strangers: Sequence[Beacon], own: Sequence[Beacon]) -> list[tuple[int, int]]:
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


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What one mail adds to an index: when it came, digests of its sender and of a call (0: none), and its keys."""

    at_s: float
    sender: int
    url: int
    keys: list[tuple[int, int]]


def entry_of(mail: Observed, owner: Owner) -> Entry | None:
    """What this mail adds; None for what counts for nothing: the owner's own mail, and mail without a date."""
    at = moment(mail)
    if at is None or not owner_key(owner) or mail.outgoing or mail.sender.address in owner.addresses:
        return None
    _, strangers, own = split_callbacks(mail) if mail.beacons else ((), (), ())
    calls = (*strangers, *own)
    shown = next((b for b in calls if not out_of_sight(b)), calls[0] if calls else None)
    url = digest(shown.url) if shown is not None else 0
    return Entry(at, digest(mail.sender.address), url, shared_keys(mail, strangers, own))


class Readers:
    """Everybody whose mail was read, numbered as they come."""

    __slots__ = ("marked", "numbers", "organisations", "protected")

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.organisations: list[str] = []
        self.protected: list[bool] = []
        self.marked = 0  # how many are protected

    def number(self, owner: Owner) -> int:
        """The number of this reader, a new one the first time."""
        name = owner_key(owner)
        number = self.numbers.get(name)
        if number is None:
            number = self.numbers[name] = len(self.numbers)
            self.organisations.append(owner.organisation or name)
            self.protected.append(owner.protected)
            self.marked += owner.protected
        return number


class Rows:
    """Entries, column by column; in order of time where they are asked about."""

    __slots__ = ("keys", "owners", "senders", "times", "urls")

    def __init__(self) -> None:
        self.keys = array("Q")
        self.times = array("d")
        self.owners = array("L")
        self.senders = array("Q")
        self.urls = array("Q")  # 0: no such call


def reach_of(kind: int, rows: Rows, at: float, span: tuple[int, int], readers: Readers) -> Reach:
    """What the rows of this span that lie around a time say."""
    start = bisect_left(rows.times, at - WINDOW_S, *span)
    stop = bisect_left(rows.times, at + WINDOW_S, start, span[1])
    mails = stop - start
    if mails > _MOST:
        middle = bisect_left(rows.times, at, start, stop)
        start, stop = max(start, middle - _MOST // 2), min(stop, middle + _MOST // 2)
    owners = set(rows.owners[start:stop])
    people = [owner for owner in owners if readers.protected[owner]]
    everybody, marked = len(readers.protected), readers.marked
    return Reach(
        kind=KINDS[kind],
        people=len(people),
        organisations=len({readers.organisations[owner] for owner in people}),
        outsiders=len(owners) - len(people),
        mails=mails,
        senders=len(set(rows.senders[start:stop])),
        addresses=len({*rows.urls[start:stop]} - {0}),
        chance=_at_least(len(people), len(owners), marked, everybody) if marked < everybody else 1.0,
    )


class Fanout:
    """The frozen index; it holds only what more than one owner or, for beacons, more than one sender
    shares.
    """

    __slots__ = ("_readers", "_rows", "_spans")

    def __init__(
        self,
        spans: tuple[dict[int, tuple[int, int]], ...] = (),
        rows: tuple[Rows, ...] = (),
        readers: Readers | None = None,
    ) -> None:
        self._spans = spans
        self._rows = rows
        self._readers = readers or Readers()

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
        for kind, key in shared_keys(mail, strangers, own):
            span = self._spans[kind].get(key)
            if span is not None:
                found.append(reach_of(kind, self._rows[kind], at, span, self._readers))
        return tuple(found)


class FanoutBuilder:
    """Gathers what mails share; about 100 bytes a mail while it grows."""

    def __init__(self) -> None:
        self._rows = tuple(Rows() for _ in KINDS)
        self._readers = Readers()

    def add(self, mail: Observed, owner: Owner) -> None:
        """Takes in one mail as it lies in this owner's mailbox; the owner's own mail counts for nothing."""
        entry = entry_of(mail, owner)
        if entry is None:
            return
        number = self._readers.number(owner)
        for kind, key in entry.keys:
            rows = self._rows[kind]
            rows.keys.append(key)
            rows.times.append(entry.at_s)
            rows.owners.append(number)
            rows.senders.append(entry.sender)
            rows.urls.append(entry.url)

    def freeze(self) -> Fanout:
        """The index over everything added so far; the builder is empty afterwards."""
        spans: list[dict[int, tuple[int, int]]] = []
        kept: list[Rows] = []
        lone = len(self._readers.numbers) < 2
        for kind, rows in enumerate(self._rows):
            span, keep = (
                ({}, Rows())
                if lone and kind not in BY_SENDER
                else _grouped(rows, by_sender=kind in BY_SENDER)
            )
            spans.append(span)
            kept.append(keep)
        fanout = Fanout(tuple(spans), tuple(kept), self._readers)
        self.__init__()  # type: ignore[misc]
        return fanout


def _grouped(rows: Rows, by_sender: bool) -> tuple[dict[int, tuple[int, int]], Rows]:
    """Rows sorted by key and time, without those that nobody shares, and where each key's rows lie."""
    order = sorted(range(len(rows.keys)), key=rows.times.__getitem__)
    order.sort(key=rows.keys.__getitem__)
    spans: dict[int, tuple[int, int]] = {}
    keep = Rows()
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
