"""Whose mailbox is it: from people.toml, else learnt from what the mails themselves say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from tocsin.app.spill import Row


class Found(msgspec.Struct, frozen=True):
    """The owner of a mailbox and how that is known: "people", "delivered-to", "recipients", "sender" or ""."""

    address: str
    known_by: str


class _Tally:
    def __init__(self) -> None:
        self.mails = 0
        self.delivered: Counter[str] = Counter()
        self.recipients: Counter[str] = Counter()
        self.senders: Counter[str] = Counter()


# Below this share of a mailbox's mails the most frequent address is not the owner: it is a folder of mails
# that many people handed in, and each mail has its own owner.
_OWNER_SHARE = 0.5


class OwnerLearner:
    """Counts addresses mailbox by mailbox while rows arrive."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        """`aliases` maps every address of people.toml to its person's first address."""
        self._aliases = aliases
        self._tallies: dict[str, _Tally] = {}

    def add(self, row: Row) -> None:
        tally = self._tallies.get(row.mailbox)
        if tally is None:
            tally = self._tallies[row.mailbox] = _Tally()
        tally.mails += 1
        if row.outgoing:
            tally.senders[self._main(row.sender)] += 1
            return
        for address in {self._main(address) for address in row.delivered_to}:
            tally.delivered[address] += 1
        for address in {self._main(address) for address in row.to}:
            tally.recipients[address] += 1
        if row.sender:
            tally.senders[self._main(row.sender)] += 1

    def _main(self, address: str) -> str:
        return self._aliases.get(address, address)

    def learn(self) -> dict[str, Found]:
        """Name the owner of each mailbox seen so far."""
        return {mailbox: self._owner(tally) for mailbox, tally in self._tallies.items()}

    def _owner(self, tally: _Tally) -> Found:
        known = set(self._aliases.values())
        for counts in (tally.delivered, tally.recipients, tally.senders):
            for address, count in counts.most_common(3):
                if address in known and count >= tally.mails * _OWNER_SHARE:
                    return Found(address, "people")
        # A folder of sent mail: one person writes to many.
        (sender, sent), *_ = tally.senders.most_common(1) or [("", 0)]
        if not tally.delivered and tally.mails >= 3 and sent >= tally.mails * 0.8:
            top_recipient = max(tally.recipients.values(), default=0)
            if top_recipient < sent:
                return Found(sender, "sender")
        for counts, how in ((tally.delivered, "delivered-to"), (tally.recipients, "recipients")):
            if counts:
                address, count = _most_common(counts)
                if count >= tally.mails * _OWNER_SHARE or tally.mails < 3:
                    return Found(address, how)
        return Found("", "")


def _most_common(counts: Counter[str]) -> tuple[str, int]:
    # Ties by name, so that the order of mails does not choose the owner.
    return min(counts.items(), key=lambda item: (-item[1], item[0]))


def owner_of(row: Row, owners: Mapping[str, Found], aliases: Mapping[str, str]) -> str:
    """Say for whom one mail is judged: its mailbox's owner, else the person it was delivered to, else "".

    A person of people.toml that the mail was delivered to comes before a mailbox's learnt owner: a help line's
    folder holds the mail of many.
    """
    found = owners.get(row.mailbox)
    if found is not None and found.known_by == "people":
        return found.address
    delivered = [aliases[address] for address in (*row.delivered_to, *row.to) if address in aliases]
    if delivered:
        return delivered[0]
    if row.sender in aliases:
        return aliases[row.sender]
    if found is not None and found.address:
        return found.address
    return _first((*row.delivered_to, *row.to))


def _first(addresses: Iterable[str]) -> str:
    return next(iter(addresses), "")
