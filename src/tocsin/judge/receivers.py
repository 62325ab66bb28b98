"""Whose Authentication-Results a mailbox can believe, learnt from the mailbox where the operator names nobody.

By its place alone a record can be forged: a sender writes one in any server's name where the receiver writes none and
strips none. A mailbox's own servers are those that vouch for the bulk of its mail, over a week or more: to be learnt, a
forger would have to send a tenth of all mail on seven different days.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tocsin.judge.fanout import moment, owner_key
from tocsin.mail.url import site_of
from tocsin.model.observation import Observation, Observed, Sender
from tocsin.model.people import Owner

LEAST_MAILS = 20  # of one receiver
LEAST_DAYS = 7
LEAST_SHARE = 0.1  # of the mails with a record; people change providers, and forward from one to another
LEAST_TOGETHER = 0.6  # that all learnt ones vouch for: else the mailbox is a collection, not a person's
_DAY_S = 86_400
_NOBODY: frozenset[str] = frozenset()

# By owner (`fanout.owner_key`) the sites of the receivers that were learnt.
Receivers = dict[str, frozenset[str]]


class _Count:
    __slots__ = ("days", "mails")

    def __init__(self) -> None:
        self.mails = 0
        self.days: set[int] = set()


class ReceiversBuilder:
    """Takes in every mail once, in any order; `freeze` gives what was learnt."""

    def __init__(self) -> None:
        self._owners: dict[str, dict[str, _Count]] = {}

    def add(self, mail: Observed, owner: Owner) -> None:
        """Counts the receiver that recorded results for this mail; own and sent mail tells nothing."""
        if mail.outgoing or not _has_record(mail.sender):
            return
        counts = self._owners.setdefault(owner_key(owner), {})
        count = counts.setdefault(receiver_of(mail.sender), _Count())
        count.mails += 1
        at = moment(mail)
        if at is not None and len(count.days) < LEAST_DAYS:
            count.days.add(int(at // _DAY_S))

    def freeze(self) -> Receivers:
        """What was learnt; nothing for owners with too little mail, or with mail of too many receivers."""
        return {name: learnt for name, counts in self._owners.items() if name and (learnt := _learnt(counts))}


class GrowingReceivers(ReceiversBuilder):
    """What is learnt while mail is taken in, by owner; with many receivers it may be some mails behind."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, tuple[int, frozenset[str]]] = {}  # for how many more questions it holds

    def get(self, name: str, /) -> frozenset[str] | None:
        """The receivers of this owner's mail, None where nothing is learnt."""
        counts = self._owners.get(name)
        if not name or counts is None:
            return None
        left, learnt = self._known.get(name, (0, _NOBODY))
        if left <= 0:
            left, learnt = 1 + len(counts) // 8, _learnt(counts)
        self._known[name] = (left - 1, learnt)
        return learnt or None


def _learnt(counts: dict[str, _Count]) -> frozenset[str]:
    total = sum(count.mails for count in counts.values())
    usual = {
        receiver: count.mails
        for receiver, count in counts.items()
        if count.mails >= max(LEAST_MAILS, LEAST_SHARE * total) and len(count.days) >= LEAST_DAYS
    }
    return frozenset(usual) if sum(usual.values()) >= LEAST_TOGETHER * total else _NOBODY


def receiver_of(sender: Sender) -> str:
    """The site of the server that recorded the results: a provider has many servers; "" where none is named."""
    server = sender.authserv_id
    return site_of(server) if "." in server else server


def _has_record(sender: Sender) -> bool:
    return sender.verified_by != "records" and bool(sender.dmarc or sender.dkim or sender.spf)


def held_to_receivers(mail: Observed, learnt: frozenset[str] = _NOBODY) -> Observed:
    """The mail without the passes that a server recorded which does not receive this mailbox's mail.

    Failures stay, since nobody forges a failure against himself, and so does what handed-in records bear out; the
    observation "untrusted-receiver" says it. SPF alone without a server (Received-SPF) is left as it is.
    """
    sender = mail.sender
    if not learnt or not _has_record(sender) or receiver_of(sender) in learnt:
        return mail
    if not sender.authserv_id and not sender.dmarc and not sender.dkim:
        return mail
    doubted = [
        method for method, result in _results(sender) if result == "pass" and method not in sender.by_records
    ]
    if not doubted:
        return mail
    held = tuple(o.value for o in mail.observations if o.kind == "signature-holds")
    changes: dict[str, object] = dict.fromkeys(doubted, "")
    if "dkim" in sender.by_records:
        changes["dkim_domains"] = held
    said = Observation(
        "untrusted-receiver",
        f"{sender.authserv_id or 'unnamed'}: {','.join(doubted)}",
        "authentication-results",
    )
    return msgspec.structs.replace(
        mail,
        sender=msgspec.structs.replace(sender, **changes),
        observations=(*mail.observations, said),
    )


def _results(sender: Sender) -> Iterable[tuple[str, str]]:
    return (("spf", sender.spf), ("dkim", sender.dkim), ("dmarc", sender.dmarc), ("arc", sender.arc))
