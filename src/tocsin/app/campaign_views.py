"""Campaigns with all that people want to see of them, gathered from the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tocsin.app.account import account
from tocsin.app.campaign_ties import link_values, shared_values, weakest_join
from tocsin.app.campaigns import known_people, listed_campaigns, load_decisions
from tocsin.app.claims import claims_for, load_claims, moment_of
from tocsin.app.deciding import find_campaign
from tocsin.app.incidents import load_incidents, moments
from tocsin.attribute.arrows import arrows
from tocsin.model.campaign import Campaign, Decision, Member
from tocsin.model.campaign_view import Happening, ListLine, MailLine, Shared, View, Weakest
from tocsin.model.intel import IntelSource
from tocsin.model.people import Owner
from tocsin.model.stored import AuditEntry
from tocsin.model.verdict import Verdict
from tocsin.render.claims import arrow_sentence, claim_sentence
from tocsin.store.interface import Store

_MOST_MAILS = 500  # listed; beyond, they are counted
_MOST_BESIDE = 20  # claims without a date that one with a date carries
_MOST_HAPPENINGS = 60
_DAY_S = 86_400.0
_MARGIN_S = (14 * _DAY_S, 90 * _DAY_S)


def campaign_lines(store: Store) -> tuple[ListLine, ...]:
    """All campaigns in the order in which people should look at them."""
    known = known_people(store)
    return tuple(
        ListLine(one, _organisations(one, known), next(iter(link_values(one.links)), None))
        for one in listed_campaigns(store)
    )


def view_campaign(store: Store, wanted: str, *, now_s: float, mandate: str = "") -> View:
    """One campaign by id, alias, or beginning of an id; noted in the audit. Raises DecisionError."""
    campaign = find_campaign(listed_campaigns(store), wanted)
    known = known_people(store)
    shared, shows = shared_values(store, campaign)
    mails = tuple(_mails(store, campaign, shows))
    compared, shared = shared, _as_written(shared, mails)
    margin_s = min(max(_span_s(campaign) / 4, _MARGIN_S[0]), _MARGIN_S[1])
    near: list[Happening] = []
    later: list[Happening] = []
    for one in _happenings(store, campaign, known):
        if _is_near(one, campaign, margin_s):
            near.append(one)
        elif one.kind in ("intelligence", "known", "claim"):
            later.append(one)
    numbers = tuple(sorted(member.number for member in campaign.members))
    store.audit(
        AuditEntry(
            now_s,
            account(),
            "show",
            numbers,
            count=len(numbers),
            mandate=mandate,
            detail=f"campaign {campaign.id}",
        )
    )
    return View(
        campaign,
        _organisations(campaign, known),
        {address: known[address].name for address in campaign.people if address in known},
        mails,
        len(campaign.members) - len(mails),
        shared,
        _join_as_written(weakest_join(campaign), compared, shared),
        tuple(sorted(near, key=lambda one: (one.first_s, one.kind, one.title)))[:_MOST_HAPPENINGS],
        tuple(sorted(later, key=lambda one: (one.first_s, one.kind, one.title)))[:_MOST_HAPPENINGS],
        _about(load_decisions(store), campaign),
        tuple(_unknown(store, campaign, known)),
        store.exercise,
        "" if campaign.id.startswith(wanted.strip().lower()) else wanted.strip().lower(),
    )


def _mails(store: Store, campaign: Campaign, shows: dict[str, tuple[int, ...]]) -> Iterator[MailLine]:
    members = campaign.members[:_MOST_MAILS]
    numbers = [member.number for member in members]
    records = {
        number: (mail.subject, mail.sender.address, mail.sender.name)
        for number, mail in store.records(numbers)
    }
    verdicts = {one.number: one.verdict for one in store.standing(numbers)}
    for member in members:
        if member.number in records:
            yield _line(
                member, records[member.number], verdicts.get(member.number), shows.get(member.sha256, ())
            )


def _as_written(shared: Sequence[Shared], mails: Sequence[MailLine]) -> tuple[Shared, ...]:
    """Names and subjects as mails have them, not as they are compared; texts by the subject of one of them."""
    first: dict[int, MailLine] = {}
    for mail in mails:
        for place in mail.shows:
            first.setdefault(place, mail)
    return tuple(
        msgspec.structs.replace(
            one, value=first[place].sender_name if one.kind == "name" else first[place].subject
        )
        if one.kind in ("name", "subject", "text") and place in first
        else one
        for place, one in enumerate(shared)
    )


def _join_as_written(
    weakest: Weakest | None, compared: Sequence[Shared], written: Sequence[Shared]
) -> Weakest | None:
    if weakest is None:
        return None
    said = {
        (one.kind, one.value): other.value
        for one, other in zip(compared, written, strict=True)
        if one.kind in ("name", "subject")
    }
    reasons = tuple((kind, said.get((kind, value), value)) for kind, value in weakest.reasons)
    return msgspec.structs.replace(weakest, reasons=reasons)


def _line(
    member: Member, record: tuple[str, str, str], verdict: Verdict | None, shows: tuple[int, ...]
) -> MailLine:
    subject, sender, name = record
    class_, probability, alert = "", 0.0, False
    if verdict is not None:
        class_, alert = verdict.class_, verdict.alert
        probability = verdict.phishing if class_ == "phishing" else verdict.likelihood
    return MailLine(
        member.sha256,
        member.message_id,
        member.owner,
        member.time_s,
        subject,
        sender,
        name,
        class_,
        probability,
        alert,
        shows,
    )


def _span_s(campaign: Campaign) -> float:
    if campaign.first_seen_s is None or campaign.last_seen_s is None:
        return 0.0
    return campaign.last_seen_s - campaign.first_seen_s


def _is_near(one: Happening, campaign: Campaign, margin_s: float) -> bool:
    if campaign.first_seen_s is None or campaign.last_seen_s is None:
        return False
    return one.last_s >= campaign.first_seen_s - margin_s and one.first_s <= campaign.last_seen_s + margin_s


def _happenings(store: Store, campaign: Campaign, known: dict[str, Owner]) -> Iterator[Happening]:
    incidents = load_incidents(store, withdrawn=False)
    claims = load_claims(store)
    claimed: dict[str, list[str]] = {}
    for arrow in arrows((line.incident for line in incidents), claims):
        claimed.setdefault(arrow.incident, []).append(arrow_sentence(arrow))
    for line in incidents:
        one = line.incident
        yield Happening(
            "incident",
            f"{one.kind}: {one.title}",
            line.first_s,
            line.last_s,
            one.place,
            one.source,
            tuple(claimed.get(one.id, ())),
            one.tlp,
        )
    yield from _claims(store, campaign)
    people = {owner.addresses[0]: owner for address in campaign.people if (owner := known.get(address))}
    for address, owner in sorted(people.items()):
        for event in owner.events:
            yield Happening("event", event.name, *moments("day", event.day), source=owner.name or address)
    yield from _intelligence(store, campaign)


def _claims(store: Store, campaign: Campaign) -> Iterator[Happening]:
    """When others said something of the campaign's events, in their words."""
    claims = claims_for(store, campaign)
    dated = [(one, said_s) for one in claims if (said_s := moment_of(one)) is not None]
    # A denial without a date has no place of its own in time; it must not be missing where its claim stands.
    beside: dict[str, list[str]] = {}
    for each in claims:
        if dated and moment_of(each) is None:
            answered = each.answers if any(one.id == each.answers for one, _ in dated) else dated[-1][0].id
            beside.setdefault(answered, []).append(claim_sentence(each))
    for one, said_s in dated:
        said = tuple(beside.get(one.id, ()))[:_MOST_BESIDE]
        yield Happening("claim", claim_sentence(one), said_s, said_s, source=one.source, claimed=said)


def _intelligence(store: Store, campaign: Campaign) -> Iterator[Happening]:
    """From when sources count what the members meet, and when that was known here."""
    met: dict[str, float] = {}
    for member in campaign.members:
        for hit in store.hits(number=member.number):
            met[hit.indicator] = min(hit.found_s, met.get(hit.indicator, hit.found_s))
    for id, found_s in sorted(met.items())[:_MOST_HAPPENINGS]:
        indicator = store.indicator(id)
        if indicator is None:
            yield Happening("known", "an indicator that is no longer kept", found_s, found_s)
            continue
        body = store.get("source", indicator.source)
        source = msgspec.msgpack.decode(body, type=IntelSource).name if body is not None else ""
        if indicator.valid_from_s is not None:
            yield Happening(
                "intelligence",
                indicator.written,
                indicator.valid_from_s,
                indicator.valid_from_s,
                source=source,
            )
        yield Happening("known", indicator.written, found_s, found_s, source=source)


def _organisations(campaign: Campaign, known: dict[str, Owner]) -> tuple[str, ...]:
    found = {known[address].organisation for address in campaign.people if address in known}
    return tuple(sorted(found - {""}))


def _about(decisions: Sequence[Decision], campaign: Campaign) -> tuple[Decision, ...]:
    members = {member.sha256 for member in campaign.members}
    about = {one.id for one in decisions if members & {*one.mails, *one.others}}
    for one in decisions:  # in the order of time, so an undoing of an undoing is met after it
        if one.undoes in about:
            about.add(one.id)
    return tuple(one for one in decisions if one.id in about)


def _unknown(store: Store, campaign: Campaign, known: dict[str, Owner]) -> Iterable[str]:
    yield "Who is behind it: the mails hang together; nothing here says who sent them or why."
    yield "Whether anybody opened them: a mailbox does not tell."
    held = len([owner for owner, _ in store.owners() if owner])
    whose = "one person" if held == 1 else f"{held:,} people"
    yield f"Who else was written to: this store holds the mail of {whose}."
    silent = [address for address in campaign.people if address not in known]
    if silent:
        of = f"{len(silent)} of {len(campaign.people)}" if len(silent) < len(campaign.people) else "all"
        yield f"Country and sector of {of} of its people: people.toml (scan --people) does not name them."
    bare = [
        address
        for address in campaign.people
        if address in known and not (known[address].country and known[address].sector)
    ]
    if bare:
        yield f"Country or sector of {len(bare)} of its people: people.toml leaves them out."
    undated = sum(member.time_s is None for member in campaign.members)
    if undated:
        yield f"When {undated:,} of its mails came: they have no usable date."
