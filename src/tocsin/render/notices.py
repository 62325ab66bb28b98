"""Notices for those who draft, sign and send them: on the terminal, and as JSON."""

from __future__ import annotations

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.fact import Withheld
from tocsin.model.notice import Notice, NoticeEvent
from tocsin.render.records import rfc3339
from tocsin.render.shown import shown

NOTICE_SCHEMA = "tocsin.notice/1"
NOTICE_CHECK_SCHEMA = "tocsin.notice-check/1"
_RULE = "-" * 72

_WAYS = {
    "telephone": "to be read out by telephone",
    "letter": "a letter",
    "in-person": "to be said in person",
    "mail": "a mail",
}
_READERS = {
    "person": "",
    "delegate": ", who reads the mailbox",
    "affected": ", who is affected",
    "owner": ", who answers for the domain",
}
_ANSWERS = {
    "genuine": "Genuine: this code was given out with {notice}, for {name}. It is used up now.",
    "used": "Used before, on {day}: the code of {notice}, for {name}. Somebody else may have read the notice; call the "
    "person back on a number that you know.",
    "expired": "Too old: the code of {notice}, for {name}. Print the notice anew.",
    "withdrawn": "Taken back: {notice}, for {name}, was withdrawn. Tell the caller so.",
    "unknown": "Not ours: nobody was given this code. Have it read out again; if it stays wrong, what the caller holds "
    "is no notice of yours: ask for a copy, and keep it as evidence.",
}


class EventRecord(msgspec.Struct, frozen=True):
    """One thing that happened to a notice."""

    state: str
    at: str | None
    by: str
    how: str
    note: str


class LeftOutRecord(msgspec.Struct, frozen=True):
    """A fact that may not be told to this reader: its kind, its mark, why, and whom to ask for release of `ref`."""

    kind: str
    tlp: str
    source: str
    ref: str
    why: str
    ask: str


class NoticeRecord(msgspec.Struct, frozen=True):
    """A notice: `person` is whose mailbox it is about, `to` who reads it; `text_sha256` is what people sign.

    `subject` is a campaign's id or the SHA-256 of a mail. `state` is the last thing in `log`, "" for a draft that was
    not kept. `missing` says what it waits for before it may leave, "" for nothing. In `text` the place of the code is
    empty: each is printed once, with the notice. `skipped` says why somebody got no new draft; the rest is empty then.
    """

    schema: str
    id: str
    subject: str
    person: str
    to: str
    name: str
    audience: str
    language: str
    channel: str
    made: str | None
    text: str
    text_sha256: str
    left_out: tuple[LeftOutRecord, ...]
    notes: tuple[str, ...]
    replaces: str
    exercise: bool
    state: str = ""
    missing: str = ""
    log: tuple[EventRecord, ...] = ()
    skipped: str = ""


class NoticeCheckRecord(msgspec.Struct, frozen=True):
    """What a code that was read out proves: `answer` is genuine, used, expired, withdrawn or unknown."""

    schema: str
    answer: str
    notice: str
    name: str
    used: str | None


def notice_line(
    one: Notice, *, state: str = "", missing: str = "", log: tuple[NoticeEvent, ...] = ()
) -> bytes:
    """The record as one line."""
    record = NoticeRecord(
        NOTICE_SCHEMA,
        one.id,
        one.subject,
        one.person,
        one.to,
        one.name,
        one.audience,
        one.language,
        one.channel,
        rfc3339(one.made_s),
        one.text,
        one.text_sha256,
        tuple(LeftOutRecord(w.kind, w.tlp, w.source, w.ref, w.why, w.ask) for w in one.withheld),
        one.notes,
        one.replaces,
        one.exercise,
        state,
        missing,
        tuple(EventRecord(e.state, rfc3339(e.at_s), e.by, e.how, e.note) for e in log),
    )
    return plain_json(record) + b"\n"


def skipped_line(subject: str, person: str, to: str, why: str, notice: str, *, exercise: bool) -> bytes:
    """The record of somebody who got no new draft."""
    record = NoticeRecord(
        NOTICE_SCHEMA, notice, subject, person, to, "", "", "", "", None, "", "", (), (), "", exercise, skipped=why
    )  # fmt: skip
    return plain_json(record) + b"\n"


def check_line(answer: str, notice: Notice | None, used_s: float | None) -> bytes:
    """The record of a check as one line."""
    record = NoticeCheckRecord(
        NOTICE_CHECK_SCHEMA,
        answer,
        notice.id if notice is not None else "",
        notice.name if notice is not None else "",
        rfc3339(used_s),
    )
    return plain_json(record) + b"\n"


def check_text(answer: str, notice: Notice | None, used_s: float | None) -> str:
    """What to tell a caller who read a code out."""
    return _ANSWERS[answer].format(
        notice=notice.id if notice is not None else "",
        name=shown(notice.name, 120) if notice is not None else "",
        day=(rfc3339(used_s) or "")[:10],
    )


def draft_text(one: Notice) -> str:
    """A draft as it is shown before anybody signs: the text whole, and what had to be left out."""
    lines = [
        f"{one.id}  {reader_of(one)}: {_WAYS.get(one.channel, one.channel)}, {one.language}",
        _RULE,
        *(shown(line, 2_000) for line in one.text.splitlines()),
        _RULE,
        *(f"Note: {shown(note, 300)}." for note in one.notes),
        *map(_left_out, one.withheld),
    ]
    return "\n".join(lines) + "\n\n"


def reader_of(one: Notice) -> str:
    """Who reads it, by name and address."""
    name, to = shown(one.name, 80), shown(one.to, 120)
    who = name if name == to else f"{name} <{to}>"
    return f"{who}{_READERS.get(one.audience, '')}"


def list_text(one: Notice, state: str, missing: str) -> str:
    """One line of a list."""
    waits = f"; {missing}" if missing else ""
    return f"{one.id}  {state:<10}  {one.language}  {one.channel:<9}  {reader_of(one)}{waits}\n"


def log_text(log: tuple[NoticeEvent, ...]) -> str:
    """What happened to a notice, a line each."""
    lines = []
    for one in log:
        how = f" by {shown(one.how, 60)}" if one.how else ""
        note = f": {shown(one.note, 300)}" if one.note else ""
        lines.append(f"{rfc3339(one.at_s)}  {one.state}{how} ({shown(one.by, 60)}){note}\n")
    return "".join(lines)


def _left_out(one: Withheld) -> str:
    mark = f"TLP:{one.tlp}" if one.tlp else "not marked"
    source = f" of {shown(one.source, 80)}" if one.source else ""
    ask = f" Ask for release: {shown(one.ask or one.source, 120)}." if one.ask or one.source else ""
    ref = f" [{shown(one.ref, 80)}]" if one.ref else ""
    return f"Left out: {shown(one.kind, 80)}{source}{ref} ({mark}): {shown(one.why, 200)}.{ask}"
