"""Judgements and claims as STIX 2.1: one attribution at most, and only a signed one; all else travels as notes.

Competing `attributed-to` edges would read as several attributions, so a signed judgement of level "actor" that stands
alone becomes one; other judgements, claims and denials are notes on the campaign that quote who said what. Grades of
evidence are opinions on the indicators of others that they are about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tocsin.model.claim import Claim
from tocsin.model.intel import Combination, Indicator, Pattern
from tocsin.model.judgement import Judgement
from tocsin.model.sharing import SharedCampaign

Object = dict[str, Any]
Head = Callable[[str, str], Object]  # type and id → the properties that every object of the export has
Naming = Callable[[str, str], str]  # type and name → a stable id

# STIX 2.1, appendix A: none, low, medium, high as numbers.
_CONFIDENCE = {"low": 15, "moderate": 50, "high": 85}
# Admiralty: how credible the information is; 6 cannot be judged and says nothing.
_OPINIONS = {"1": "strongly-agree", "2": "agree", "3": "neutral", "4": "disagree", "5": "strongly-disagree"}


def judged_objects(
    shared: SharedCampaign,
    campaign: str,
    indicators: dict[str, Indicator],
    head: Head,
    named: Naming,
    titled: Callable[[str], str] = str,
) -> Iterator[Object]:
    """What analysts signed and others claimed about a campaign; `campaign` is its STIX id.

    `titled` marks what comes from an exercise. `indicators` are those of others in the same bundle, by STIX id.
    """
    judgement = shared.judgement
    if judgement is not None:
        if judgement.level == "actor":
            actor = named("intrusion-set", titled(judgement.title))
            yield {**head("intrusion-set", actor), "name": titled(judgement.title)}
            yield {
                **head("relationship", named("relationship", f"{campaign} attributed-to {actor}")),
                "relationship_type": "attributed-to",
                "source_ref": campaign,
                "target_ref": actor,
                "confidence": _CONFIDENCE[judgement.confidence],
                "description": likelihood(judgement),
            }
        yield {
            **head("note", named("note", judgement.id)),
            "abstract": "Signed judgement",
            "content": titled(judgement_text(judgement)),
            **({"authors": [shared.signer]} if shared.signer else {}),
            "object_refs": [campaign],
        }
        yield from _opinions(judgement, indicators, head, named)
    for claim in shared.claims:
        yield {
            **head("note", named("note", f"{claim.id} {campaign}")),  # a claim may be about several campaigns
            "abstract": f"Claim: {claim.kind}",
            "content": claim_text(claim),
            **({} if claim.kind == "no-response" else {"authors": [claim.by]}),
            "object_refs": [campaign],
        }


def judgement_text(one: Judgement) -> str:
    """A signed judgement without its signer's name; likelihood and confidence in sentences of their own."""
    return f"{likelihood(one)} Confidence in this is {one.confidence}. Level of the claim: {one.level}."


def likelihood(one: Judgement) -> str:
    """How likely the signer holds it."""
    return f"That it is {one.title} is held to be {one.low} to {one.high} percent likely, by an analyst’s signature."


def claim_text(one: Claim) -> str:
    """A claim with its speaker, date and exact words."""
    when = one.said or "no date given"
    words = f": “{one.words}”" if one.words else ""
    kind = {
        "attribution": "says",
        "confirmation": "confirms",
        "denial": "denies",
        "answer": "answers",
        "no-response": "has given no response yet",
        "retraction": "takes back",
    }[one.kind]
    reported = f"reported by {one.reported_by}; " if one.reported_by else ""
    return f"{one.by} {kind} ({when}, about {one.event_title or one.event}){words} [{reported}{one.source}]"


def _opinions(
    judgement: Judgement, indicators: dict[str, Indicator], head: Head, named: Naming
) -> Iterator[Object]:
    for what, grade in judgement.grades:
        opinion = _OPINIONS.get(grade[1:])
        value = what.partition(" ")[2]
        if opinion is None or not value:
            continue
        for id, one in sorted(indicators.items()):
            if value in _values(one.pattern):
                yield {
                    **head("opinion", named("opinion", f"{judgement.id} {id}")),
                    "opinion": opinion,
                    "explanation": f"Graded {grade} (Admiralty) by an analyst of the producer.",
                    "object_refs": [id],
                }


def _values(pattern: Pattern) -> frozenset[str]:
    if isinstance(pattern, Combination):
        return frozenset(value for part in pattern.parts for value in _values(part))
    return frozenset(pattern.values)
