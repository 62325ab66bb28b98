"""Campaigns of a store: linked anew after each scan and hunt, their ids, countries and sectors kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from tocsin.app.account import account
from tocsin.link.identity import Earlier
from tocsin.link.traits import unpack
from tocsin.model.campaign import Campaign, Decision
from tocsin.model.people import Owner, People
from tocsin.model.stored import AuditEntry
from tocsin.store.interface import Store

if TYPE_CHECKING:
    from tocsin.link.linking import Entry

_GONE = "campaigns-gone"  # what is listed no more, so that its id comes back with its members
_PARTS = "campaigns-joined"  # what grew together, as it was before, so that ids come back when it comes apart
_PEOPLE = "people"

_campaign = msgspec.msgpack.Decoder(Campaign)
_decision = msgspec.msgpack.Decoder(Decision)


class Updated(msgspec.Struct, frozen=True):
    """What linking anew gave: all campaigns, ids of new and of grown ones, mails that could not be compared."""

    campaigns: tuple[Campaign, ...]
    new: tuple[str, ...]
    grown: tuple[str, ...]
    unreadable: int


def update_campaigns(
    store: Store, *, now_s: float, people: People | None = None, report: Callable[[int], None] | None = None
) -> Updated:
    """Link all stored mail, and keep the campaigns; call after whatever changed mails, verdicts or decisions.

    `people` are remembered for the next call; None takes those of the last one. The same mails, verdicts and decisions
    give the same campaigns. All or nothing is kept.
    """
    from tocsin.link.linking import link  # numpy, which most commands do without

    if people is not None and people.owners:
        store.put("setting", _PEOPLE, msgspec.msgpack.encode(people.owners))
    known = known_people(store)
    before = {campaign.id: campaign for campaign in load_campaigns(store)}
    gone, parts = _earlier(store, _GONE), {one.id: one for one in _earlier(store, _PARTS)}
    earlier = [
        *(_as_it_was(one, parts) for one in before.values()),
        *(one for one in gone if one.id not in before),
    ]
    entries, unreadable = _entries(store, report)
    linked = link(entries, earlier, load_decisions(store))
    found = tuple(_placed(one, known, since) for one, since in _since(linked, before.values(), now_s))
    ids = {one.id for one in found} | {alias for one in found for alias in one.aliases}
    with store.transaction():
        for one in found:
            if before.get(one.id) != one:
                store.put("campaign", one.id, msgspec.msgpack.encode(one))
        for id in before.keys() - {one.id for one in found}:
            store.remove("campaign", id)
        store.put("setting", _GONE, msgspec.msgpack.encode([one for one in earlier if one.id not in ids]))
        store.put("setting", _PARTS, msgspec.msgpack.encode(_joined(found, earlier, parts)))
        detail = f"{len(entries)} mails, {len(found)} campaigns"
        store.audit(AuditEntry(now_s, account(), "link", count=len(entries), detail=detail))
    grown = [one.id for one in found if one.id in before and len(one.members) > len(before[one.id].members)]
    new = [one.id for one in found if one.id not in before]
    return Updated(found, tuple(new), tuple(grown), unreadable)


def forget_people(store: Store, addresses: Collection[str]) -> None:
    """Forget the people whom these addresses belong to."""
    owners = {id(owner): owner for owner in known_people(store).values()}
    kept = [owner for owner in owners.values() if not set(owner.addresses) & set(addresses)]
    with store.transaction():
        store.put("setting", _PEOPLE, msgspec.msgpack.encode(kept))


def load_campaigns(store: Store) -> tuple[Campaign, ...]:
    """The campaigns as they were last linked, by id."""
    return tuple(_campaign.decode(body) for _, body in store.documents("campaign"))


def listed_campaigns(store: Store) -> tuple[Campaign, ...]:
    """The campaigns in the order in which people should look at them: alerts first, then many people, then likely."""
    return tuple(sorted(load_campaigns(store), key=_urgency))


def load_decisions(store: Store) -> tuple[Decision, ...]:
    """What analysts said, the earliest first."""
    decisions = (_decision.decode(body) for _, body in store.documents("decision"))
    return tuple(sorted(decisions, key=lambda one: (one.at_s, one.id)))


def _urgency(one: Campaign) -> tuple[bool, int, float, float, str]:
    return not one.alerts, -len(one.people), -one.likelihood, -(one.last_seen_s or 0.0), one.id


def _entries(store: Store, report: Callable[[int], None] | None) -> tuple[list[Entry], int]:
    from tocsin.link.linking import Entry

    opinions = {
        one.number: (
            max(one.verdict.likelihood, one.verdict.phishing),
            one.verdict.alert,
            one.verdict.indicator,
        )
        for one in store.standing()
    }
    rows = {row.number: (row.sha256, row.owner) for row in store.rows() if not row.outgoing}
    entries: list[Entry] = []
    unreadable = 0
    for number, traits in store.traits():
        row = rows.get(number)
        if row is None:
            continue
        likelihood, alert, indicator = opinions.get(number, (0.0, False, False))
        if not _is_readable(traits):
            unreadable += 1
            continue
        entries.append(Entry(row[0], row[1], traits, number, likelihood, alert, indicator))
        if report is not None and len(entries) % 1000 == 0:
            report(len(entries))
    return entries, unreadable


def _is_readable(traits: bytes) -> bool:
    """Whether this version of the program packed them; others are compared again once the mail is observed again."""
    try:
        unpack(traits)
    except ValueError:
        return False
    return True


def known_people(store: Store) -> dict[str, Owner]:
    """People of people.toml as the last scan that had one named them, by each of their addresses."""
    body = store.get("setting", _PEOPLE)
    owners: Iterable[Owner] = msgspec.msgpack.decode(body, type=tuple[Owner, ...]) if body is not None else ()
    return {address: owner for owner in owners for address in owner.addresses}


def _earlier(store: Store, name: str) -> list[Earlier]:
    body = store.get("setting", name)
    return msgspec.msgpack.decode(body, type=list[Earlier]) if body is not None else []


def _as_it_was(campaign: Campaign, parts: Mapping[str, Earlier]) -> Earlier:
    names = (campaign.id, *campaign.aliases) if campaign.aliases else ()
    return Earlier(
        campaign.id,
        tuple(sorted({member.sha256 for member in campaign.members})),
        campaign.aliases,
        tuple(parts[name] for name in names if name in parts),
    )


def _joined(
    found: Iterable[Campaign], earlier: Iterable[Earlier], parts: Mapping[str, Earlier]
) -> list[Earlier]:
    """What each campaign with aliases grew together from, as it was when each of its ids stood alone."""
    stood = {one.id: Earlier(one.id, one.members, one.aliases) for one in earlier}
    kept: dict[str, Earlier] = {}
    for campaign in found:
        if not campaign.aliases:
            continue
        mails = {member.sha256 for member in campaign.members}
        grown = any(alias in stood for alias in campaign.aliases)  # joined just now
        for name in (campaign.id, *campaign.aliases):
            was = stood.get(name) if grown or name not in parts else None
            was = was or parts.get(name)
            if was is not None:
                kept[name] = msgspec.structs.replace(
                    was, members=tuple(one for one in was.members if one in mails)
                )
    return [kept[name] for name in sorted(kept)]


def _since(
    linked: Iterable[Campaign], before: Iterable[Campaign], now_s: float
) -> Iterator[tuple[Campaign, float]]:
    """Each campaign, and since when one of its mails is in a campaign that is listed here."""
    times: dict[str, float] = {}
    for campaign in before:
        if campaign.known_s is not None:
            for member in campaign.members:
                times[member.sha256] = min(campaign.known_s, times.get(member.sha256, now_s))
    for campaign in linked:
        yield campaign, min((times.get(member.sha256, now_s) for member in campaign.members), default=now_s)


def _placed(campaign: Campaign, known: dict[str, Owner], known_s: float) -> Campaign:
    """The campaign with countries and sectors of its people, and the time from which it is known."""
    owners = [known[address] for address in campaign.people if address in known]

    def values(name: str) -> Iterator[str]:
        return (getattr(owner, name) for owner in owners if getattr(owner, name))

    return msgspec.structs.replace(
        campaign,
        countries=tuple(sorted(set(values("country")))),
        sectors=tuple(sorted(set(values("sector")))),
        known_s=known_s,
    )
