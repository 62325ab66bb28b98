"""The documented log-likelihood ratios that judging adds up."""

from __future__ import annotations

import msgspec


class Fitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A weight fitted on data, in nats, with what it rests on: pairs of mails with the finding, and of all mails.

    `hostile` and `hard` count simulated mail, reconnaissance and benign; `real` real benign mail.
    """

    weight: float
    hostile: tuple[int, int]
    hard: tuple[int, int]
    real: tuple[int, int]


class DetectorWeight(msgspec.Struct, frozen=True):
    """What one detector's finding is worth, in nats, by level ("" for detectors without levels).

    Positive speaks for, negative against; a question the finding does not bear on has no entry. `group`
    names the correlated findings it shares a cap with. `source` says where the number comes from. `judged` are
    the weights for reconnaissance as people set them, `fitted` what data made of them where there were any;
    `reconnaissance` is what counts.
    """

    group: str
    source: str
    reconnaissance: dict[str, float] = {}
    phishing: dict[str, float] = {}
    judged: dict[str, float] = {}
    fitted: dict[str, Fitted] = {}


class Weights(msgspec.Struct, frozen=True):
    """weights.toml and fitted.toml: `caps` bounds the absolute sum of a group's weights, for and against apart.

    No fitted weight exceeds `fitted_cap`: what is hostile in the data is simulated.
    """

    version: str
    prior: float  # P(reconnaissance) of a mail about which nothing is known
    phishing_prior: float
    prior_source: str
    caps: dict[str, float]
    detectors: dict[str, DetectorWeight]
    fitted_cap: float = 0.0
