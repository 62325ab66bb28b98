"""What can be said about who is behind a campaign: evidence, competing hypotheses, and what is missing."""

from __future__ import annotations

import msgspec

EVIDENCE_KINDS = ("technique", "sign", "infrastructure", "observable", "theme", "target", "timing")
FORGEABILITY = ("anyone", "with-effort", "hard")

# The level of a claim, the weakest first. A machine never reaches "actor"; "resembles" is "consistent with".
LEVELS = ("none", "linked-mails", "cluster", "resembles", "actor")
HYPOTHESIS_KINDS = ("actor", "unknown", "criminal", "marketing")
# How a piece of evidence lies to a hypothesis, as in an ACH matrix; "none" says nothing either way.
MARKS = ("strongly-inconsistent", "inconsistent", "none", "consistent", "strongly-consistent")


class Place(msgspec.Struct, frozen=True):
    """Where evidence can be looked at: a mail (SHA-256), and the part, header or field in it."""

    sha256: str
    where: str = ""


class Evidence(msgspec.Struct, frozen=True):
    """One piece of evidence on a campaign.

    `id` is "e" and a number, stable for one campaign and one state of the store ("" before numbering). `kind` is of
    EVIDENCE_KINDS; `value` is what profiles are compared with, as in `model.actor.Statement`; for infrastructure it is
    the domain, host, address or network. `text` says it for people, not defanged. `places` are some of the mails that
    show it (`mails` counts all, `of` the campaign's). `source` is who says so: "campaign" for what the mails
    themselves show, else the intelligence's source id; `names` are the actors (ids of profiles) whom that source ties
    it to. `origin` is what it depends on: pieces with the same origin count once. `date_s` is when it was seen or
    published. `grade` is an Admiralty grade, "F6" from the machine. `forgeability` is of FORGEABILITY.
    """

    id: str
    kind: str
    value: str
    text: str
    places: tuple[Place, ...]
    mails: int
    of: int
    source: str
    origin: str
    date_s: float | None
    forgeability: str
    names: tuple[str, ...] = ()
    grade: str = "F6"
    graded_by: str = ""


class Hypothesis(msgspec.Struct, frozen=True):
    """One answer to "who is behind it", with its probability 0..1 and an interval around it.

    `id` is an actor's id, "unknown", "criminal" or "marketing"; `kind` of HYPOTHESIS_KINDS. `calibration` names the
    kind of evidence whose held-out error rates the probability rests on ("infrastructure", "techniques"), "" where no
    public data of that kind exists: then no band of likelihood is given.
    """

    id: str
    title: str
    kind: str
    probability: float
    low: float
    high: float
    calibration: str = ""
    inconsistency: float = (
        0.0  # sum of the weights that speak against it, in nats, 0 or negative: ACH ranks by it
    )


class Cell(msgspec.Struct, frozen=True):
    """One cell of the ACH matrix: how a piece of evidence lies to a hypothesis, and why.

    `mark` is of MARKS; `weight` is the log-likelihood ratio in nats against the mean of the hypotheses, 0 where
    another piece of its origin counted; `text` quotes what the mark rests on.
    """

    evidence: str
    hypothesis: str
    mark: str
    weight: float
    text: str = ""


class Calibrated(msgspec.Struct, frozen=True):
    """What a model with measured error rates says of one actor, from evidence of one kind.

    `calibration` is "infrastructure" or "techniques"; `probability` and its interval are 0..1. `answers` is False
    where the model abstains: then `because` says why, and nothing else counts. `evidence` are the ids it rests on,
    `origins` how many independent sources stand behind them.
    """

    actor: str
    calibration: str
    probability: float
    low: float
    high: float
    answers: bool
    because: str = ""
    evidence: tuple[str, ...] = ()
    origins: int = 0


class Without(msgspec.Struct, frozen=True):
    """The answer without one origin of evidence: which hypothesis leads then, and how probable it is."""

    origin: str
    evidence: tuple[str, ...]
    leading: str
    probability: float
    level: str


class Assessment(msgspec.Struct, frozen=True):
    """The machine's answer for one campaign; an analyst's judgement (`model.judgement`) stands apart from it.

    `level` is of LEVELS, `leading` the id of the hypothesis that leads, "" where none does. `abstains` tells that no
    actor is named, `because` says why in a sentence. `band` are ICD-203 words for `leading`
    or "" (see Hypothesis.calibration); `consistent_with` are actors whose published habits the mails do not contradict;
    `confidence` is "low", "moderate" or "high", and the machine's is never "high". `caps` are sentences on what held
    the answer down. `missing` is evidence that was looked for and is not there, `would_change` what would move the
    answer. `contradictions` are pieces of evidence that speak against each other.
    """

    campaign: str
    made_s: float
    method: str
    level: str
    leading: str
    abstains: bool
    because: str
    hypotheses: tuple[Hypothesis, ...]
    evidence: tuple[Evidence, ...]
    cells: tuple[Cell, ...]
    without: tuple[Without, ...]
    missing: tuple[str, ...]
    would_change: tuple[str, ...]
    caps: tuple[str, ...]
    contradictions: tuple[str, ...]
    band: str
    confidence: str
    consistent_with: tuple[str, ...] = ()
    exercise: bool = False
