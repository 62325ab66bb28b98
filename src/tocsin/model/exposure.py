"""What a mail could have shown its sender about one reader, step by step, and what is not known."""

from __future__ import annotations

import msgspec

# The steps from a mail that was sent to a request that came in; each is asked by itself, none follows from another.
STEPS = ("delivered", "displayed", "could-have-fired", "fetched")
# "no" needs evidence as "yes" does; what nothing shows is "not-known".
ANSWERS = ("yes", "likely", "unlikely", "no", "not-known")
# What a request can carry: the leaks of model.observation, with "opened" for the mere fact that it came.
SHOWN = (
    "address", "opened", "time", "network", "client", "system", "language", "cookies", "resolver", "ntlm", "account",
    "plaintext", "more",
)  # fmt: skip


class Step(msgspec.Struct, frozen=True):
    """One step for one mail: `step` of STEPS, `answer` of ANSWERS.

    `reasons` are keys of sentences with their values, the weightiest first, as in ("flag-seen", ()); `at_s` is when
    it happened as far as evidence tells, None where it does not.
    """

    step: str
    answer: str
    reasons: tuple[tuple[str, tuple[str, ...]], ...] = ()
    at_s: float | None = None


class Leak(msgspec.Struct, frozen=True):
    """One thing that a request would have shown: `what` of SHOWN; `answer` of ANSWERS says how far it may have."""

    what: str
    answer: str
    reasons: tuple[tuple[str, tuple[str, ...]], ...] = ()


class MailExposure(msgspec.Struct, frozen=True):
    """One mail for one person; `steps` are in the order of STEPS, one each.

    `address` is the one it was sent to; `readers` are names of those who read that mailbox beside the person.
    `techniques` are ids of the beacons in it.
    """

    sha256: str
    person: str
    address: str
    sent_s: float | None
    steps: tuple[Step, ...]
    leaks: tuple[Leak, ...] = ()
    techniques: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    subject: str = ""
    sender: str = ""


class Exposure(msgspec.Struct, frozen=True):
    """A campaign (or one mail) and one person: all their mails, the earliest first, and what follows from them.

    `leaks` are, thing by thing, the highest of the mails'; `advice` are keys of what to do now, the most useful first
    (as in "block-pictures", "home-router", "tell-delegates"). `campaign` is "" for a mail by itself.
    """

    person: str
    campaign: str
    mails: tuple[MailExposure, ...]
    leaks: tuple[Leak, ...] = ()
    advice: tuple[str, ...] = ()


class Fetched(msgspec.Struct, frozen=True):
    """A line of a log that was handed in (proxy, firewall, resolver) that asks for a beacon's host or address.

    `url` is "" where the log has a host alone; `client` is whatever the log calls who asked. `place` is file and line.
    `zoned` tells that the log's times name their zone, `let_through` is False for what a proxy refused.
    """

    at_s: float
    host: str
    url: str
    client: str
    place: str
    zoned: bool = True
    let_through: bool = True
