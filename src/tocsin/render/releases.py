"""Releases of marked facts, in words and as JSON."""

from __future__ import annotations

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.fact import Release
from tocsin.render.records import rfc3339
from tocsin.render.shown import shown

RELEASE_SCHEMA = "tocsin.release/1"


class ReleaseRecord(msgspec.Struct, frozen=True):
    """That a source let out what `ref` names to an audience; `recorded_by` entered it.

    One that was taken back stays: `withdrawn` is when.
    """

    schema: str
    id: str
    ref: str
    audience: str
    by: str
    at: str | None
    ground: str
    recorded_by: str
    withdrawn: str | None = None
    withdrawn_by: str = ""
    withdrawn_because: str = ""


def release_line(one: Release) -> bytes:
    """The record as one line."""
    record = ReleaseRecord(
        RELEASE_SCHEMA,
        one.id,
        one.ref,
        one.audience,
        one.by,
        rfc3339(one.at_s),
        one.ground,
        one.recorded_by,
        rfc3339(one.withdrawn_s),
        one.withdrawn_by,
        one.withdrawn_because,
    )
    return plain_json(record) + b"\n"


def release_text(one: Release) -> str:
    """One line for people."""
    gone = ""
    if one.withdrawn_s is not None:
        gone = (
            f"  taken back on {(rfc3339(one.withdrawn_s) or '')[:10]} by {shown(one.withdrawn_by, 60)}: "
            f"{shown(one.withdrawn_because, 200)}\n"
        )
    return (
        f"{one.id}: {shown(one.ref, 120)} to {one.audience}, by {shown(one.by, 80)} ({shown(one.ground, 200)}), "
        f"recorded by {shown(one.recorded_by, 60)} on {(rfc3339(one.at_s) or '')[:10]}\n{gone}"
    )
