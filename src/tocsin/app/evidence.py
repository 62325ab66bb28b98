"""Gathers what a store holds of a campaign, for evidence on who is behind it; the reading is audited."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import msgspec

from tocsin.app.account import account
from tocsin.app.campaigns import known_people
from tocsin.app.catalogue import load_catalogue
from tocsin.app.names import load_names
from tocsin.app.themes import load_themes
from tocsin.app.warning_lists import load_warning_lists
from tocsin.attribute.material import Material, Met, Seen
from tocsin.attribute.themes import ThemeBook
from tocsin.hunt.hits import excuse_of
from tocsin.hunt.warnings import Warnings
from tocsin.mail.url import site_of
from tocsin.model.campaign import Campaign
from tocsin.model.catalogue import Catalogue
from tocsin.model.intel import IntelSource
from tocsin.model.names import Names
from tocsin.model.observation import Observed
from tocsin.model.stored import AuditEntry
from tocsin.observe.vendors import hosting_group
from tocsin.store.interface import Store

_MAILS = 2_000  # of one campaign; an assessment rests on the first of them

ActorsOf = Callable[[str], tuple[str, ...]]


class Lists(msgspec.Struct, frozen=True):
    """The lists by which hosts and words in mails are recognised."""

    catalogue: Catalogue
    names: Names
    themes: ThemeBook
    warnings: Warnings


def material_of(
    store: Store,
    campaign: Campaign,
    actors_of: ActorsOf,
    *,
    grades: Mapping[str, tuple[str, str]] | None = None,
    names: Path | None = None,
    vendors: Path | None = None,
    now_s: float,
    mandate: str = "",
) -> Material:
    """All that evidence on a campaign is gathered from; `actors_of` gives the ids of actors that a name stands for.

    `grades` are those that analysts gave. `names` and `vendors` are the operator's lists beside those shipped. Members
    that the store no longer holds are left out.
    """
    members = [member for member in campaign.members if member.number >= 0][:_MAILS]
    numbers = [member.number for member in members]
    records = dict(store.records(numbers))
    verdicts = {one.number: one.verdict for one in store.standing(numbers)}
    mails = tuple(
        Seen(records[one.number], one.owner, one.time_s, verdicts.get(one.number), one.number)
        for one in members
        if one.number in records
    )
    entry = AuditEntry(
        now_s,
        account(),
        "read",
        tuple(sorted(numbers)),
        False,
        len(numbers),
        mandate,
        f"attribute {campaign.id}",
    )
    store.audit(entry)
    lists = Lists(
        load_catalogue(vendors), load_names(names), load_themes(), Warnings(load_warning_lists(None, vendors))
    )
    bare = surrounded(campaign, mails, lists)
    return msgspec.structs.replace(
        bare,
        hits=tuple(_met(store, mails, actors_of)),
        people=known_people(store),
        held=tuple(owner for owner, _ in store.owners() if owner),
        grades=grades or {},
    )


def surrounded(campaign: Campaign, mails: tuple[Seen, ...], lists: Lists) -> Material:
    """These mails with what the lists say of the hosts in them; of people and intelligence nothing is known."""
    entries = {entry.id: entry for entry in lists.names.entries}
    domains = {domain: entry.id for entry in reversed(lists.names.entries) for domain in entry.domains}
    hosts = {host for seen in mails for host in _hosts(seen.observed)}
    return Material(
        campaign,
        mails,
        hosting=_hosting(lists, hosts),
        known={host: id for host in hosts if (id := domains.get(host) or domains.get(site_of(host)))},
        kinds={id: entry.kind for id, entry in entries.items()},
        domains={id: entry.domains for id, entry in entries.items()},
        themes=lists.themes,
    )


def _hosts(mail: Observed) -> Iterator[str]:
    for beacon in mail.beacons:
        if beacon.host:
            yield beacon.host
    sender = mail.sender
    yield from filter(None, (sender.domain, sender.site, sender.reply_site, sender.return_site))
    yield from sender.dkim_domains
    for one in mail.observations:
        if one.kind == "handed-in-by":
            yield one.value
    for address in mail.to:
        yield address.rpartition("@")[2]


def _hosting(lists: Lists, hosts: Collection[str]) -> dict[str, str]:
    """The sort of rentable hosting of each host; "shared" for sites that a warning list says strangers share."""
    found = {host: hosting_group(lists.catalogue, host) for host in hosts}
    return {
        host: group or "shared" for host, group in found.items() if group or lists.warnings.on("host", host)
    }


def _met(store: Store, mails: Collection[Seen], actors_of: ActorsOf) -> Iterator[Met]:
    """Hits of the members, each with what its source says now."""
    sources: dict[str, IntelSource | None] = {}
    for seen in mails:
        for hit in store.hits(number=seen.number):
            indicator = store.indicator(hit.indicator)
            source = None
            actors: tuple[str, ...] = ()
            excuse = hit.excuse
            if indicator is not None:
                excuse = excuse_of(indicator, hit.match, seen.time_s)
                if indicator.source not in sources:
                    body = store.get("source", indicator.source)
                    sources[indicator.source] = (
                        msgspec.msgpack.decode(body, type=IntelSource) if body is not None else None
                    )
                source = sources[indicator.source]
                actors = tuple(dict.fromkeys(id for name in indicator.names for id in actors_of(name)))
            yield Met(hit, seen.observed.sha256, indicator, source, actors, excuse)
