"""Sources of intelligence and indicators as JSON objects, one a line; schemas in docs/schemas."""

from __future__ import annotations

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.intel import Indicator, IntelSource, NotUnderstood, Pattern
from tocsin.model.sources import Added, IndicatorState, SourceState
from tocsin.render.records import rfc3339

SOURCE_SCHEMA = "tocsin.intel-source/1"
ADDED_SCHEMA = "tocsin.intel-added/1"
INDICATOR_SCHEMA = "tocsin.indicator/1"


class SourceRecord(msgspec.Struct, frozen=True):
    """One source as `intel list --json` prints it.

    `valid`, `pending`, `expired`, `revoked` and `shared` (under a warning list) make up `indicators`. `not_understood`
    is their number; the pieces themselves stand in `pieces` where --not-understood asks for them.
    """

    schema: str
    id: str
    name: str
    format: str
    location: str
    added: str | None
    renewed: str | None
    grade: str
    tlp: str
    pap: str
    sha256: str
    indicators: int
    valid: int
    pending: int
    expired: int
    revoked: int
    shared: int
    hits: int
    alarms: int
    last_hit: str | None
    not_understood: int
    other: dict[str, int]
    pieces: tuple[NotUnderstood, ...]


class AddedRecord(msgspec.Struct, frozen=True):
    """What adding or renewing one source did, in numbers of indicators, as `intel add --json` prints it."""

    schema: str
    id: str
    name: str
    format: str
    location: str
    renewed: bool
    added: int
    changed: int
    unchanged: int
    repeated: int
    gone: int
    retired: int
    shared: int
    not_understood: int
    other: dict[str, int]
    problems: tuple[str, ...]


class HitRecord(msgspec.Struct, frozen=True):
    """One mail that an indicator met; `sha256` is "" for a mail that was erased since."""

    sha256: str
    person: str
    date: str | None
    match: str
    kind: str
    value: str
    where: str
    found: str | None
    alarms: bool
    excuse: str


class IndicatorRecord(msgspec.Struct, frozen=True):
    """One indicator with its hits, as `intel show --json` prints it; values are real, not defanged."""

    schema: str
    id: str
    source: str
    source_name: str
    written: str
    pattern: Pattern
    name: str
    description: str
    valid_from: str | None
    valid_until: str | None
    confidence: int | None
    grade: str
    tlp: str
    pap: str
    names: tuple[str, ...]
    revoked: bool
    warning: str
    hits: tuple[HitRecord, ...]


def source_line(state: SourceState, *, pieces: bool) -> bytes:
    """One source as a line of JSON, line end included."""
    source = state.source
    record = SourceRecord(
        SOURCE_SCHEMA,
        source.id,
        source.name,
        source.format,
        source.location,
        rfc3339(source.added_s),
        rfc3339(source.renewed_s),
        source.grade,
        source.tlp,
        source.pap,
        source.sha256,
        state.indicators,
        state.valid,
        state.pending,
        state.expired,
        state.revoked,
        state.shared,
        state.hits,
        state.alarms,
        rfc3339(state.last_hit_s),
        len(state.not_understood),
        state.other,
        state.not_understood if pieces else (),
    )
    return plain_json(record) + b"\n"


def added_line(added: Added) -> bytes:
    """What adding did as a line of JSON, line end included."""
    source: IntelSource = added.source
    record = AddedRecord(
        ADDED_SCHEMA,
        source.id,
        source.name,
        source.format,
        source.location,
        added.renewed,
        added.added,
        added.changed,
        added.unchanged,
        added.repeated,
        added.gone,
        added.retired,
        added.shared,
        added.not_understood,
        added.other,
        added.problems,
    )
    return plain_json(record) + b"\n"


def indicator_line(state: IndicatorState) -> bytes:
    """One indicator as a line of JSON, line end included."""
    one: Indicator = state.indicator
    hits = tuple(
        HitRecord(
            row.sha256 if row is not None else "",
            row.owner if row is not None else "",
            rfc3339(row.time_s) if row is not None else None,
            hit.match,
            hit.seen.kind,
            hit.seen.value,
            hit.seen.where,
            rfc3339(hit.found_s),
            hit.alarms,
            hit.excuse,
        )
        for hit, row in state.hits
    )
    record = IndicatorRecord(
        INDICATOR_SCHEMA,
        one.id,
        one.source,
        state.source.name if state.source is not None else "",
        one.written,
        one.pattern,
        one.name,
        one.description,
        rfc3339(one.valid_from_s),
        rfc3339(one.valid_until_s),
        one.confidence,
        one.grade,
        one.tlp,
        one.pap,
        one.names,
        one.revoked,
        one.warning,
        hits,
    )
    return plain_json(record) + b"\n"
