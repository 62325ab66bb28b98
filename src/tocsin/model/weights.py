"""The documented log-likelihood ratios that judging adds up."""

from __future__ import annotations

import msgspec


class DetectorWeight(msgspec.Struct, frozen=True):
    """What one detector's finding is worth, in nats, by level ("" for detectors without levels).

    Positive speaks for, negative against; a question the finding does not bear on has no entry. `group`
    names the correlated findings it shares a cap with. `source` says where the number comes from.
    """

    group: str
    source: str
    reconnaissance: dict[str, float] = {}
    phishing: dict[str, float] = {}


class Weights(msgspec.Struct, frozen=True):
    """All of weights.toml: `caps` bounds the absolute sum of a group's weights, for and against apart."""

    version: str
    prior: float  # P(reconnaissance) of a mail about which nothing is known
    phishing_prior: float
    prior_source: str
    caps: dict[str, float]
    detectors: dict[str, DetectorWeight]
