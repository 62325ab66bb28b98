"""What may be told to whom: TLP 2.0 on every fact, and what is left out of a text because of it (the tear line).

AMBER may be told to those who need it to protect themselves, AMBER+STRICT and RED only where their source released it
(FIRST, Traffic Light Protocol 2.0). A fact is as strict as the strictest thing it was made from. PAP speaks of acts,
not of telling: no fact holds an indicator's value, so that nobody is asked to look for, block or report one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from tocsin.model.claim import Claim
from tocsin.model.exposure import Exposure, MailExposure
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
from tocsin.model.marks import counts_as
from tocsin.respond.exposure import gathered

# The strictest mark that each audience may be told without a release.
_MAY_BE_TOLD = {
    "person": "AMBER",
    "delegate": "AMBER",
    "owner": "AMBER",
    "affected": "GREEN",
    "public": "CLEAR",
}
_READERS = {
    "person": "the person",
    "delegate": "those who read the mailbox",
    "owner": "those who answer for the domain",
    "affected": "those affected",
    "public": "the public",
}
_EVERYONE = "public"  # what was released to the public was released to all
# Facts about one person's mail are told to that person, whoever reads that mailbox, and whoever answers for it.
_ABOUT_A_PERSON = (SentMails, CouldShow, Signs, Matched)
_THEIRS = frozenset({"person", "delegate", "owner"})
_NOT_PRIVATE = frozenset({"delegate", "owner"})  # learn nothing of mailboxes outside the organisation

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
_ANSWERED = "a claim that what somebody said answers"
_ACCUSING = ("attribution", "confirmation")
_AGREEING = "confirmation"  # left out alone; whatever speaks against a claim takes the claim with it
_TELL_STAFF = "tell-staff"
_MOST_TEXTS = 5


class _Left(msgspec.Struct, frozen=True):
    """Something that may not be told, in neutral words, and its mark; `whole` tells that all of the fact goes too."""

    kind: str
    mark: Mark
    whole: bool


def clear(facts: Sequence[Fact], audience: str, releases: Collection[Release] = ()) -> Cleared:
    """What may be told to `audience` (of `model.fact.AUDIENCES`), and what was left out; raises KeyError for others.

    A claim is told with all that was said against it or not at all: half of what is contested is no honest half; what
    answers a claim that is left out is left out. What is left out keeps nothing of its content.
    """
    ceiling, let_out = _MAY_BE_TOLD[audience], let_out_to(releases, audience)
    hidden = _hidden(_at_hand(facts), ceiling, let_out)
    private = _private(facts) if audience in _NOT_PRIVATE else frozenset()
    told: list[Fact] = []
    withheld: list[Withheld] = []
    for fact in facts:
        if isinstance(fact, _ABOUT_A_PERSON) and audience not in _THEIRS:
            continue  # nobody's to tell here, however it is marked
        if isinstance(fact, CouldShow) and audience == "owner":
            continue  # how somebody reads their mail is theirs to tell
        left = tuple(_left_out(fact, hidden, ceiling, let_out))
        withheld += [_withheld(one.kind, one.mark, audience, ceiling) for one in left]
        if any(one.whole for one in left):
            continue
        if isinstance(fact, Claimed):
            answers = tuple(one for one in fact.answers if one.id not in hidden)
            fact = msgspec.structs.replace(fact, answers=answers)
        reduced = _without(fact, private, facts) if private else fact
        if reduced is not None:
            told.append(_bare(reduced))
    return Cleared(audience, tuple(_most_others(told)), tuple(dict.fromkeys(withheld)))


def effective(mark: Mark) -> str:
    """The TLP that counts, with all that the fact was made from."""
    found = [_own(mark), *(effective(one) for one in mark.all_of)]
    if mark.any_of:
        found.append(min((effective(one) for one in mark.any_of), key=TLPS.index))
    return max(found, key=TLPS.index)


def may_be_told(mark: Mark, audience: str, releases: Collection[Release] = ()) -> bool:
    """Whether a fact with this mark may be told to this audience."""
    return not any(_blocking(mark, _MAY_BE_TOLD[audience], let_out_to(releases, audience)))


def let_out_to(releases: Collection[Release], audience: str) -> frozenset[str]:
    """What is released to an audience, by reference."""
    return frozenset(
        one.ref
        for one in releases
        if one.ref and one.withdrawn_s is None and one.audience in (audience, _EVERYONE)
    )


def claims_within(
    claims: Sequence[Claim], every: Iterable[Claim], ceiling: str, let_out: Collection[str] = ()
) -> tuple[Claim, ...]:
    """Those of the claims that may go where nothing stricter than `ceiling` (of TLPS) may, but what was `let_out`.

    The rule of `clear`: what answers a claim that stays is left out, and a claim without what was said against it.
    `every` are all claims that are kept.
    """
    known = {one.id: (one, mark_of(one)) for one in (*every, *claims)}
    gone = set(_hidden(known, ceiling, let_out))
    contested = [one for one in claims if one.id in gone and one.kind != _AGREEING]
    for silent in contested:
        if silent.answers:
            gone |= {one.id for one, _ in _line(silent.id, known)}
        elif silent.kind not in _ACCUSING:
            gone |= {one.id for one in claims if one.kind in _ACCUSING and one.event == silent.event}
    return tuple(one for one in claims if not any(each.id in gone for each, _ in _line(one.id, known)))


def may_go(mark: Mark, ceiling: str, let_out: Collection[str] = ()) -> bool:
    """Whether a fact may go where nothing stricter than `ceiling` (of TLPS) may, but what was `let_out`."""
    return not any(_blocking(mark, ceiling, let_out))


def mark_of(claim: Claim) -> Mark:
    """The mark of a claim; what was published by whoever said it is CLEAR only where it is marked so."""
    source = claim.reported_by or claim.by or "somebody who is not named"
    return Mark(claim.tlp, "", source, source, claim.id)


def sent_mails(mark: Mark, person: str, mails: Sequence[MailExposure], private: Collection[str]) -> SentMails:
    """What these mails tell of themselves; each counts once, however many read it."""
    times = [mail.sent_s for mail in mails if mail.sent_s is not None]
    addresses = _first_seen(mail.address for mail in mails)
    return SentMails(
        mark,
        person,
        len({mail.sha256 for mail in mails}),
        min(times, default=None),
        max(times, default=None),
        addresses,
        tuple(address for address in addresses if address in private),
        _first_seen(mail.sender for mail in mails)[:_MOST_TEXTS],
        _first_seen(mail.subject for mail in mails)[:_MOST_TEXTS],
    )


def exposure_by(exposure: Exposure, mails: Sequence[MailExposure]) -> Exposure:
    """The exposure by some of its mails alone: nothing of it rests on the others."""
    if tuple(mails) == exposure.mails:
        return exposure
    return gathered(exposure.person, exposure.campaign, mails, delegates=_TELL_STAFF in exposure.advice)


def _own(mark: Mark) -> str:
    """The mark of the thing itself: our own, unmarked, is ours to tell."""
    return counts_as(mark.tlp) if mark.tlp or mark.source else "CLEAR"


def _blocking(mark: Mark, ceiling: str, let_out: Collection[str]) -> Iterator[Mark]:
    """The marks that would have to be released before the fact may be told; none where it may."""
    if mark.ref and mark.ref in let_out:
        return
    if TLPS.index(_own(mark)) > TLPS.index(ceiling):
        yield mark
    for one in mark.all_of:
        yield from _blocking(one, ceiling, let_out)
    ways = [tuple(_blocking(one, ceiling, let_out)) for one in mark.any_of]
    if all(ways):
        yield from (one for way in ways for one in way)


def _left_out(fact: Fact, hidden: dict[str, Mark], ceiling: str, let_out: Collection[str]) -> Iterator[_Left]:
    """What of a fact may not be told, by every mark that forbids it."""
    kind = _KINDS[type(fact)]
    claim = fact.claim if isinstance(fact, Claimed) else None
    mark = fact.mark if claim is None else Mark(all_of=(fact.mark, mark_of(claim)))
    own = [_Left(kind, one, True) for one in _blocking(mark, ceiling, let_out)]
    if not own and claim is not None and claim.id in hidden:
        own = [_Left(_ANSWERED, one, True) for one in _blocking(hidden[claim.id], ceiling, let_out)]
    yield from own
    for answer in fact.answers if isinstance(fact, Claimed) else ():
        against = answer.kind != _AGREEING
        blocking = list(_blocking(mark_of(answer), ceiling, let_out))
        if not blocking and not own and answer.id in hidden:
            blocking = list(_blocking(hidden[answer.id], ceiling, let_out))
        yield from (_Left(_ANSWER, one, against) for one in blocking)


def _at_hand(facts: Sequence[Fact]) -> dict[str, tuple[Claim, Mark]]:
    known: dict[str, tuple[Claim, Mark]] = {}
    for fact in facts:
        if isinstance(fact, Claimed):
            known[fact.claim.id] = fact.claim, Mark(all_of=(fact.mark, mark_of(fact.claim)))
            for one in fact.answers:
                known.setdefault(one.id, (one, mark_of(one)))
    return known


def _hidden(known: dict[str, tuple[Claim, Mark]], ceiling: str, let_out: Collection[str]) -> dict[str, Mark]:
    """Claims that may not be told, and those that answer them at any remove, with the mark that hides them.

    An answer to a claim that is not at hand is hidden as well: nobody knows how that one is marked.
    """
    hidden: dict[str, Mark] = {}
    for id in known:
        for one, mark in _line(id, known):
            if any(_blocking(mark, ceiling, let_out)):
                hidden[id] = mark
                break
            if one.answers and one.answers not in known:
                hidden[id] = Mark("RED", source="a claim that is not at hand", ask="whoever entered it")
                break
    return hidden


def _line(id: str, known: dict[str, tuple[Claim, Mark]]) -> Iterator[tuple[Claim, Mark]]:
    """A claim, what it answers, what that answers, and so on."""
    seen: set[str] = set()
    while id in known and id not in seen:
        seen.add(id)
        yield known[id]
        id = known[id][0].answers


def _withheld(kind: str, mark: Mark, audience: str, ceiling: str) -> Withheld:
    tlp = _own(mark)
    why = f"without a release {_READERS[audience]} may be told TLP:{ceiling} at most"
    if not mark.tlp:
        why = f"it is not marked and counts as {tlp}, and {why}"
    elif mark.tlp not in TLPS:
        why = f"its mark is none of TLP 2.0 and counts as {tlp}, and {why}"
    return Withheld(kind, tlp, mark.source, mark.ref, why, mark.ask or mark.source)


def _private(facts: Iterable[Fact]) -> frozenset[str]:
    return frozenset(address for fact in facts if isinstance(fact, SentMails) for address in fact.private)


def _without(fact: Fact, private: Collection[str], facts: Sequence[Fact]) -> Fact | None:
    """A fact without what private mailboxes add to it; None where nothing is left, or it cannot be told apart."""
    if isinstance(fact, CouldShow):
        mails = [mail for mail in fact.exposure.mails if mail.address not in private]
        return msgspec.structs.replace(fact, exposure=exposure_by(fact.exposure, mails)) if mails else None
    if not isinstance(fact, SentMails) or not fact.private:
        return fact
    shown = [one.exposure for one in facts if isinstance(one, CouldShow) and one.mark == fact.mark]
    mails = [mail for one in shown for mail in one.mails if mail.address not in private]
    return sent_mails(fact.mark, fact.person, mails, ()) if mails else None


def _most_others(told: Sequence[Fact]) -> Iterator[Fact]:
    """The facts with one count of others: the highest that may be told."""
    best = max((one for one in told if isinstance(one, Others)), key=lambda one: one.people, default=None)
    return (one for one in told if not isinstance(one, Others) or one is best)


def _bare(fact: Fact) -> Fact:
    """A fact without what only its keeper needs: whom to ask, by which reference, and what it was made from."""
    return msgspec.structs.replace(fact, mark=Mark(fact.mark.tlp, fact.mark.pap, fact.mark.source))


def _first_seen(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
