"""What a store holds, counted for whoever keeps it."""

from __future__ import annotations

import msgspec


class Holding(msgspec.Struct, frozen=True):
    """A store at one moment.

    `owners` are addresses with how many mails are kept of each; times are Unix seconds UTC. `expired` counts records
    past their period, which the next `store expire` removes. `bytes` is the size on disk, -1 where a server has it.
    """

    url: str
    encrypted: bool
    exercise: bool
    key: str  # where it lies, "" for a store without
    bytes: int
    mails: int
    owners: tuple[tuple[str, int], ...]
    first_s: float | None
    last_s: float | None
    alerts: int
    verdict_versions: int
    raw: int
    sources: int
    indicators: int
    hits: int
    campaigns: int
    incidents: int
    audit_entries: int
    expired: int
    retention_days: int
    retention_alert_days: int
