"""Targets of a campaign: which mail went to which address, and what a domain's owner is given of it."""

from __future__ import annotations

import msgspec

from tocsin.model.sharing import Left


class SentTo(msgspec.Struct, frozen=True):
    """One mail that was sent to one address of one person.

    `address` is as the mail has it, normalised; `domain` in ASCII. `person` is the owner's first address. `private`
    tells that the address is outside the organisation: no employer is told of it. `number` is the mail's in the store.
    """

    address: str
    domain: str
    person: str
    sha256: str
    message_id: str
    time_s: float | None
    number: int
    private: bool = False


class Targets(msgspec.Struct, frozen=True):
    """All that is known of where a campaign's mails were sent, the earliest first.

    `names` are people's by their first address. `unplaced` counts mails of which it is not known to which of a person's
    addresses they went, `gone` those that the store no longer holds. `known` are all addresses that may not be seen by
    others: those hit, and the other ones of everybody here.
    """

    campaign: str
    sent: tuple[SentTo, ...]
    names: dict[str, str]
    unplaced: int = 0
    gone: int = 0
    known: frozenset[str] = frozenset()
    exercise: bool = False


class DomainOwner(msgspec.Struct, frozen=True):
    """Who answers for some domains and what lies below them; `contact` as written."""

    name: str
    domains: tuple[str, ...]
    contact: str = ""


class TargetShare(msgspec.Struct, frozen=True):
    """What one domain owner is given: mails to addresses of theirs, and nothing about anybody else.

    `left` is for the operator alone: what was left out, and why.
    """

    campaign: str
    owner: DomainOwner
    tlp: str
    made_s: float
    sent: tuple[SentTo, ...]
    left: tuple[Left, ...] = ()
    exercise: bool = False
