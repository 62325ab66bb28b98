"""Cases as JSON; schemas in docs/schemas."""

from __future__ import annotations

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.case import CaseFile, CaseView, PersonState, Rule
from tocsin.render.records import rfc3339

CASE_FILE_SCHEMA = "tocsin.case-file/1"
CASE_VIEW_SCHEMA = "tocsin.case-view/1"
CLOCK_RULE_SCHEMA = "tocsin.clock-rule/1"


class TaskRecord(msgspec.Struct, frozen=True):
    """Something to be done; `done` is null until it is."""

    id: str
    text: str
    due: str | None
    done: str | None


class DeadlineRecord(msgspec.Struct, frozen=True):
    """What a rule asks for, and until when."""

    what: str
    due: str | None


class ClockRecord(msgspec.Struct, frozen=True):
    """A clock that a person started; `stopped` is null while it runs."""

    id: str
    rule: str
    title: str
    started: str | None
    started_by: str
    deadlines: tuple[DeadlineRecord, ...]
    stopped: str | None
    because: str


class AffectedRecord(msgspec.Struct, frozen=True):
    """Somebody whom an incident met and who is to be told as well."""

    id: str
    name: str
    incident: str
    reach: str
    told: str | None
    how: str


class LogRecord(msgspec.Struct, frozen=True):
    """One entry of a case's log; `digest` is over the entry and the digest of the one before."""

    number: int
    at: str | None
    by: str
    kind: str
    text: str
    ref: str
    due: str | None
    before: str
    digest: str


class PersonRecord(msgspec.Struct, frozen=True):
    """Where telling one reader stands; `reader` is "" for the person, `days` from first mail to being told."""

    person: str
    name: str
    organisation: str
    reader: str
    state: str
    notice: str
    first_mail: str | None
    told: str | None
    days: float | None
    answered: bool


class EntryRecord(msgspec.Struct, frozen=True):
    """One line of the timeline."""

    at: str | None
    kind: str
    text: str
    ref: str


class CustodyRecord(msgspec.Struct, frozen=True):
    """One mail of a case: `raw` is kept, changed or not-kept; `looks` counts entries of the audit that name it."""

    sha256: str
    person: str
    message_id: str
    stored: str | None
    found: tuple[str, ...]
    raw: str
    looks: int


class CaseFileRecord(msgspec.Struct, frozen=True):
    """A case as a list shows it: `subject` is a campaign's id or a mail's SHA-256; `broken` is "" for a whole log."""

    schema: str
    id: str
    subject: str
    title: str
    state: str
    owner: str
    opened: str | None
    opened_by: str
    closed_because: str
    open_tasks: int
    running_clocks: int
    broken: str
    exercise: bool


class CaseViewRecord(msgspec.Struct, frozen=True):
    """A case whole. `median_days` and `worst_days` lie between first mail and being told, null for nobody told."""

    schema: str
    id: str
    subject: str
    campaign: str
    title: str
    state: str
    owner: str
    opened: str | None
    opened_by: str
    closed_because: str
    broken: str
    exercise: bool
    people: tuple[PersonRecord, ...]
    affected: tuple[AffectedRecord, ...]
    tasks: tuple[TaskRecord, ...]
    clocks: tuple[ClockRecord, ...]
    timeline: tuple[EntryRecord, ...]
    custody: tuple[CustodyRecord, ...]
    reminders: tuple[str, ...]
    log: tuple[LogRecord, ...]
    median_days: float | None
    worst_days: float | None


class StepRecord(msgspec.Struct, frozen=True):
    """What a rule asks for: hours and calendar months from the start of its clock, or `after` the step before."""

    what: str
    hours: float
    months: int
    after: bool


class ClockRuleRecord(msgspec.Struct, frozen=True):
    """A rule that can set a clock; whether it applies is for people to decide."""

    schema: str
    id: str
    title: str
    about: str
    doubt: str
    source: str
    steps: tuple[StepRecord, ...]


def case_line(one: CaseFile) -> bytes:
    """The record of a list as one line."""
    record = CaseFileRecord(
        CASE_FILE_SCHEMA,
        one.case.id,
        one.case.subject,
        one.case.title,
        one.state,
        one.owner,
        rfc3339(one.case.opened_s),
        one.case.opened_by,
        one.closed_because,
        sum(task.done_s is None for task in one.tasks),
        sum(clock.stopped_s is None for clock in one.clocks),
        one.broken,
        one.case.exercise,
    )
    return plain_json(record) + b"\n"


def view_line(view: CaseView) -> bytes:
    """The whole case as one line."""
    file = view.file
    record = CaseViewRecord(
        CASE_VIEW_SCHEMA,
        file.case.id,
        file.case.subject,
        view.campaign,
        file.case.title,
        file.state,
        file.owner,
        rfc3339(file.case.opened_s),
        file.case.opened_by,
        file.closed_because,
        file.broken,
        file.case.exercise,
        tuple(map(_person, view.people)),
        tuple(
            AffectedRecord(one.id, one.name, one.incident, one.reach, rfc3339(one.told_s), one.how)
            for one in file.affected
        ),
        tuple(TaskRecord(one.id, one.text, rfc3339(one.due_s), rfc3339(one.done_s)) for one in file.tasks),
        tuple(
            ClockRecord(
                one.id,
                one.rule,
                one.title,
                rfc3339(one.started_s),
                one.started_by,
                tuple(DeadlineRecord(each.what, rfc3339(each.due_s)) for each in one.deadlines),
                rfc3339(one.stopped_s),
                one.because,
            )
            for one in file.clocks
        ),
        tuple(EntryRecord(rfc3339(one.at_s), one.kind, one.text, one.ref) for one in view.timeline),
        tuple(
            CustodyRecord(
                one.sha256, one.person, one.message_id, rfc3339(one.stored_s), one.found, one.raw, one.looks
            )
            for one in view.custody
        ),
        view.reminders,
        tuple(
            LogRecord(
                one.number, rfc3339(one.at_s), one.by, one.kind, one.text, one.ref, rfc3339(one.due_s), one.before,
                one.digest,
            )
            for one in file.log
        ),
        view.median_days,
        view.worst_days,
    )  # fmt: skip
    return plain_json(record) + b"\n"


def rule_line(one: Rule) -> bytes:
    """A rule as one line."""
    steps = tuple(StepRecord(each.what, each.hours, each.months, each.after) for each in one.steps)
    record = ClockRuleRecord(CLOCK_RULE_SCHEMA, one.id, one.title, one.about, one.doubt, one.source, steps)
    return plain_json(record) + b"\n"


def _person(one: PersonState) -> PersonRecord:
    return PersonRecord(
        one.person,
        one.name,
        one.organisation,
        one.reader,
        one.state,
        one.notice,
        rfc3339(one.first_mail_s),
        rfc3339(one.told_s),
        one.days,
        one.answered,
    )
