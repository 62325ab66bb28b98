"""The facts that a notice could tell one person, each with the mark of whoever gave it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from tocsin.app.campaigns import known_people
from tocsin.app.claims import claims_for
from tocsin.app.incidents import load_incidents
from tocsin.app.judgements import standing_judgement
from tocsin.model.campaign_view import View
from tocsin.model.claim import Claim
from tocsin.model.exposure import Exposure, MailExposure
from tocsin.model.fact import (
    Claimed,
    CouldShow,
    Fact,
    Happened,
    Judged,
    Mark,
    Matched,
    Others,
    SentMails,
    Signs,
)
from tocsin.model.intel import TLPS, Hit, IntelSource
from tocsin.model.people import Owner
from tocsin.model.verdict import Verdict
from tocsin.respond.caveats import effective, mark_of, strictest
from tocsin.store.interface import Store

OURS = Mark()
_STRONG, _SOME = 0.80, 0.55  # ICD-203: very likely, likely
_ACCUSING = ("attribution", "confirmation")
_DAY_S = 86_400.0
_MARGIN_S = 60 * _DAY_S  # a happening this long after the last mail may still belong to the story
_MOST_TEXTS = 5


class Common(msgspec.Struct, frozen=True):
    """What is the same for all people of one campaign; `indicators` and `sources` are those whose hits are in it."""

    facts: tuple[Fact, ...] = ()
    people: int = 0
    organisations: int = 0
    countries: int = 0


def common_facts(store: Store, view: View | None) -> Common:
    """What is said, judged and known around a campaign; nothing for a mail by itself."""
    if view is None:
        return Common()
    campaign = view.campaign
    claims = claims_for(store, campaign)
    facts: list[Fact] = [*_claimed(claims)]
    judged = _judged(store, view, claims)
    if judged is not None:
        facts.append(judged)
    facts += _happened(store, view)
    countries = {one.country for one in _owners(store, campaign.people) if one.country}
    return Common(tuple(facts), len(campaign.people), len(view.organisations), len(countries))


def facts_for(
    store: Store, common: Common, exposure: Exposure, *, private: Collection[str] = ()
) -> tuple[Fact, ...]:
    """The facts for one person: their mails, what those could have shown, how strong the signs are, and `common`.

    `private` are the person's addresses outside their organisation.
    """
    facts: list[Fact] = []
    numbers: list[int] = []
    for mark, mails in _by_mark(store, exposure).items():
        facts += _sent(mark, exposure, mails, private)
        if mark == OURS:
            numbers = [number for mail in mails for number in _numbers(store, mail.sha256, exposure.person)]
    facts += _signs(store, numbers)
    facts += _matched(store, exposure)
    if common.people > 1:
        facts.append(Others(OURS, common.people - 1, common.organisations, common.countries))
    return (*facts, *common.facts)


def _by_mark(store: Store, exposure: Exposure) -> dict[Mark, list[MailExposure]]:
    """The mails by who knows of them: a mail that intelligence alone singled out is as marked as that intelligence."""
    found: dict[Mark, list[MailExposure]] = {}
    for mail in exposure.mails:
        numbers = _numbers(store, mail.sha256, exposure.person)
        marks = [] if any(_is_ours(store, number) for number in numbers) else _marks_of(store, numbers)
        mark = max(marks, key=lambda one: TLPS.index(effective(one))) if marks else OURS
        found.setdefault(mark, []).append(mail)
    return found


def _is_ours(store: Store, number: int) -> bool:
    """Whether the mail alarms without anybody's intelligence."""
    return any(one.verdict.alert and not one.verdict.indicator for one in store.verdicts(number))


def _numbers(store: Store, sha256: str, person: str) -> list[int]:
    return [row.number for row in store.rows(store.numbers(sha256)) if row.owner == person]


def _sent(
    mark: Mark, exposure: Exposure, mails: Sequence[MailExposure], private: Collection[str]
) -> list[Fact]:
    times = [mail.sent_s for mail in mails if mail.sent_s is not None]
    addresses = _first_seen(mail.address for mail in mails if mail.address)
    shown = {leak.what for mail in mails for leak in mail.leaks}
    leaks = tuple(leak for leak in exposure.leaks if leak.what in shown)
    return [
        SentMails(
            mark,
            exposure.person,
            len(mails),
            min(times, default=None),
            max(times, default=None),
            addresses,
            tuple(address for address in addresses if address in private),
            _first_seen(mail.sender for mail in mails if mail.sender)[:_MOST_TEXTS],
            _first_seen(mail.subject for mail in mails if mail.subject)[:_MOST_TEXTS],
        ),
        CouldShow(mark, msgspec.structs.replace(exposure, mails=tuple(mails), leaks=leaks)),
    ]


def _signs(store: Store, numbers: Sequence[int]) -> list[Fact]:
    """How strong our own observation is. What intelligence added is left to the match, which bears its mark."""
    own: list[Verdict] = []
    for number in numbers:
        versions = store.verdicts(number)
        unaided = [one.verdict for one in versions if not one.verdict.indicator]
        own.extend(unaided[-1:])
    if not own:
        return []
    likelihood = max(one.likelihood for one in own)
    strength = "strong" if likelihood >= _STRONG else "some" if likelihood >= _SOME else "few"
    return [Signs(OURS, strength)]


def _matched(store: Store, exposure: Exposure) -> list[Fact]:
    """That intelligence met the person's mails: once for each source and mark, with the first time it did."""
    first: dict[tuple[str, str, str], Fact] = {}
    for mail in exposure.mails:
        for number in _numbers(store, mail.sha256, exposure.person):
            for hit, mark in _hits(store, number):
                key = (mark.source, mark.tlp, mark.pap)
                earlier = first.get(key)
                if not isinstance(earlier, Matched) or hit.found_s < earlier.at_s:
                    first[key] = Matched(mark, hit.found_s)
    return list(first.values())


def _hits(store: Store, number: int) -> Iterator[tuple[Hit, Mark]]:
    """What alarms on a mail, with its mark: the indicator's own, else that of its source."""
    for hit in store.hits(number=number):
        one = store.indicator(hit.indicator)
        if one is None or one.revoked or not hit.alarms:
            continue
        source = _source(store, one.source)
        name = source.name if source is not None else one.source
        tlp = one.tlp or (source.tlp if source is not None else "")
        yield hit, Mark(tlp, one.pap, name, name, one.source)  # a source releases all of its own at once


def _marks_of(store: Store, numbers: Collection[int]) -> list[Mark]:
    return list(dict.fromkeys(mark for number in numbers for _, mark in _hits(store, number)))


def _claimed(claims: Sequence[Claim]) -> list[Fact]:
    """Every accusation with all that was said against it or about it."""
    facts: list[Fact] = []
    for one in claims:
        if one.kind in _ACCUSING:
            answers = tuple(each for each in claims if each.kind not in _ACCUSING and _speaks_to(each, one))
            facts.append(Claimed(mark_of(one), one, answers))
    return facts


def _speaks_to(answer: Claim, claim: Claim) -> bool:
    return answer.answers == claim.id or (not answer.answers and answer.event == claim.event)


def _judged(store: Store, view: View, claims: Sequence[Claim]) -> Fact | None:
    """The standing judgement, as strict as the strictest claim and piece of intelligence that it rests on."""
    one = standing_judgement(store, view.campaign).judgement
    if one is None or one.level not in ("resembles", "actor"):
        return None
    marks = [mark_of(claim) for claim in claims if claim.id in one.claims]
    if any(name.startswith("infrastructure ") for name in one.evidence):
        marks += _marks_of(store, [member.number for member in view.campaign.members])
    strength = "strong" if one.low >= _STRONG * 100 else "some" if one.low >= _SOME * 100 else "few"
    strict = max(marks, key=lambda mark: TLPS.index(effective(mark)), default=OURS)
    mark = strictest([OURS, *marks], ref=one.id, source="", ask=strict.ask or strict.source)
    return Judged(mark, one.title, strength, one.level)


def _happened(store: Store, view: View) -> Iterable[Fact]:
    first_s, last_s = view.campaign.first_seen_s, view.campaign.last_seen_s
    if first_s is None or last_s is None:
        return
    for line in load_incidents(store, withdrawn=False):
        if line.last_s >= first_s - _MARGIN_S and line.first_s <= last_s + _MARGIN_S:
            one = line.incident
            # Who reported it published it; an incident carries no mark of its own.
            yield Happened(Mark("CLEAR", ref=one.id), one.id, one.title, one.observed or one.reported)


def _owners(store: Store, people: Collection[str]) -> list[Owner]:
    known = known_people(store)
    return [known[address] for address in people if address in known]


def _source(store: Store, id: str) -> IntelSource | None:
    body = store.get("source", id)
    if body is None:
        return None
    try:
        return msgspec.msgpack.decode(body, type=IntelSource)
    except msgspec.DecodeError:
        return None


def _first_seen(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
