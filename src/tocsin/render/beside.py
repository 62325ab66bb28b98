"""What stands beside an assessment and counts in nothing of it: judgements of analysts, claims of others."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.claim import Claim
from tocsin.model.judgement import Standing
from tocsin.render.assessment_records import JudgementRecord, QuoteRecord
from tocsin.render.records import rfc3339


def judgement_records(standing: Standing) -> tuple[JudgementRecord, ...]:
    """All judgements on a campaign but withdrawing ones, each with whether it counts."""
    return tuple(
        JudgementRecord(
            one.judgement.id,
            one.analyst.name if one.analyst is not None else one.judgement.analyst,
            rfc3339(one.judgement.signed_s),
            one.judgement.hypothesis,
            one.judgement.title,
            one.judgement.low,
            one.judgement.high,
            one.judgement.confidence,
            one.judgement.level,
            one.judgement.basis,
            one.counts,
            one.problem,
        )
        for one in standing.all
        if not one.judgement.withdraws
    )


def quote_records(claims: Iterable[Claim]) -> tuple[QuoteRecord, ...]:
    """Claims as they are quoted."""
    return tuple(
        QuoteRecord(
            one.id,
            one.kind,
            one.by,
            one.about,
            one.event,
            one.words,
            one.said,
            one.strength,
            one.answers,
            one.source,
        )
        for one in claims
    )
