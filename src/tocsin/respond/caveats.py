"""What may be told to whom: TLP 2.0 on every fact, and what is left out of a text because of it (the tear line).

AMBER may be told to those who need it to protect themselves, AMBER+STRICT and RED only where their source released it
(FIRST, Traffic Light Protocol 2.0). A fact is as strict as the strictest thing it was made from. PAP speaks of acts,
not of telling: a notice names nothing that a marked fact asks to look for or block.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from tocsin.model.claim import Claim
from tocsin.model.fact import (
    Claimed,
    Cleared,
    CouldShow,
    Fact,
    Happened,
    Judged,
    Mark,
    Matched,
    Others,
    Release,
    SentMails,
    Signs,
    Withheld,
)
from tocsin.model.intel import TLPS

UNMARKED = "AMBER"  # what somebody else gave without saying how far it may go

# The strictest mark that each audience may be told without a release.
_MAY_BE_TOLD = {
    "person": "AMBER",
    "delegate": "AMBER",
    "owner": "AMBER",
    "affected": "GREEN",
    "public": "CLEAR",
}
# Facts about one person's mail are told to that person, whoever reads that mailbox, and whoever answers for it.
_ABOUT_A_PERSON = (SentMails, CouldShow, Signs, Matched)
_THEIRS = frozenset({"person", "delegate", "owner"})

_KINDS: dict[type, str] = {
    SentMails: "mails that were sent",
    CouldShow: "what the mails could have shown",
    Signs: "how strong the signs are",
    Others: "how many others were sent such mails",
    Matched: "a match with intelligence",
    Claimed: "what somebody said about who did it",
    Judged: "a judgement about who did it",
    Happened: "something else that happened",
}
_ANSWER = "an answer to what somebody said"


def clear(facts: Sequence[Fact], audience: str, releases: Collection[Release] = ()) -> Cleared:
    """What may be told to `audience` (of `model.fact.AUDIENCES`), and what was left out; raises KeyError for others.

    A claim is told with every answer to it or not at all: half of what is contested is no honest half. What is left out
    keeps nothing of its content.
    """
    ceiling = _MAY_BE_TOLD[audience]
    told: list[Fact] = []
    withheld: list[Withheld] = []
    for fact in facts:
        if isinstance(fact, _ABOUT_A_PERSON) and audience not in _THEIRS:
            continue  # nobody's to tell here, however it is marked
        left = _left_out(fact, audience, ceiling, releases)
        if left:
            withheld.extend(left)
        else:
            told.append(_bare(fact))
    return Cleared(audience, tuple(told), tuple(dict.fromkeys(withheld)))


def strictest(marks: Sequence[Mark], ref: str = "", source: str = "", ask: str = "") -> Mark:
    """The mark of what was made from several marked things, which is released by its own `ref`."""
    tlps = [effective(mark) for mark in marks]
    return Mark(max(tlps, key=TLPS.index, default=""), source=source, ask=ask, ref=ref)


def effective(mark: Mark) -> str:
    """The TLP that counts: that of the mark, for what others gave unmarked UNMARKED, for our own "CLEAR"."""
    if mark.tlp in TLPS:
        return mark.tlp
    if mark.tlp:
        return "RED"  # a mark that nobody knows: as strict as can be
    return UNMARKED if mark.source else "CLEAR"


def may_be_told(mark: Mark, audience: str, releases: Collection[Release] = ()) -> bool:
    """Whether a fact with this mark may be told to this audience."""
    if TLPS.index(effective(mark)) <= TLPS.index(_MAY_BE_TOLD[audience]):
        return True
    return bool(mark.ref) and any(one.ref == mark.ref and one.audience == audience for one in releases)


def mark_of(claim: Claim) -> Mark:
    """The mark of a claim; what was published by whoever said it is CLEAR only where it is marked so."""
    return Mark(claim.tlp, "", claim.reported_by or claim.by, claim.reported_by or claim.by, claim.id)


def _left_out(fact: Fact, audience: str, ceiling: str, releases: Collection[Release]) -> list[Withheld]:
    left = []
    if not may_be_told(fact.mark, audience, releases):
        left.append(_withheld(_KINDS[type(fact)], fact.mark, audience, ceiling))
    if isinstance(fact, Claimed):
        claim, answers = mark_of(fact.claim), [mark_of(answer) for answer in fact.answers]
        if not left and not may_be_told(claim, audience, releases):
            left.append(_withheld(_KINDS[Claimed], claim, audience, ceiling))
        left += [
            _withheld(_ANSWER, answer, audience, ceiling)
            for answer in answers
            if not may_be_told(answer, audience, releases)
        ]
    return left


def _withheld(kind: str, mark: Mark, audience: str, ceiling: str) -> Withheld:
    tlp = effective(mark)
    marked = f"it is marked TLP:{tlp}" if mark.tlp else f"it is not marked, and counts as TLP:{tlp}"
    why = f"{marked}, and {audience} may be told what is marked TLP:{ceiling} or freer, or released"
    return Withheld(kind, tlp, mark.source, mark.ref, why, mark.ask or mark.source)


def _bare(fact: Fact) -> Fact:
    """A fact without what only its keeper needs: whom to ask, and by which reference."""
    return msgspec.structs.replace(fact, mark=Mark(fact.mark.tlp, fact.mark.pap, fact.mark.source))
