"""What becomes of a source of intelligence in a store: what adding it did, and how it stands."""

from __future__ import annotations

import msgspec

from tocsin.model.intel import Hit, Indicator, IntelSource, NotUnderstood
from tocsin.model.stored import MailRow


class Added(msgspec.Struct, frozen=True):
    """What adding or renewing one source did; all are numbers of indicators but `not_understood` and `other`.

    `repeated` stood in the source more than once; `gone` were in it before and are not any more, of which `retired`
    were taken out of force; `shared` are under a warning list. `other` counts by kind what was left out on purpose.
    `problems` are sentences about what could not be read.
    """

    source: IntelSource
    renewed: bool
    added: int
    changed: int
    unchanged: int
    repeated: int = 0
    gone: int = 0
    retired: int = 0
    shared: int = 0
    not_understood: int = 0
    other: dict[str, int] = {}
    problems: tuple[str, ...] = ()


class SourceState(msgspec.Struct, frozen=True):
    """How a source stands: its indicators in force, and those that are not, by the reason.

    `valid` are neither expired, revoked nor under a warning list, and begun; one that is several of these counts for
    the first. `hits` are all its hits, `alarms` those that may alarm; `last_hit_s` is when the last one was found.
    """

    source: IntelSource
    indicators: int
    valid: int
    pending: int
    expired: int
    revoked: int
    shared: int
    hits: int
    alarms: int
    last_hit_s: float | None
    not_understood: tuple[NotUnderstood, ...]
    other: dict[str, int]


class IndicatorState(msgspec.Struct, frozen=True):
    """One indicator, its source (None for one that was removed since), and each hit with the mail it met."""

    indicator: Indicator
    source: IntelSource | None
    hits: tuple[tuple[Hit, MailRow | None], ...]
