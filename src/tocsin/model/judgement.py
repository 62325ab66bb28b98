"""What a person judged and signed: apart from what the machine computed, dated, never overwritten."""

from __future__ import annotations

import msgspec

CONFIDENCES = ("low", "moderate", "high")


class Analyst(msgspec.Struct, frozen=True):
    """Someone who may sign; `id` is "a-" and twelve hex digits of the key, `public_key` 32 bytes of Ed25519."""

    id: str
    name: str
    public_key: bytes
    added_s: float
    added_by: str
    role: str = ""
    retired_s: float | None = None
    retired_by: str = ""


class Judgement(msgspec.Struct, frozen=True):
    """An analyst's signed answer for one campaign as it stood.

    `members` is the SHA-256 over the sorted SHA-256 of the members it was made on, so that a campaign that grew is
    told. `hypothesis` is an actor's id, "unknown", "criminal" or "marketing"; `title` its name as the analyst writes
    it. `low` and `high` are the likelihood in percent, within one ICD-203 row; `confidence` is of CONFIDENCES, `level`
    of `model.assessment.LEVELS`. `basis` says why, `alternatives` what else was weighed. `evidence` are ids of
    evidence and `claims` ids of claims that it rests on; `grades` are grades that the analyst gives to evidence, pairs
    of the evidence's kind and value joined by a blank, and the grade. `withdraws` is the judgement that this one takes
    back, and stands for no other answer then. `signature` is Ed25519 over the canonical bytes of all other fields.
    """

    id: str
    campaign: str
    members: str
    analyst: str
    signed_s: float
    hypothesis: str
    title: str
    low: int
    high: int
    confidence: str
    level: str
    basis: str
    alternatives: str = ""
    evidence: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    grades: tuple[tuple[str, str], ...] = ()
    withdraws: str = ""
    signature: bytes = b""


class Telling(msgspec.Struct, frozen=True):
    """That a target was told of a campaign, or that it was tried; `person` is the owner's address.

    `result` is "told", "attempted" or "declined"; `how` says by which way ("telephone", "letter", "in person", …).
    """

    id: str
    campaign: str
    person: str
    at_s: float
    how: str
    result: str
    by: str
    note: str = ""
