"""Cases: what is done about a campaign or a mail, by whom, in what order; a log that only grows."""

from __future__ import annotations

import msgspec

STATES = ("open", "waiting", "closed")
EVENT_KINDS = (
    "opened", "assigned", "state", "note", "task", "task-done", "clock", "clock-stopped", "affected", "affected-told",
    "closed", "reopened",
)  # fmt: skip


class CaseEvent(msgspec.Struct, frozen=True):
    """One entry of a case's log.

    `number` counts from 1 in each case. `ref` is what the entry is about: a task's or clock's id, an incident, a name.
    `due_s` is until when a task is to be done. `before` is the digest of the entry before, `digest` that of this one
    over all other fields: an entry that was changed or taken out is seen.
    """

    case: str
    number: int
    at_s: float
    by: str
    kind: str
    text: str = ""
    ref: str = ""
    due_s: float | None = None
    before: str = ""
    digest: str = ""


class Case(msgspec.Struct, frozen=True):
    """A campaign ("c-…"), or a mail by its SHA-256, that somebody looks after; `id` is "case-" and eight hex digits."""

    id: str
    subject: str
    title: str
    opened_s: float
    opened_by: str
    exercise: bool = False


class Task(msgspec.Struct, frozen=True):
    """Something to be done; `done_s` is None until it is."""

    id: str
    text: str
    added_s: float
    due_s: float | None = None
    done_s: float | None = None


class Deadline(msgspec.Struct, frozen=True):
    """What a rule asks for, and until when once its clock runs: `due_s` Unix time."""

    what: str
    due_s: float


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is due, so many hours and calendar months from the start of the clock, or `after` the step before it."""

    what: str
    hours: float = 0.0
    months: int = 0
    after: bool = False


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that can set a clock: `id`, its name, whom it is about, what stands against it, and its source."""

    id: str
    title: str
    about: str
    doubt: str
    source: str
    steps: tuple[Step, ...]


class Clock(msgspec.Struct, frozen=True):
    """A clock that a person started under a rule."""

    id: str
    rule: str
    title: str
    started_s: float
    started_by: str
    deadlines: tuple[Deadline, ...]
    stopped_s: float | None = None
    because: str = ""


class Affected(msgspec.Struct, frozen=True):
    """Somebody whom an incident met, and who is to be told as well, though no mail was sent to them."""

    id: str
    name: str
    incident: str
    reach: str = ""
    told_s: float | None = None
    how: str = ""


class CaseFile(msgspec.Struct, frozen=True):
    """A case as its log has it now. `broken` says where the log does not hold together, "" where it does."""

    case: Case
    log: tuple[CaseEvent, ...]
    state: str
    owner: str
    tasks: tuple[Task, ...]
    clocks: tuple[Clock, ...]
    affected: tuple[Affected, ...]
    broken: str = ""
    closed_because: str = ""


class PersonState(msgspec.Struct, frozen=True):
    """Where telling one person stands: `state` is of notices' states, "not-drafted" where there is none.

    `first_mail_s` is their first mail of the case; `told_s` when they were told; days between as a figure.
    """

    person: str
    name: str
    organisation: str
    state: str
    notice: str
    first_mail_s: float | None
    told_s: float | None
    days: float | None
    answered: bool
    ways: tuple[str, ...] = ()
    language: str = ""
    reader: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One line of a case's timeline: when, of which kind, in words, and the id it leads to."""

    at_s: float
    kind: str
    text: str
    ref: str = ""


class Custody(msgspec.Struct, frozen=True):
    """One mail of a case: its digest, when it was stored, whether its bytes are kept and still give that digest."""

    sha256: str
    person: str
    message_id: str
    stored_s: float
    found: tuple[str, ...]
    raw: str  # "kept", "changed" or "not-kept"
    looks: int  # entries of the audit that name it


class CaseView(msgspec.Struct, frozen=True):
    """All that is shown of a case; `median_days` and `worst_days` are those from first mail to being told."""

    file: CaseFile
    campaign: str
    people: tuple[PersonState, ...]
    timeline: tuple[Entry, ...]
    custody: tuple[Custody, ...]
    reminders: tuple[str, ...]
    median_days: float | None
    worst_days: float | None
    now_s: float
