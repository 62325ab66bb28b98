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

    `members` are the SHA-256 of the mails it was made on, sorted, so that a campaign that grew or came apart is told.
    `hypothesis` is an actor's id, "unknown", "criminal" or "marketing"; `title` its name in the profile. `low` and
    `high` are the likelihood in percent, within one ICD-203 row; `confidence` is of CONFIDENCES, `level` of
    `model.assessment.LEVELS`. `basis` says why, `alternatives` what else was weighed. `evidence` are kind and value of
    evidence, joined by a blank, and `claims` ids of claims that it rests on; `grades` are grades that the analyst gives
    to evidence: kind and value likewise, and the grade. `withdraws` is the judgement that this one takes back, and
    stands for no other answer then. `signature` is Ed25519 over the canonical bytes of all other fields but `id`.
    """

    id: str
    campaign: str
    members: tuple[str, ...]
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


class Signed(msgspec.Struct, frozen=True):
    """A judgement as it was found: whether it counts, and if not why, or what to know of it, in a sentence.

    `analyst` is None where the store does not know the signer. `later` counts mails that joined the campaign since.
    `authentic` tells that the signature holds, whether the judgement counts or not; `withdrawn` that besides its signer
    took it back. `lost_claims` are those that it rests on and that were withdrawn since.
    """

    judgement: Judgement
    analyst: Analyst | None
    counts: bool
    problem: str = ""
    later: int = 0
    withdrawn: bool = False
    authentic: bool = False
    lost_claims: tuple[str, ...] = ()


class Standing(msgspec.Struct, frozen=True):
    """What analysts hold of one campaign: `judgement` is what may be said outside, None where nobody signed, or where
    analysts disagree about who it is. `all` are all judgements, the newest first; `disagree` tells of the latter.
    """

    judgement: Judgement | None = None
    analyst: Analyst | None = None
    all: tuple[Signed, ...] = ()
    disagree: bool = False


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
