"""What a store holds, counted for whoever keeps it."""

from __future__ import annotations

import msgspec

from tocsin.model.campaign import Member
from tocsin.model.intel import Hit
from tocsin.model.judgement import Telling
from tocsin.model.notice import Notice, NoticeEvent
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.model.stored import AuditEntry, MailRow, VerdictVersion


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


class Held(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a store holds on a person.

    It is what is known of the person, or a mail with all that was drawn from it (`raw` its bytes where they are kept),
    or a campaign with those of its `members` that reached the person, or a look at mail that may have been theirs, or a
    notice that was drafted for them with what became of it, or that they were told.
    """

    person: Owner | None = None
    mail: MailRow | None = None
    occurrences: tuple[str, ...] = ()
    record: Observed | None = None
    verdicts: tuple[VerdictVersion, ...] = ()
    hits: tuple[Hit, ...] = ()
    raw: bytes | None = None
    campaign: str = ""
    members: tuple[Member, ...] = ()
    audit: AuditEntry | None = None
    notice: Notice | None = None
    notice_log: tuple[NoticeEvent, ...] = ()
    telling: Telling | None = None
