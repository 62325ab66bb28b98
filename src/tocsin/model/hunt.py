"""What a hunt tells: which intelligence met which mail of whom, and what of it is new."""

from __future__ import annotations

import msgspec

from tocsin.model.intel import Hit, Indicator, IntelSource


class HuntHit(msgspec.Struct, frozen=True):
    """A hit with what people want to know beside it; `new` tells that the store did not have it yet."""

    hit: Hit
    indicator: Indicator
    source: IntelSource | None
    sha256: str
    message_id: str
    person: str
    subject: str
    sender: str
    time_s: float | None
    new: bool
    exercise: bool = False


class Person(msgspec.Struct):
    """What of one indicator reached one person; times are Unix seconds, None where no mail has a usable one."""

    address: str
    mails: int = 0
    new: int = 0
    first_s: float | None = None
    last_s: float | None = None
    match: str = ""
    seen: str = ""
    where: str = ""


class Touched(msgspec.Struct):
    """One indicator that met mail: how many mails, of whom, and what kept it from alarming (excuse: mails)."""

    indicator: Indicator
    source: IntelSource | None
    mails: int = 0
    new: int = 0
    alarms: int = 0
    new_alarms: int = 0
    first_s: float | None = None
    last_s: float | None = None
    people: dict[str, Person] = {}
    excuses: dict[str, int] = {}


class HuntResult(msgspec.Struct):
    """What a hunt found, by indicator in the order found; counts are of hits (one indicator in one mail).

    `problems` are indicators that could not be searched for, each with the reason.
    """

    touched: dict[str, Touched] = {}
    indicators: int = 0
    mails: int = 0
    hits: int = 0
    new: int = 0
    alarms: int = 0
    new_alarms: int = 0
    problems: list[tuple[str, str]] = []
    now_s: float = 0.0
    exercise: bool = False
