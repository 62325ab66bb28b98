"""Analysts, signed judgements and tellings, in words and as JSON."""

from __future__ import annotations

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.judgement import Analyst, Judgement, Signed, Standing, Telling
from tocsin.render import words
from tocsin.render.records import rfc3339
from tocsin.render.shown import short, shown

ANALYST_SCHEMA = "tocsin.analyst/1"
JUDGEMENT_SCHEMA = "tocsin.judgement/1"
TELLING_SCHEMA = "tocsin.telling/1"


class AnalystRecord(msgspec.Struct, frozen=True):
    """Somebody who may sign, or could until `retired`; `public_key` is Ed25519 in hexadecimal digits."""

    schema: str
    id: str
    name: str
    role: str
    public_key: str
    added: str | None
    added_by: str
    retired: str | None


class SignedRecord(msgspec.Struct, frozen=True):
    """A judgement as it was found: `counts` tells whether its signature holds and it was not taken back.

    `low` and `high` are percent; `members` are the mails it was signed on, `later` how many joined since.
    `signature` is in hexadecimal digits.
    """

    schema: str
    id: str
    campaign: str
    members: tuple[str, ...]
    analyst: str
    analyst_name: str
    signed: str | None
    hypothesis: str
    title: str
    low: int
    high: int
    band: str
    confidence: str
    level: str
    basis: str
    alternatives: str
    evidence: tuple[str, ...]
    claims: tuple[str, ...]
    grades: dict[str, str]
    withdraws: str
    signature: str
    counts: bool
    problem: str
    later: int


class TellingRecord(msgspec.Struct, frozen=True):
    """That a target was told, or that it was tried: `result` is told, attempted or declined.

    For a target of whom nothing is recorded it is not-told, `at` null and the rest empty.
    """

    schema: str
    id: str
    campaign: str
    person: str
    at: str | None
    how: str
    result: str
    by: str
    note: str


_WHOLE = 40_000  # characters: all of what is signed is shown, escapes included
_NOBODY = Analyst("", "unknown signer", b"", 0.0, "")


def analyst_line(one: Analyst) -> bytes:
    """One analyst as a line of JSON, line end included."""
    record = AnalystRecord(
        ANALYST_SCHEMA,
        one.id,
        one.name,
        one.role,
        one.public_key.hex(),
        rfc3339(one.added_s),
        one.added_by,
        rfc3339(one.retired_s),
    )
    return plain_json(record) + b"\n"


def analyst_sentence(one: Analyst) -> str:
    """One analyst on one line."""
    role = f", {short(one.role, 60)}" if one.role else ""
    gone = f"; retired {words.day(one.retired_s)}" if one.retired_s is not None else ""
    return f"{one.id}  {short(one.name, 80)}{role}; key {one.public_key.hex()}{gone}"


def signed_record(one: Signed) -> SignedRecord:
    """The published form of a judgement."""
    said = one.judgement
    return SignedRecord(
        JUDGEMENT_SCHEMA,
        said.id,
        said.campaign,
        said.members,
        said.analyst,
        one.analyst.name if one.analyst is not None else "",
        rfc3339(said.signed_s),
        said.hypothesis,
        said.title,
        said.low,
        said.high,
        words.band_of((said.low + said.high) / 200),
        said.confidence,
        said.level,
        said.basis,
        said.alternatives,
        said.evidence,
        said.claims,
        dict(said.grades),
        said.withdraws,
        said.signature.hex(),
        one.counts,
        one.problem,
        one.later,
    )


def signed_line(one: Signed) -> bytes:
    """One judgement as a line of JSON, line end included."""
    return plain_json(signed_record(one)) + b"\n"


def judgement_line(one: Judgement, analyst: Analyst, *, counts: bool) -> bytes:
    """A judgement that was just signed, as a line of JSON."""
    return signed_line(Signed(one, analyst, counts))


def judgement_text(one: Judgement, analyst: Analyst) -> str:
    """What is signed, whole, line by line; likelihood and confidence in sentences of their own."""
    signer = f"  Signer: {short(analyst.name, 80)} ({analyst.id}), {words.day(one.signed_s)}."
    if one.withdraws:
        head = f"Takes back judgement {one.withdraws} on campaign {shown(one.campaign, 40)}."
        return f"{head}\n  Because: {shown(one.basis, _WHOLE)}\n{signer}\n"
    lines = [
        f"Judgement on campaign {one.campaign}, as it stands: {words.count(len(one.members), 'mail')}.",
        f"  {likelihood_sentence(one)}",
        f"  Confidence in this is {one.confidence}.",
        f"  Level: {one.level}.",
        f"  Basis: {shown(one.basis, _WHOLE)}",
    ]
    if one.alternatives:
        lines.append(f"  Also weighed: {shown(one.alternatives, _WHOLE)}")
    lines += [f"  Rests on: {shown(each, 300)}" for each in (*one.evidence, *one.claims)]
    lines += [f"  Graded: {shown(what, 300)}: {grade}" for what, grade in one.grades]
    lines.append(signer)
    return "\n".join(lines) + "\n"


def likelihood_sentence(one: Judgement) -> str:
    """How likely the signer holds it, in ICD-203 words and percent."""
    span = f"{one.low} %" if one.low == one.high else f"{one.low} to {one.high} %"
    return f"That it is {shown(one.title, 120)} is {words.band_of((one.low + one.high) / 200)} ({span})."


def signed_text(one: Signed) -> str:
    """A judgement in a list."""
    said = one.judgement
    who = (
        short(one.analyst.name, 80)
        if one.analyst is not None
        else f"unknown signer {shown(said.analyst, 40)}"
    )
    if said.withdraws:
        head = f"{said.id}  takes back {said.withdraws}: {shown(said.basis, 300)}"
    else:
        head = f"{said.id}  {said.campaign}: {likelihood_sentence(said)} Confidence in this is {said.confidence}."
    lines = [head, f"  signed by {who}, {words.day(said.signed_s)}; level {said.level}"]
    if one.problem:
        lines.append(f"  {'note' if one.counts else 'does not count'}: {shown(one.problem, 300)}")
    return "\n".join(lines) + "\n"


def signed_page(one: Signed) -> str:
    """One judgement whole: what was signed, and whether it counts."""
    said = one.judgement
    who = (
        one.analyst
        if one.analyst is not None
        else msgspec.structs.replace(_NOBODY, id=shown(said.analyst, 40))
    )
    lines = [f"{said.id}", judgement_text(said, who).rstrip("\n")]
    lines += [f"  Signed on: {shown(each, 80)}" for each in said.members]
    if not one.counts:
        lines.append(f"  Does not count: {shown(one.problem, _WHOLE)}.")
    else:
        lines.append("  The signature holds." + (f" Note: {shown(one.problem, 300)}." if one.problem else ""))
    return "\n".join(lines) + "\n"


def standing_sentence(one: Standing) -> str:
    """What stands now."""
    if one.disagree:
        return "Analysts disagree about who it is: nothing is said outside until they agree."
    if one.judgement is None:
        return "No judgement stands."
    return f"{one.judgement.id} stands: of those that agree, the one that says least."


def telling_line(one: Telling) -> bytes:
    """One telling as a line of JSON, line end included."""
    record = TellingRecord(
        TELLING_SCHEMA,
        one.id,
        one.campaign,
        one.person,
        rfc3339(one.at_s),
        one.how,
        one.result,
        one.by,
        one.note,
    )
    return plain_json(record) + b"\n"


def untold_line(campaign: str, address: str) -> bytes:
    """A target of whom nothing is recorded, as a line of JSON, line end included."""
    record = TellingRecord(TELLING_SCHEMA, "", campaign, address, None, "", "not-told", "", "")
    return plain_json(record) + b"\n"


def telling_sentence(one: Telling) -> str:
    """One telling on one line."""
    note = f": {shown(one.note, 300)}" if one.note else ""
    how = {"told": "told", "attempted": "tried", "declined": "did not want to be told"}[one.result]
    return f"{words.day(one.at_s)}  {shown(one.person, 120)}: {how}, {shown(one.how, 80)}, by {short(one.by, 60)}{note}"
