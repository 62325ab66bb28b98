"""How a sender wrote to everybody whose mail was read, from its first mail to its last.

One mailbox cannot tell a newsletter that begins from a mailing that came once: only the sweep over all mails knows
what came before and after, and to whom. `MailingsBuilder` gathers it, `Mailings` answers.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import msgspec

from tocsin.judge.fanout import digest, moment, owner_key
from tocsin.mail.url import site_of
from tocsin.model.observation import Observed
from tocsin.model.people import Owner

_DAY_S = 86_400
ENOUGH = 50  # readers of strangers' mail below which no share is taken of them
READ_DAYS = 21  # how long a mailbox must have been read before a sender, and after, for its silence to count
_BURST_S = 4 * _DAY_S  # mails closer than this came in one go
_FEW = 2  # newsletters come more often than this


class Mailing(msgspec.Struct, frozen=True, gc=False):
    """All mail of one sender (its site, or its address at a host that anybody can join), in every mailbox.

    `people`, of `organisations`, are the protected readers; `outsiders` the others. `private` counts the protected
    ones reached at an address that is found nowhere in public; `chance` (0..1) is how likely so many, or more, of
    those who have one would be reached there by a sender like all others that nobody wrote to, 1 where too little
    mail was read to say. Its mails came in `bursts` with days between them.
    `unheard` counts the readers whose mail had been read for `READ_DAYS` before the sender's first mail, `silent`
    those whose mail was read for as long after its last. `answered`: some reader wrote to the sender's site.
    """

    people: int = 0
    organisations: int = 0
    outsiders: int = 0
    private: int = 0
    chance: float = 1.0
    bursts: int = 0
    unheard: int = 0
    silent: int = 0
    answered: bool = False

    @property
    def sudden(self) -> bool:
        """Whether it came to protected people of several organisations and to nobody else, once or twice, nobody
        having heard of it before nor written to it; False where too little was read to say so.
        """
        return (
            self.people >= 3
            and self.organisations >= 2
            and not self.outsiders
            and self.bursts <= _FEW
            and self.unheard * 2 > self.people
            and not self.answered
        )

    @property
    def over(self) -> bool:
        """Whether most readers' mail was read for long enough after the last mail to say that no more came."""
        return self.silent * 2 > self.people


class Mailings:
    """The frozen look-up; it holds only what reached more than one reader."""

    __slots__ = ("_found",)

    def __init__(self, found: dict[int, Mailing] | None = None) -> None:
        self._found = found or {}

    def of(self, mail: Observed) -> Mailing | None:
        """What this mail's sender wrote to everybody; None where a single reader got it."""
        return self._found.get(_key(mail)) if self._found else None


class _Box(msgspec.Struct, gc=False):
    """What was read of one owner's mail: Unix times of the first and last mail that came."""

    organisation: str
    protected: bool
    hidden: bool  # some of the owner's addresses are found nowhere in public
    first_s: float
    last_s: float


class MailingsBuilder:
    """Gathers who wrote to whom, and when; about 21 bytes a mail while it grows."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._boxes: list[_Box] = []
        self._keys = array("Q")
        self._times = array("d")
        self._owners = array("L")
        self._private = array("B")
        self._written: set[int] = set()  # whom the owners wrote to, as keys

    def add(self, mail: Observed, owner: Owner) -> None:
        """Takes in one mail as it lies in this owner's mailbox."""
        at = moment(mail)
        name = owner_key(owner)
        if at is None or not name:
            return
        if is_sent(mail, owner):
            self._written.update(written_to(mail))
            return
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._boxes)
            self._boxes.append(_box(owner, at))
        box = self._boxes[number]
        box.first_s, box.last_s = min(box.first_s, at), max(box.last_s, at)
        key = _key(mail)
        if not key:
            return
        self._keys.append(key)
        self._times.append(at)
        self._owners.append(number)
        self._private.append(_is_private(mail, owner))

    def freeze(self) -> Mailings:
        """What was found; the builder is empty afterwards."""
        order = sorted(range(len(self._keys)), key=self._times.__getitem__)
        order.sort(key=self._keys.__getitem__)
        groups: dict[int, range] = {}
        start = hidden = private = 0
        while start < len(order):
            key = self._keys[order[start]]
            stop = start + 1
            while stop < len(order) and self._keys[order[stop]] == key:
                stop += 1
            if key not in self._written:
                of_those, reached = self._privately(order[start:stop])
                hidden, private = hidden + of_those, private + reached
            if any(self._owners[order[at]] != self._owners[order[start]] for at in range(start + 1, stop)):
                groups[key] = range(start, stop)
            start = stop
        share = (private + 1) / (hidden + 2) if hidden >= ENOUGH else 1.0
        found = {
            key: self._mailing(key, order[rows.start : rows.stop], share) for key, rows in groups.items()
        }
        self.__init__()  # type: ignore[misc]
        return Mailings(found)

    def _privately(self, group: Sequence[int]) -> tuple[int, int]:
        """How many protected readers of these rows have addresses that are not public, and were reached there."""
        boxes = self._boxes
        owners = {
            number for i in group if boxes[number := self._owners[i]].hidden and boxes[number].protected
        }
        return len(owners), len({self._owners[i] for i in group if self._private[i]} & owners)

    def _mailing(self, key: int, group: Sequence[int], share: float) -> Mailing:
        """`group` are the numbers of all rows of this key, in order of time; `share` of those who have addresses that
        are not public are reached there by any sender.
        """
        boxes = [self._boxes[number] for number in {self._owners[i] for i in group}]
        times = [self._times[i] for i in group]
        hidden, private = self._privately(group)
        return _told(
            boxes,
            times[0],
            times[-1],
            bursts=1 + sum(later - earlier > _BURST_S for earlier, later in pairwise(times)),
            hidden=hidden,
            private=private,
            share=share,
            answered=key in self._written,
        )


class _Sender:
    """What one sender wrote so far, to owners by number."""

    __slots__ = ("bursts", "first_s", "hidden", "last_s", "left", "mailing", "others", "owner", "reached")

    def __init__(self, at_s: float, owner: int) -> None:
        self.first_s = self.last_s = at_s
        self.bursts = 1
        self.owner = owner  # the first one, and most often the only one
        self.others: set[int] | None = None
        self.hidden = 0  # readers who have addresses that are not public
        self.reached: tuple[int, ...] = ()  # those of them who were reached there
        self.mailing: Mailing | None = None
        self.left = 0  # for how many more mails it holds

    def came(self, at_s: float) -> None:
        """Count one more mail; those that come out of order count where they lie before all others."""
        if at_s >= self.last_s:
            self.bursts += at_s - self.last_s > _BURST_S
            self.last_s = at_s
        elif at_s < self.first_s:
            self.bursts += self.first_s - at_s > _BURST_S
            self.first_s = at_s

    def owners(self) -> set[int]:
        return {self.owner, *(self.others or ())}

    def is_new(self, owner: int) -> bool:
        return owner != self.owner and (self.others is None or owner not in self.others)


class GrowingMailings:
    """The same while mail is taken in; what reached many may be a few mails behind."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._boxes: list[_Box] = []
        self._senders: dict[int, _Sender] = {}
        self._written: set[int] = set()
        self._hidden = self._reached = 0  # over all senders that nobody wrote to

    def add(self, mail: Observed, owner: Owner) -> None:
        """Takes in one mail as it lies in this owner's mailbox, best in order of time."""
        at = moment(mail)
        name = owner_key(owner)
        if at is None or not name:
            return
        if is_sent(mail, owner):
            for key in written_to(mail):
                self._write(key)
            return
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._boxes)
            self._boxes.append(_box(owner, at))
        box = self._boxes[number]
        box.first_s, box.last_s = min(box.first_s, at), max(box.last_s, at)
        key = _key(mail)
        if key:
            self._count(key, number, at, private=_is_private(mail, owner))

    def _write(self, key: int) -> None:
        if key in self._written:
            return
        self._written.add(key)
        sender = self._senders.get(key)
        if sender is not None:
            self._hidden -= sender.hidden
            self._reached -= len(sender.reached)
            sender.left = 0

    def _count(self, key: int, number: int, at: float, *, private: bool) -> None:
        sender = self._senders.get(key)
        if sender is None:
            sender = self._senders[key] = _Sender(at, number)
            new = True
        else:
            sender.came(at)
            new = sender.is_new(number)
            if new:
                sender.others = sender.others or set()
                sender.others.add(number)
        sender.left -= 1
        box = self._boxes[number]
        if not (box.hidden and box.protected):
            return
        reached = private and number not in sender.reached
        sender.hidden += new
        if reached:
            sender.reached = (*sender.reached, number)
        if key not in self._written:
            self._hidden += new
            self._reached += reached

    def of(self, mail: Observed) -> Mailing | None:
        """What this mail's sender wrote to everybody; None where a single reader got it."""
        key = _key(mail)
        sender = self._senders.get(key)
        if sender is None or sender.others is None:
            return None
        if sender.mailing is None or sender.left <= 0:
            sender.mailing = self._mailing(key, sender)
            sender.left = len(sender.others) // 32
        return sender.mailing

    def _mailing(self, key: int, sender: _Sender) -> Mailing:
        boxes = [self._boxes[number] for number in sender.owners()]
        share = (self._reached + 1) / (self._hidden + 2) if self._hidden >= ENOUGH else 1.0
        return _told(
            boxes,
            sender.first_s,
            sender.last_s,
            bursts=sender.bursts,
            hidden=sender.hidden,
            private=len(sender.reached),
            share=share,
            answered=key in self._written,
        )


def _told(
    boxes: Sequence[_Box],
    first_s: float,
    last_s: float,
    *,
    bursts: int,
    hidden: int,
    private: int,
    share: float,
    answered: bool,
) -> Mailing:
    people = [box for box in boxes if box.protected]
    margin = READ_DAYS * _DAY_S
    return Mailing(
        people=len(people),
        organisations=len({box.organisation for box in people}),
        outsiders=len(boxes) - len(people),
        private=private,
        chance=_at_least(private, hidden, share),
        bursts=bursts,
        unheard=sum(box.first_s <= first_s - margin for box in people),
        silent=sum(box.last_s >= last_s + margin for box in people),
        answered=answered,
    )


def _box(owner: Owner, at_s: float) -> _Box:
    name = owner.organisation or owner_key(owner)
    return _Box(name, owner.protected, bool(owner.unpublished), at_s, at_s)


def is_sent(mail: Observed, owner: Owner) -> bool:
    """Whether the owner wrote it."""
    return mail.outgoing or mail.sender.address in owner.addresses


def written_to(mail: Observed) -> Iterator[int]:
    """The senders that a mail of the owner's makes known, as keys."""
    for address in mail.to[:100]:
        domain = address.rpartition("@")[2]
        yield digest("l" + address)
        yield digest("l" + domain)
        yield digest("l" + site_of(domain))


def _is_private(mail: Observed, owner: Owner) -> bool:
    """Whether it reached the owner at an address that is found nowhere in public."""
    private = owner.unpublished
    return bool(private) and any(to in private for to in (*mail.delivered_to, *mail.to[:100]))


@lru_cache(maxsize=4096)
def _at_least(found: int, of: int, share: float) -> float:
    """The probability that `found` or more of so many happen, each with the probability `share` (binomial)."""
    if share >= 1.0:
        return 1.0
    term, below = (1.0 - share) ** of, 0.0
    for number in range(found):
        below += term
        term *= (of - number) / (number + 1) * share / (1.0 - share)
    return max(0.0, 1.0 - below)


def _key(mail: Observed) -> int:
    """What all mails of one sender share."""
    sender = mail.sender
    free = any(o.kind == "from-domain-freemail" for o in mail.observations)
    name = sender.address if free or not sender.site else sender.site
    return digest("l" + name) if name else 0
