"""Cases and their logs: entries are added and never changed, each with the digest of the one before."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from tocsin.app.account import account
from tocsin.app.clocks import deadlines_of, find_rule
from tocsin.model.case import STATES, Affected, Case, CaseEvent, CaseFile, Clock, Task
from tocsin.store.interface import Store

_LONGEST = 4_000
_case = msgspec.msgpack.Decoder(Case)
_event = msgspec.msgpack.Decoder(CaseEvent)


class CaseError(ValueError):
    """A case cannot be found, opened or changed as asked; the message says what was expected."""


def open_case(store: Store, subject: str, title: str, *, now_s: float, by: str = "") -> CaseFile:
    """Open a case about a campaign or mail, by the id it has now. Raises CaseError where one is open already."""
    for one in cases(store):
        if one.case.subject == subject and one.state != "closed":
            raise CaseError(f"{subject}: {one.case.id} is open about it; tocsin cases show {one.case.id}")
    case = Case(
        "case-" + secrets.token_hex(4),
        subject,
        _text("--title", title),
        now_s,
        by or account(),
        store.exercise,
    )
    with store.transaction():
        store.put("case", case.id, msgspec.msgpack.encode(case))
        add(store, case.id, "opened", now_s=now_s, by=by, text=case.title)
    return find_case(store, case.id)


def add(
    store: Store,
    case: str,
    kind: str,
    *,
    now_s: float,
    by: str = "",
    text: str = "",
    ref: str = "",
    due_s: float | None = None,
) -> CaseEvent:
    """Add an entry to a case's log. Raises CaseError for text that is too long or no UTF-8."""
    log = _log(store, case)
    last = log[-1] if log else None
    one = CaseEvent(
        case,
        last.number + 1 if last is not None else 1,
        max(now_s, last.at_s) if last is not None else now_s,  # clocks are set back; a log is not
        _text("--as", by) if by else account(),
        kind,
        _text("the text", text, empty=True),
        ref,
        due_s,
        last.digest if last is not None else "",
    )
    kept = msgspec.structs.replace(one, digest=digest_of(one))
    store.put("case-event", f"{case}/{kept.number:06d}", msgspec.msgpack.encode(kept))
    return kept


def cases(store: Store) -> tuple[CaseFile, ...]:
    """All cases, the first opened first."""
    logs: dict[str, list[CaseEvent]] = {}
    for _, body in store.documents("case-event"):
        event = _read_event(body)
        logs.setdefault(event.case, []).append(event)
    found = [
        file_of(_read_case(id, body), sorted(logs.get(id, ()), key=lambda event: event.number))
        for id, body in store.documents("case")
    ]
    return tuple(sorted(found, key=lambda one: (one.case.opened_s, one.case.id)))


def find_case(store: Store, wanted: str, names: Sequence[str] = ()) -> CaseFile:
    """The case by id, its beginning, or what it is about; `names` are all ids of that. Raises CaseError."""
    wanted = wanted.strip().lower()
    subjects = {wanted, *names}
    found = [
        one
        for one in cases(store)
        if wanted and (one.case.id.startswith(wanted) or one.case.subject in subjects)
    ]
    still = [one for one in found if one.state != "closed"] or found
    if len(still) != 1:
        why = "several cases answer to this" if still else "there is no such case"
        raise CaseError(f"{wanted or 'nothing'}: {why}; tocsin cases list shows them")
    return still[0]


def file_of(case: Case, log: Sequence[CaseEvent]) -> CaseFile:
    """A case as its log has it."""
    state, owner, because = "open", "", ""
    tasks: dict[str, Task] = {}
    clocks: dict[str, Clock] = {}
    affected: dict[str, Affected] = {}
    for one in log:
        match one.kind:
            case "assigned":
                owner = one.text
            case "state":
                state = one.text if one.text in STATES else state
            case "closed":
                state, because = "closed", one.text
            case "reopened":
                state, because = "open", ""
            case "task":
                tasks[one.ref] = Task(one.ref, one.text, one.at_s, one.due_s)
            case "task-done" if one.ref in tasks:
                tasks[one.ref] = msgspec.structs.replace(tasks[one.ref], done_s=one.at_s)
            case "clock":
                clocks[one.ref] = _clock(one)
            case "clock-stopped" if one.ref in clocks:
                clocks[one.ref] = msgspec.structs.replace(
                    clocks[one.ref], stopped_s=one.at_s, because=one.text
                )
            case "affected":
                name, _, more = one.text.partition("\n")
                incident, _, reach = more.partition("\n")
                affected[one.ref] = Affected(one.ref, name, incident, reach)
            case "affected-told" if one.ref in affected:
                affected[one.ref] = msgspec.structs.replace(affected[one.ref], told_s=one.at_s, how=one.text)
    return CaseFile(
        case,
        tuple(log),
        state,
        owner,
        tuple(tasks.values()),
        tuple(clocks.values()),
        tuple(affected.values()),
        _broken(log),
        because,
    )


def digest_of(one: CaseEvent) -> str:
    """The digest of an entry, over all its fields but the digest itself."""
    bare = msgspec.structs.replace(one, digest="")
    return blake2b(b"tocsin case 1\0" + msgspec.msgpack.encode(bare), digest_size=16).hexdigest()


def _broken(log: Sequence[CaseEvent]) -> str:
    if not log or log[0].kind != "opened":
        return "the log does not begin with the opening of the case"
    before = ""
    for place, one in enumerate(log, 1):
        if one.number != place:
            return f"entry {place} is missing"
        if one.before != before or one.digest != digest_of(one):
            return f"entry {place} is not the one that was written, or the one before it is not"
        before = one.digest
    return ""


def _clock(one: CaseEvent) -> Clock:
    """A clock from its entry: the rule's name stands before the first line end, what is due after it."""
    rule, _, lines = one.text.partition("\n")
    try:
        found = find_rule(rule)
    except KeyError:
        return Clock(one.ref, rule, rule, one.due_s or one.at_s, one.by, ())
    started_s = one.due_s if one.due_s is not None else one.at_s
    return Clock(one.ref, rule, found.title, started_s, one.by, deadlines_of(found, started_s), because=lines)


def _log(store: Store, case: str) -> list[CaseEvent]:
    found = (_read_event(body) for id, body in store.documents("case-event") if id.startswith(f"{case}/"))
    return sorted(found, key=lambda one: one.number)


def _read_case(id: str, body: bytes) -> Case:
    try:
        return msgspec.structs.replace(_case.decode(body), id=id)
    except msgspec.DecodeError:
        return Case(id, "", "(a case that cannot be read)", 0.0, "")


def _read_event(body: bytes) -> CaseEvent:
    try:
        return _event.decode(body)
    except msgspec.DecodeError:
        return CaseEvent("", 0, 0.0, "", "")


def _text(what: str, text: str, *, empty: bool = False) -> str:
    text = text.strip()
    if not text and not empty:
        raise CaseError(f"{what}: is empty; say it in a few words")
    if len(text) > _LONGEST or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise CaseError(f"{what}: expected UTF-8 of at most {_LONGEST:,} characters")
    return text
