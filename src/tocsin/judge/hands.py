"""Which mails one hand sent, and how many of them would alarm whatever else was known.

A campaign's mails are rarely equally plain: one comes with every sign, the next to a reader who knows the sender's
name. What one gives away holds for the rest. Each mail is first judged by itself, without any history, so that the
answer does not hang on the order in which mails are read.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tocsin.judge.fanout import digest
from tocsin.mail.callbacks import out_of_sight, split_callbacks
from tocsin.model.catalogue import Catalogue
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.observe.vendors import hosting_group

MOST_KEPT = 16  # mails a mark; nobody asks how many more there are
# Where fewer of the mails alarm, the host or address serves others as well, or its one alarm was wrong.
LEAST_SHARE = 1 / 3
_MOST_MARKS = 12  # of one mail
_MOST_HANDS = 200_000  # marks of alarms that are remembered; more are no longer campaigns

# The log odds of reconnaissance, in nats, of a mail by itself in this owner's mailbox.
Alone = Callable[[Observed, Owner], float]


class Company(msgspec.Struct, frozen=True, gc=False):
    """Other mails of the hand that sent this one: `mails` (1 to 15) of them alarm by themselves and share its `kind`,
    which is "host" (telling calls go to one host, nobody's service), "address" or "reply" (where answers go). Of all
    mails with that mark a third alarm at least.
    """

    kind: str
    mails: int


class _Alarms(msgspec.Struct, frozen=True, gc=False):
    """The alarms under one mark: how often, a mail in two mailboxes counted twice, and the digests of some mails."""

    times: int = 0
    mails: tuple[int, ...] = ()

    def with_one(self, mail: int) -> _Alarms:
        mails = self.mails
        if mail not in mails:
            # the smallest are kept: which they are does not hang on the order
            mails = tuple(sorted((*mails, mail)))[:MOST_KEPT]
        return _Alarms(self.times + 1, mails)


_NO_ALARMS = _Alarms()


class Hands:
    """Gathers the mails that alarm by themselves, and answers which others share a mark with them.

    Mails are told apart by their bytes: a copy in another mailbox is no second mail. It can be asked at any time, and
    then tells of what was taken in until then.
    """

    __slots__ = ("_alone", "_catalogue", "_counts", "_marked")

    def __init__(self, alone: Alone | None = None, catalogue: Catalogue | None = None) -> None:
        """Without `alone` nothing is gathered; `catalogue` names the hosts that anybody can rent."""
        self._alone = alone
        self._catalogue = catalogue
        self._counts: dict[int, int] = {}  # mark -> how many mails bear it, in all mailboxes
        self._marked: dict[int, _Alarms] = {}

    def add(self, mail: Observed, owner: Owner) -> None:
        """Takes in one mail as it lies in this owner's mailbox, in any order."""
        if self._alone is None or not _calls_somebody(mail):
            return
        marks = [mark for _, mark in self._marks(mail)]
        for mark in marks:
            self._counts[mark] = self._counts.get(mark, 0) + 1
        if self._alone(mail, owner) < 0:
            return
        mail_digest = digest(mail.sha256)
        for mark in marks:
            found = self._marked.get(mark, _NO_ALARMS)
            if found is not _NO_ALARMS or len(self._marked) < _MOST_HANDS:
                self._marked[mark] = found.with_one(mail_digest)

    def company(self, mail: Observed) -> Company | None:
        """The other mails that share most; None for none."""
        if not self._marked:
            return None
        best: Company | None = None
        own = digest(mail.sha256)
        for kind, mark in self._marks(mail):
            found = self._marked.get(mark)
            if found is None or found.times < LEAST_SHARE * self._counts[mark]:
                continue
            others = [one for one in found.mails if one != own][: MOST_KEPT - 1]
            if others and (best is None or len(others) > best.mails):
                best = Company(kind, len(others))
        return best

    def _marks(self, mail: Observed) -> list[tuple[str, int]]:
        """What mails of one hand share, as (kind, hash), the most telling first."""
        _, strangers, own = split_callbacks(mail)
        telling = (b.host for b in (*strangers, *own) if out_of_sight(b) or b.personal is not None)
        marks = [
            ("host", digest(f"h {host}")) for host in dict.fromkeys(telling) if not self._is_rented(host)
        ]
        sender = mail.sender
        if sender.address and not mail.headers_missing and not mail.content.forwarded_inline:
            # Who forges an address writes beside the one whom it belongs to: the return path parts them.
            marks.append(("address", digest(f"a {sender.address} {sender.return_site}")))
        if sender.reply_to and sender.reply_to != sender.address:
            marks.append(("reply", digest(f"r {sender.reply_to}")))
        return marks[:_MOST_MARKS]

    def _is_rented(self, host: str) -> bool:
        """Whether strangers share the host; a name of dynamic DNS is one customer's."""
        if self._catalogue is None:
            return False
        return hosting_group(self._catalogue, host) not in (None, "dynamic-dns")


def _calls_somebody(mail: Observed) -> bool:
    return any(beacon.trigger != "click" and beacon.vendor is None and beacon.host for beacon in mail.beacons)
