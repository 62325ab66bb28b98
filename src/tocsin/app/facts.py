"""The facts that a notice could tell one person, each with the mark of whoever gave it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from tocsin.app.campaigns import known_people
from tocsin.app.claims import claims_for, load_claims
from tocsin.app.incidents import load_incidents
from tocsin.app.judgements import standing_judgement
from tocsin.app.mail_marks import OURS, Met, SingledOut, singled_out
from tocsin.mail.mentions import mentions
from tocsin.model.campaign import Campaign
from tocsin.model.campaign_view import View
from tocsin.model.claim import Claim
from tocsin.model.exposure import Exposure, MailExposure
from tocsin.model.fact import Claimed, CouldShow, Fact, Happened, Judged, Mark, Matched, Others, Signs
from tocsin.model.people import Owner
from tocsin.respond.caveats import exposure_by, mark_of, sent_mails
from tocsin.store.interface import Store

_STRONG, _SOME = 0.80, 0.55  # ICD-203: very likely, likely
_ACCUSING = ("attribution", "confirmation")
_DAY_S = 86_400.0
_MARGIN_S = 60 * _DAY_S  # a happening this long after the last mail may still belong to the story
_NAMES_INTELLIGENCE = ("infrastructure", "observable")  # kinds of evidence that indicators may stand behind
_NOBODY = SingledOut({}, {}, {})


class Common(msgspec.Struct, frozen=True):
    """What is the same for all people of one campaign.

    `facts` are the same for everybody, `claims` but for those who are named in them (their addresses, by claim).
    `singled_out` tells of the members by number, and `numbers` gives these by SHA-256 and owner. `people` are those
    of whom we know by ourselves, `all_people` everybody, which `marks` have to let out. `threshold` is the operator's.
    """

    facts: tuple[Fact, ...] = ()
    claims: tuple[Claimed, ...] = ()
    named: Mapping[str, tuple[str, ...]] = {}
    singled_out: SingledOut = _NOBODY
    numbers: Mapping[tuple[str, str], int] = {}
    people: frozenset[str] = frozenset()
    all_people: frozenset[str] = frozenset()
    marks: tuple[Mark, ...] = ()
    owners: Mapping[str, Owner] = {}
    threshold: float = 0.5


def common_facts(store: Store, view: View | None, *, threshold: float = 0.5) -> Common:
    """What is said, judged and known around a campaign; nothing for a mail by itself."""
    if view is None:
        return Common(threshold=threshold)
    campaign = view.campaign
    numbers = {(one.sha256, one.owner): one.number for one in campaign.members if one.number >= 0}
    found = singled_out(store, tuple(numbers.values()), threshold=threshold)
    known = known_people(store)
    owners = {address: known[address] for address in campaign.people if address in known}
    claims = tuple(_claimed(claims_for(store, campaign)))
    facts: list[Fact] = [*_judged(store, campaign, found), *_happened(store, campaign)]
    ours = frozenset(owner for (_, owner), number in numbers.items() if number not in found.marks)
    theirs = frozenset(campaign.people) - ours
    marks = {found.marks[number] for (_, owner), number in numbers.items() if owner in theirs}
    return Common(
        tuple(facts),
        claims,
        {one.claim.id: tuple(_named(one, campaign.people, owners)) for one in claims},
        found,
        numbers,
        ours,
        frozenset(campaign.people),
        tuple(sorted(marks, key=lambda mark: (mark.source, mark.tlp))),
        owners,
        threshold,
    )


def facts_for(
    store: Store, common: Common, exposure: Exposure, *, private: Collection[str] = ()
) -> tuple[Fact, ...]:
    """The facts for one person: their mails, what those could have shown, how strong the signs are, and `common`.

    `private` are the person's addresses outside their organisation.
    """
    person = exposure.person
    numbers = {mail.sha256: _numbers(store, common, mail.sha256, person) for mail in exposure.mails}
    every = tuple(number for found in numbers.values() for number in found)
    found = common.singled_out
    if not set(every) <= found.met.keys():
        found = singled_out(store, every, threshold=common.threshold)
    facts: list[Fact] = []
    groups: dict[Mark, list[MailExposure]] = {}
    for mail in exposure.mails:
        marks = [found.marks.get(number, OURS) for number in numbers[mail.sha256]] or [OURS]
        groups.setdefault(OURS if OURS in marks else marks[0], []).append(mail)
    for mark, mails in groups.items():
        facts.append(sent_mails(mark, person, mails, private))
        facts.append(CouldShow(mark, exposure_by(exposure, mails)))
    ours = [number for number in every if number not in found.marks]
    whole = [number for number in found.met if number not in found.marks] if common.numbers else ours
    facts += _signs(OURS if ours else next(iter(groups), OURS), (whole if ours else every), found)
    facts += _matched(one for number in every for one in found.met.get(number, ()))
    facts += _others(common, person)
    for claim in common.claims:
        others = [address for address in common.named.get(claim.claim.id, ()) if address != person]
        facts.append(_unnamed(claim, others) if others else claim)
    return (*facts, *common.facts)


def _numbers(store: Store, common: Common, sha256: str, person: str) -> tuple[int, ...]:
    """The stored mails with these bytes that came to this person."""
    if (sha256, person) in common.numbers:
        return (common.numbers[sha256, person],)
    return tuple(row.number for row in store.rows(store.numbers(sha256)) if row.owner == person)


def _signs(mark: Mark, numbers: Iterable[int], found: SingledOut) -> Iterator[Fact]:
    """How strong our own observation is: of a campaign that of its most telling mail, since they are one hand's.

    What intelligence added is left to the match, which bears its mark.
    """
    own = [found.likelihood[number] for number in numbers if number in found.likelihood]
    if own:
        yield Signs(mark, _strength(max(own)))


def _strength(likelihood: float) -> str:
    return "strong" if likelihood >= _STRONG else "some" if likelihood >= _SOME else "few"


def _matched(met: Iterable[Met]) -> list[Fact]:
    """That intelligence met the person's mails: once for each source and mark, with the first time it did."""
    first: dict[Mark, float] = {}
    for one in met:
        first[one.mark] = min(one.found_s, first.get(one.mark, one.found_s))
    return [Matched(mark, found_s) for mark, found_s in first.items()]


def _others(common: Common, person: str) -> Iterator[Fact]:
    """How many others: those of whom we know by ourselves, and all where that is more."""
    for people, mark in (
        (common.people, OURS),
        (common.all_people, Mark(all_of=common.marks)),
    ):
        if people - {person} and (people is common.people or common.marks):
            owners = [common.owners[address] for address in people if address in common.owners]
            organisations = {one.organisation for one in owners if one.organisation}
            countries = {one.country for one in owners if one.country}
            yield Others(mark, len(people - {person}), len(organisations), len(countries))


# Claims and judgements ------------------------------------------------------------------------------------


def _claimed(claims: Sequence[Claim]) -> Iterator[Claimed]:
    """Every accusation with all that was said against it or about it, at any remove."""
    known = {one.id: one for one in claims}
    for one in claims:
        if one.kind in _ACCUSING and not (one.answers in known and one.kind == "confirmation"):
            answers = (each for each in claims if each is not one and _speaks_to(each, one, known))
            yield Claimed(mark_of(one), one, tuple(answers))


def _speaks_to(answer: Claim, claim: Claim, known: Mapping[str, Claim]) -> bool:
    if not answer.answers:
        return answer.kind not in _ACCUSING and answer.event == claim.event
    seen: set[str] = set()
    at = answer
    while at.answers in known and at.answers not in seen:
        seen.add(at.answers)
        at = known[at.answers]
    return claim.id in seen


def _named(one: Claimed, people: Sequence[str], owners: Mapping[str, Owner]) -> Iterator[str]:
    """Addresses of those who were sent the mails and are named in what is not public."""
    texts = [
        " \n ".join((each.by, each.words, each.translation, each.about, each.source, each.reported_by))
        for each in (one.claim, *one.answers)
        if each.tlp != "CLEAR"
    ]
    for address in people if texts else ():
        owner = owners.get(address, Owner((address,)))
        if any(mentions(text, (*owner.addresses, address, owner.name)) for text in texts):
            yield address


def _unnamed(claim: Claimed, others: Sequence[str]) -> Claimed:
    """The claim for somebody else than those whom it names: they have to agree to it."""
    agree = tuple(
        Mark("RED", source="somebody else who was sent the mails", ask=address, ref=address)
        for address in others
    )
    return msgspec.structs.replace(claim, mark=Mark(all_of=(claim.mark, *agree)))


def _judged(store: Store, campaign: Campaign, found: SingledOut) -> Iterator[Fact]:
    """The standing judgement, as strict as the strictest claim and piece of intelligence that it rests on."""
    one = standing_judgement(store, campaign).judgement
    if one is None or one.level not in ("resembles", "actor"):
        return
    known = {claim.id: claim for claim in load_claims(store)}
    gone = Mark("RED", source="a claim that is no longer kept", ask="whoever entered it")
    marks = [mark_of(known[id]) if id in known else gone for id in one.claims]
    for name in one.evidence:
        kind, _, value = name.partition(" ")
        if kind in _NAMES_INTELLIGENCE:
            met = (each for those in found.met.values() for each in those)
            marks += [each.mark for each in met if _is_of(each.seen, value)]
    mark = Mark(ref=one.id, ask=one.analyst, all_of=tuple(dict.fromkeys(marks)))
    yield Judged(mark, one.title, _strength(one.low / 100), one.level)


def _is_of(seen: str, value: str) -> bool:
    """Whether evidence may be what intelligence met; one without a value may be anything."""
    return not value or not seen or value in seen or seen in value


def _happened(store: Store, campaign: Campaign) -> Iterator[Fact]:
    first_s, last_s = campaign.first_seen_s, campaign.last_seen_s
    if first_s is None or last_s is None:
        return
    for line in load_incidents(store, withdrawn=False):
        if line.last_s >= first_s - _MARGIN_S and line.first_s <= last_s + _MARGIN_S:
            one = line.incident
            source = one.source if one.tlp else ""  # what nobody marked is known publicly
            yield Happened(
                Mark(one.tlp, "", source, source, one.id), one.id, one.title, one.observed or one.reported
            )
