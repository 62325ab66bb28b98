"""A judged mail."""

from __future__ import annotations

import msgspec

CLASSES = ("reconnaissance", "phishing", "bulk", "tracked-personal", "no-sign")


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One reason for or against, with its log-likelihood ratio in nats and the place it rests on."""

    detector: str
    text: str
    weight: float
    where: str


class Verdict(msgspec.Struct, frozen=True, rename={"class_": "class", "for_": "for"}):
    """What the mail looks like and why.

    `likelihood` is P(reconnaissance), 0..1, from `prior` and the sum of the reasons' weights; `band` its
    ICD-203 words; `phishing` is P(credential or payment fraud), apart. `alert` is set when the class is
    reconnaissance or phishing and its likelihood is above the operator's threshold, or where intelligence in
    force meets the mail, whatever its class. `rules` names the version
    of weights that judged; `log_odds` are those of `likelihood`, in nats, to rank by. `indicator` tells that a
    reason is a piece of intelligence, which no alert budget holds back.
    """

    class_: str
    likelihood: float
    prior: float
    band: str
    alert: bool
    for_: tuple[Reason, ...]
    against: tuple[Reason, ...]
    not_evaluated: tuple[str, ...]
    phishing: float = 0.0
    rules: str = ""
    log_odds: float = 0.0
    indicator: bool = False
