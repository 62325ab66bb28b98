"""Judged mails and errors as JSON objects, one a line; schemas in docs/schemas."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from tocsin.model.message import Defect
from tocsin.model.observation import Beacon, Content, Observation, Sender
from tocsin.model.scan import Judged, Queued
from tocsin.model.source import ReadError
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


class FullRecord(msgspec.Struct, frozen=True):
    """Everything known about one mail, for `explain --json`."""

    schema: str
    mail: MailRecord
    sender: Sender
    content: Content
    observations: tuple[Observation, ...]
    mailbox: str
    folder: str
    flags: str
    size: int


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


_encoder = msgspec.json.Encoder()


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


def full_record(judged: Judged) -> FullRecord:
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
    )


def json_line(judged: Judged) -> bytes:
    """One mail as a line of JSON, line end included."""
    return _encoder.encode(mail_record(judged)) + b"\n"


def error_line(error: ReadError) -> bytes:
    """One unreadable place as a line of JSON, line end included."""
    record = ErrorRecord(ERROR_SCHEMA, error.code, error.source, error.text, error.offset)
    return _encoder.encode(record) + b"\n"


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
    return _encoder.encode(record) + b"\n"


def full_line(judged: Judged) -> bytes:
    """Everything about one mail as a line of JSON, line end included."""
    return _encoder.encode(full_record(judged)) + b"\n"
