"""Judged mails and errors as JSON objects, one a line; schemas in docs/schemas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.message import Defect
from tocsin.model.observation import Beacon, Content, Observation, Sender
from tocsin.model.scan import Judged, Queued
from tocsin.model.source import ReadError
from tocsin.model.stored import VerdictVersion
from tocsin.model.verdict import Verdict

MAIL_SCHEMA = "tocsin.mail/1"
ERROR_SCHEMA = "tocsin.error/1"
EXPLANATION_SCHEMA = "tocsin.explanation/1"
QUEUE_SCHEMA = "tocsin.queue/1"


class MailRecord(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """One mail judged for one owner, as scripts read it.

    `earlier` tells that the store kept it before, and that it alarms now and did not before.
    """

    schema: str
    source: str
    sha256: str
    fingerprint: str
    occurrences: tuple[str, ...]
    owner: str
    message_id: str
    date: str | None
    arrival: str | None
    from_: str
    from_name: str
    to: tuple[str, ...]
    subject: str
    verdict: Verdict
    beacons: tuple[Beacon, ...]
    defects: tuple[Defect, ...]
    exercise: bool
    earlier: bool = False


class ErrorRecord(msgspec.Struct, frozen=True):
    """A place that could not be read."""

    schema: str
    code: str
    source: str
    text: str
    offset: int | None


class VersionRecord(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    """One version of a verdict; `gained` and `lost` are detectors that speak, or do no more, since the one before."""

    version: int
    at: str | None
    reason: str
    because: str
    class_: str
    likelihood: float
    band: str
    alert: bool
    indicator: bool
    partial: bool
    rules: str
    intelligence: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


class FullRecord(msgspec.Struct, frozen=True):
    """Everything known about one mail, for `explain --json`.

    `history` has the versions of its verdict where a store keeps the mail; `partial` tells that the verdict was made
    without the mail itself.
    """

    schema: str
    mail: MailRecord
    sender: Sender
    content: Content
    observations: tuple[Observation, ...]
    mailbox: str
    folder: str
    flags: str
    size: int
    history: tuple[VersionRecord, ...] = ()
    partial: bool = False


class QueueRecord(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    """One case of the queue: mails that seem to come from one hand, the first the likeliest.

    Printed after the mails where an alert budget was given; `within_budget` tells which cases it has room for.
    """

    schema: str
    rank: int
    within_budget: bool
    class_: str
    likelihood: float
    alert: bool
    indicator: bool
    sha256: str
    members: tuple[str, ...]
    alerts: int
    people: tuple[str, ...]
    first_seen: str | None
    last_seen: str | None


def rfc3339(time_s: float | None) -> str | None:
    """Unix seconds as RFC 3339 in UTC; None where unknown or outside the years 1 to 9999."""
    if time_s is None:
        return None
    try:
        return datetime.fromtimestamp(time_s // 1, UTC).isoformat()[:19] + "Z"
    except (ValueError, OverflowError, OSError):
        return None


def mail_record(judged: Judged) -> MailRecord:
    """The published form of a judged mail."""
    mail = judged.observed
    return MailRecord(
        MAIL_SCHEMA,
        mail.source,
        mail.sha256,
        mail.fingerprint,
        judged.occurrences,
        judged.owner,
        mail.message_id,
        rfc3339(mail.date_s),
        rfc3339(mail.arrival_s),
        mail.sender.address,
        mail.sender.name,
        mail.to,
        mail.subject,
        judged.verdict,
        mail.beacons,
        mail.defects,
        mail.exercise,
        judged.earlier,
    )


def full_record(judged: Judged, history: Sequence[VerdictVersion] = ()) -> FullRecord:
    """Everything that was observed, beside the published form."""
    mail = judged.observed
    return FullRecord(
        EXPLANATION_SCHEMA,
        mail_record(judged),
        mail.sender,
        mail.content,
        mail.observations,
        mail.mailbox,
        mail.folder,
        mail.flags,
        mail.size,
        version_records(history),
        bool(history) and history[-1].partial,
    )


def version_records(history: Sequence[VerdictVersion]) -> tuple[VersionRecord, ...]:
    """The published form of all versions, the first one first."""
    before: set[str] = set()
    found = []
    for one in history:
        verdict = one.verdict
        speaking = _speaking(verdict)
        found.append(
            VersionRecord(
                one.version,
                rfc3339(one.at_s),
                one.reason,
                one.because,
                verdict.class_,
                verdict.likelihood,
                verdict.band,
                verdict.alert,
                verdict.indicator,
                one.partial,
                verdict.rules,
                one.intelligence,
                tuple(sorted(speaking - before)),
                tuple(sorted(before - speaking)),
            )
        )
        before = speaking
    return tuple(found)


def _speaking(verdict: Verdict) -> set[str]:
    return {reason.detector for reason in (*verdict.for_, *verdict.against)}


def json_line(judged: Judged) -> bytes:
    """One mail as a line of JSON, line end included."""
    return plain_json(mail_record(judged)) + b"\n"


def error_line(error: ReadError) -> bytes:
    """One unreadable place as a line of JSON, line end included."""
    record = ErrorRecord(ERROR_SCHEMA, error.code, error.source, error.text, error.offset)
    return plain_json(record) + b"\n"


def queue_line(entry: Queued) -> bytes:
    """One case of the queue as a line of JSON, line end included."""
    record = QueueRecord(
        QUEUE_SCHEMA,
        entry.rank,
        entry.within_budget,
        entry.class_,
        entry.likelihood,
        entry.alert,
        entry.indicator,
        entry.sha256,
        entry.members,
        entry.alerts,
        entry.people,
        rfc3339(entry.first_s),
        rfc3339(entry.last_s),
    )
    return plain_json(record) + b"\n"


def full_line(judged: Judged, history: Sequence[VerdictVersion] = ()) -> bytes:
    """Everything about one mail as a line of JSON, line end included."""
    return plain_json(full_record(judged, history)) + b"\n"
