"""An assessment as one JSON object; the schema is in docs/schemas."""

from __future__ import annotations

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.model.assessment import Assessment, Evidence
from tocsin.render.records import rfc3339

ASSESSMENT_SCHEMA = "tocsin.assessment/1"


class HypothesisRecord(msgspec.Struct, frozen=True):
    """One answer: `probability` with `low` and `high`, 0..1; `calibration` names what it rests on, null for nothing.

    `inconsistency` is what speaks against it, in nats, 0 or negative.
    """

    name: str
    title: str
    kind: str
    probability: float
    low: float
    high: float
    calibration: str | None
    inconsistency: float


class PlaceRecord(msgspec.Struct, frozen=True):
    """A mail that shows the evidence, and where in it."""

    sha256: str
    where: str


class EvidenceRecord(msgspec.Struct, frozen=True):
    """A piece of evidence: `mails` of the campaign's `of` show it; those with the same `origin` count once.

    `names` are actors to whom the source ties it; `grade` is an Admiralty grade, null where nobody can tell (F6).
    """

    id: str
    kind: str
    value: str
    text: str
    places: tuple[PlaceRecord, ...]
    mails: int
    of: int
    source: str
    origin: str
    date: str | None
    forgeability: str
    names: tuple[str, ...]
    grade: str | None
    graded_by: str


class CellRecord(msgspec.Struct, frozen=True):
    """A cell of the ACH matrix; `weight` in nats as it counted."""

    evidence: str
    hypothesis: str
    mark: str
    weight: float
    text: str


class WithoutRecord(msgspec.Struct, frozen=True):
    """The answer without some evidence."""

    evidence: tuple[str, ...]
    leading: str
    probability: float
    level: str


class JudgementRecord(msgspec.Struct, frozen=True):
    """What an analyst signed; `stands` is false where it no longer fits the campaign or was not verified."""

    id: str
    analyst: str
    signed: str | None
    hypothesis: str
    title: str
    low: int
    high: int
    confidence: str
    level: str
    basis: str
    stands: bool
    problem: str


class QuoteRecord(msgspec.Struct, frozen=True):
    """A claim of others, quoted; it does not count in any probability."""

    id: str
    kind: str
    by: str
    about: str
    event: str
    words: str
    said: str
    strength: str
    answers: str
    source: str


class AssessmentRecord(msgspec.Struct, frozen=True):
    """Who may be behind a campaign: the machine's hypotheses, analysts' judgements, and others' claims, kept apart.

    `band` is null where no public data calibrates the likelihood. `evidence` supports the leading hypothesis or none,
    `against` lies against it. `names_shown` is false where names of actors were taken out.
    """

    schema: str
    campaign: str
    made: str | None
    method: str
    level: str
    leading: str
    abstains: bool
    because: str
    hypotheses: tuple[HypothesisRecord, ...]
    band: str | None
    confidence: str
    consistent_with: tuple[str, ...]
    evidence: tuple[EvidenceRecord, ...]
    against: tuple[EvidenceRecord, ...]
    matrix: tuple[CellRecord, ...]
    without: tuple[WithoutRecord, ...]
    missing: tuple[str, ...]
    would_change: tuple[str, ...]
    caps: tuple[str, ...]
    contradictions: tuple[str, ...]
    judgements: tuple[JudgementRecord, ...]
    claims: tuple[QuoteRecord, ...]
    names_shown: bool
    exercise: bool


def assessment_record(
    one: Assessment,
    judgements: tuple[JudgementRecord, ...],
    claims: tuple[QuoteRecord, ...],
    *,
    names_shown: bool,
) -> AssessmentRecord:
    """The published form of an assessment with what stands beside it."""
    marks = {cell.evidence: cell.mark for cell in one.cells if cell.hypothesis == one.leading}
    against = {id for id, mark in marks.items() if mark.endswith("inconsistent")}
    return AssessmentRecord(
        ASSESSMENT_SCHEMA,
        one.campaign,
        rfc3339(one.made_s),
        one.method,
        one.level,
        one.leading,
        one.abstains,
        one.because,
        tuple(
            HypothesisRecord(
                each.id,
                each.title,
                each.kind,
                round(each.probability, 4),
                round(each.low, 4),
                round(each.high, 4),
                each.calibration or None,
                round(each.inconsistency, 3),
            )
            for each in one.hypotheses
        ),
        one.band or None,
        one.confidence,
        one.consistent_with,
        tuple(_evidence(each) for each in one.evidence if each.id not in against),
        tuple(_evidence(each) for each in one.evidence if each.id in against),
        tuple(
            CellRecord(each.evidence, each.hypothesis, each.mark, round(each.weight, 3), each.text)
            for each in one.cells
        ),
        tuple(
            WithoutRecord(each.evidence, each.leading, round(each.probability, 4), each.level)
            for each in one.without
        ),
        one.missing,
        one.would_change,
        one.caps,
        one.contradictions,
        judgements,
        claims,
        names_shown,
        one.exercise,
    )


def assessment_line(record: AssessmentRecord) -> bytes:
    """One assessment as a line of JSON, line end included."""
    return plain_json(record) + b"\n"


def _evidence(one: Evidence) -> EvidenceRecord:
    return EvidenceRecord(
        one.id,
        one.kind,
        one.value,
        one.text,
        tuple(PlaceRecord(place.sha256, place.where) for place in one.places),
        one.mails,
        one.of,
        one.source,
        one.origin,
        rfc3339(one.date_s),
        one.forgeability,
        one.names,
        None if one.grade in ("", "F6") else one.grade,
        one.graded_by,
    )
