"""What a store holds and who looked at it, for people and for scripts."""

from __future__ import annotations

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.holding import Held, Holding
from tocsin.model.stored import AuditEntry
from tocsin.render.records import rfc3339
from tocsin.render.shown import shown
from tocsin.render.words import count, span

STORE_SCHEMA = "tocsin.store/1"
AUDIT_SCHEMA = "tocsin.audit/1"
HELD_SCHEMA = "tocsin.held/1"
_SHOWN_OWNERS = 20


class StoreRecord(msgspec.Struct, frozen=True):
    """What a store holds; times are RFC 3339 UTC, `bytes` is -1 where a server keeps it."""

    schema: str
    url: str
    encrypted: bool
    exercise: bool
    key: str
    bytes: int
    mails: int
    owners: dict[str, int]
    first: str | None
    last: str | None
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


class AuditRecord(msgspec.Struct, frozen=True):
    """One look at mail. `mails` are numbers in the store: first and last of a run where `through` is set."""

    schema: str
    at: str | None
    who: str
    action: str
    mails: tuple[int, ...]
    through: bool
    count: int
    mandate: str
    detail: str


class HeldRecord(Held, frozen=True, kw_only=True, omit_defaults=True, tag_field="schema", tag=HELD_SCHEMA):
    """One thing that a store holds on a person, in the store's own terms; times are Unix seconds UTC.

    It is what is known of the person, or a mail with all that was drawn from it (`raw` its bytes in base64 where they
    are kept), or a campaign with those of its `members` that reached the person, or a look at mail that may have been
    theirs, or a notice that was drafted for them with what became of it, or that they were told.
    """


def holding_line(held: Holding) -> bytes:
    """One JSON object, line end included."""
    fields = msgspec.structs.asdict(held)
    first, last = rfc3339(fields.pop("first_s")), rfc3339(fields.pop("last_s"))
    fields["owners"] = dict(held.owners)
    return plain_json(StoreRecord(schema=STORE_SCHEMA, first=first, last=last, **fields)) + b"\n"


def holding_text(held: Holding) -> str:
    """What people read."""
    kind = " for practice mail" if held.exercise else ""
    how = f"encrypted; its key: {shown(held.key)}" if held.encrypted else "not encrypted by Tocsin"
    size = f", {held.bytes / 1024**2:,.1f} MiB" if held.bytes >= 0 else ""
    dates = span(held.first_s, held.last_s)
    people = count(len(held.owners), "person", "people")
    sources = count(held.sources, "source")
    past = f"{held.expired:,} past that (tocsin store expire)"
    facts = {
        "Mail": f"{count(held.mails, 'mail')} of {people}, {dates}; of {held.raw:,} the bytes are kept",
        "Verdicts": f"{count(held.alerts, 'alert')}; {count(held.verdict_versions, 'version')} of verdicts in all",
        "Intelligence": f"{count(held.indicators, 'indicator')} of {sources}, {count(held.hits, 'hit')}",
        "Campaigns": f"{held.campaigns:,}; incidents {held.incidents:,}",
        "Audit": f"{count(held.audit_entries, 'entry', 'entries')}; the chain holds",
        "Kept for": f"{held.retention_days:,} days, alerts {held.retention_alert_days:,}; {past}",
        "People": "",
    }
    lines = [f"{shown(held.url)}: a store{kind} ({how}{size})"]
    lines += [f"  {name:<13} {text}".rstrip() for name, text in facts.items()]
    for owner, mails in held.owners[:_SHOWN_OWNERS]:
        lines.append(f"    {shown(owner) or 'owner not known'}: {count(mails, 'mail')}")
    if len(held.owners) > _SHOWN_OWNERS:
        lines.append(f"    and {len(held.owners) - _SHOWN_OWNERS:,} more")
    return "\n".join(lines) + "\n"


def audit_line(entry: AuditEntry) -> bytes:
    """One entry as a line of JSON, line end included."""
    fields = msgspec.structs.asdict(entry)
    at = rfc3339(fields.pop("at_s"))
    return plain_json(AuditRecord(schema=AUDIT_SCHEMA, at=at, **fields)) + b"\n"


def audit_text(entry: AuditEntry) -> str:
    """One entry as a line for people."""
    which = ""
    if entry.mails:
        ends = (
            f"{entry.mails[0]} to {entry.mails[-1]}"
            if entry.through
            else ", ".join(map(str, entry.mails[:8]))
        )
        which = f" (numbers {ends})"
    mandate = f"; mandate: {shown(entry.mandate)}" if entry.mandate else ""
    detail = f"; {shown(entry.detail)}" if entry.detail else ""
    at = rfc3339(entry.at_s) or "at an unknown time"
    return f"{at}  {shown(entry.who)}  {entry.action}  {count(entry.count, 'mail')}{which}{mandate}{detail}\n"


def held_line(held: Held) -> bytes:
    """One thing that is held on a person as a line of JSON, line end included; raw bytes in base64."""
    record = HeldRecord(**{name: getattr(held, name) for name in held.__struct_fields__})
    return plain_json(record) + b"\n"
