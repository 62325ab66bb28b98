"""Competing answers to "who is behind it", and how probable each piece of evidence would be under them.

Whether a mail is reconnaissance was judged mail by mail; here only the question *whose* is asked. Published habits are
few and overlap, so a profile that is silent on a habit is not held against its actor: only what a profile says
otherwise, or denies, disconfirms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tocsin.attribute.signs import SIGN
from tocsin.model.actor import Actor, Statement
from tocsin.model.assessment import Evidence

UNKNOWN, CRIMINAL, MARKETING = "unknown", "criminal", "marketing"
STANDING = (UNKNOWN, CRIMINAL, MARKETING)  # hypotheses that are always weighed
TITLES = {
    UNKNOWN: "an actor of whom nothing fitting is published",
    CRIMINAL: "criminals, with fraud as the aim",
    MARKETING: "ordinary marketing",
}

# Kinds of evidence that are compared with what profiles state; infrastructure is weighed by its own model.
_LEAST_RATE, _MOST_RATE = 0.02, 0.9  # few mails were counted: no sign is held for impossible or sure
COMPARED = ("technique", "sign", "theme", "target")


class Assumptions(msgspec.Struct, frozen=True):
    """What no public data can fit, so that it is stated here and varied to see what the answer hangs on.

    `criminal` and `actors` are prior shares of hostile mail (the rest is an unknown actor); `actors` is divided equally
    among all profiles at hand. `stated` is how probable a habit is for an actor of whom it was published, `denied` for
    one of whom the opposite was; `otherwise` is the factor for an actor of whom another habit of the same sort was
    published. `cap` is the most nats that all of this together moves one hypothesis against an unknown actor.
    """

    criminal: float = 0.3
    actors: float = 0.2
    stated: float = 0.6
    denied: float = 0.05
    otherwise: float = 0.5
    cap: float = math.log(8.0)


USUAL = Assumptions()
# The corners between which the answer is shown as an interval.
VARIED = (
    Assumptions(stated=0.4, otherwise=0.7),
    Assumptions(stated=0.8, otherwise=0.3),
    Assumptions(actors=0.1, criminal=0.4),
    Assumptions(actors=0.4, criminal=0.2),
    Assumptions(cap=math.log(3.0)),
    Assumptions(cap=math.log(20.0)),
)


class Rates(msgspec.Struct, frozen=True):
    """How often ordinary mail shows a sign or theme: shares 0..1 by value, measured on real mail.

    `marketing` are newsletters and bulk, `criminal` spam and phishing.
    """

    marketing: Mapping[str, float] = {}
    criminal: Mapping[str, float] = {}


class Published(msgspec.Struct, frozen=True):
    """What profiles say of one piece of evidence, by actor: the statement that fits it, or denies it.

    `otherwise` are actors of whom something else of the same sort was published. `share` is the share of all profiles
    that state it.
    """

    fitting: Mapping[str, Statement]
    denying: Mapping[str, Statement]
    otherwise: frozenset[str]
    share: float


def published(evidence: Evidence, actors: Sequence[Actor], day: str = "") -> Published:
    """What `actors` are said to do of what the evidence shows; `day` ("2021-01-20") leaves out what ended before it.

    Profiles of crime in general speak for the hypothesis "criminal".
    """
    fitting: dict[str, Statement] = {}
    denying: dict[str, Statement] = {}
    otherwise: set[str] = set()
    for actor in actors:
        id = CRIMINAL if actor.kind == "criminal" else actor.id
        for one in actor.statements:
            if one.kind != evidence.kind or (one.until and day and one.until < day):
                continue
            if fits(one.value, evidence.value):
                (denying if one.denied else fitting).setdefault(id, one)
            elif not one.denied and _sort(one.kind, one.value) == _sort(evidence.kind, evidence.value):
                otherwise.add(id)
    both = fitting.keys() & denying.keys()  # a profile that contradicts itself says nothing
    for id in both:
        del fitting[id], denying[id]
    return Published(
        fitting,
        denying,
        frozenset(otherwise - fitting.keys() - denying.keys() - both),
        len(fitting) / len(actors) if actors else 0.0,
    )


def fits(stated: str, shown: str) -> bool:
    """Whether a stated value covers a shown one: the same, or for techniques the parent of it."""
    return bool(stated) and (shown == stated or shown.startswith(f"{stated}."))


def _sort(kind: str, value: str) -> str:
    """What values of one sort have in common: an actor known for one of them is less likely to show another."""
    if kind == "sign":
        sign = SIGN.get(value)
        return f"sign {sign.origin}" if sign is not None else f"sign {value}"
    if kind == "target":
        return f"target {value.partition(':')[0]}"
    return "theme" if kind == "theme" else f"{kind} {value}"


def log_probability(
    evidence: Evidence, said: Published, hypothesis: str, rates: Rates, assumed: Assumptions
) -> float:
    """ln P(evidence | hypothesis), for evidence of the kinds COMPARED.

    What ordinary mail often shows is as usual in mail of those of whom nothing is known.
    """
    base = 0.1 + (assumed.stated - 0.1) * said.share  # of an actor of whom nothing is known
    if evidence.kind != "target":  # people who were chosen; all else was counted in ordinary mail
        ordinary = (rates.marketing.get(evidence.value, 0.0) + rates.criminal.get(evidence.value, 0.0)) / 2
        base = min(max(base, ordinary), _MOST_RATE)
    if hypothesis == UNKNOWN:
        return math.log(base)
    if hypothesis in (CRIMINAL, MARKETING):
        known = rates.criminal if hypothesis == CRIMINAL else rates.marketing
        measured = known.get(evidence.value, 0.0) if evidence.kind != "target" else 0.0
        # Crime at large is wider than any profile of it, and techniques read off mail only say signs again.
        told = hypothesis in said.fitting and evidence.kind != "technique"
        stated = assumed.stated / 2 if told else 0.0
        return math.log(min(max(measured, stated, _LEAST_RATE), _MOST_RATE) if measured or stated else base)
    if hypothesis in said.fitting:
        return math.log(max(assumed.stated, base))
    if hypothesis in said.denying:
        return math.log(assumed.denied)
    if hypothesis in said.otherwise:
        return math.log(base * assumed.otherwise)
    return math.log(base)


def candidates(evidence: Iterable[Evidence], said: Mapping[str, Published], most: int) -> tuple[str, ...]:
    """Actors worth a hypothesis of their own, the most often fitting first: at most `most`, named ones always."""
    count: dict[str, float] = {}
    named: dict[str, None] = {}
    for one in evidence:
        for id in one.names:
            named[id] = None
        if one.id in said:
            share = said[one.id].share
            for id in said[one.id].fitting.keys() - {CRIMINAL}:
                count[id] = count.get(id, 0.0) + math.log(1.0 / max(share, 1e-6))
    order = sorted(count, key=lambda id: (-count[id], id))
    return tuple(dict.fromkeys((*sorted(named), *order)))[: max(most, len(named))]
