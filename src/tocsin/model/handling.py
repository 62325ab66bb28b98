"""What is done with mail that arrives, for whom."""

from __future__ import annotations

import msgspec

from tocsin.model.defused import Policy

ACTIONS = ("pass", "tag", "defuse", "quarantine")  # from the mildest to the strictest


class Handling(msgspec.Struct, frozen=True):
    """What is done with one person's mail, by what it was found to be; values are of ACTIONS.

    `alert` is mail that alarms, `tracked` other mail that would phone home on receipt, opening, reply or print, `other`
    the rest. `unread` is mail that could not be looked into in full, or in time: "" stands for the strictest of the
    three before. `signed` is mail that would be defused and carries a signature that verifies to no anchor of the
    operator's: "defuse" or "quarantine". `defusing` says how mail is defused.
    """

    alert: str = "defuse"
    tracked: str = "tag"
    other: str = "tag"
    unread: str = ""
    signed: str = "defuse"
    defusing: Policy = Policy()


class Rule(msgspec.Struct, frozen=True):
    """The handling of some recipients: addresses, or domains written as "@example.org" (their sub-domains not)."""

    recipients: tuple[str, ...]
    handling: Handling


class Handlings(msgspec.Struct, frozen=True):
    """The operator's policy: an address of its own goes before its domain, and that before the default."""

    default: Handling = Handling()
    rules: tuple[Rule, ...] = ()
    source: str = ""
