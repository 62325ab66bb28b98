"""When the domains of an exercise were registered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from tocsin.exercise import chance
from tocsin.exercise.plan import Thread
from tocsin.model.scenario import Cast, Scenario

# The share of domains that the file names is alike on both sides: registries answer for some endings only.
_NAMED = 0.6
# Domains bought for a purpose are mostly new, but aged ones are for sale and sites get taken over; some honest senders
# are new as well.
_YOUNG = {"hostile": 0.65, "benign": 0.06}


def registered(
    threads: Iterable[tuple[Scenario, Thread]], cast: Cast, seed: int, start: str
) -> Mapping[str, date]:
    """Registrable domain to its day, for a part of the domains that these threads use, in order of name."""
    begin = datetime.strptime(start, "%Y-%m-%d").date()
    found: dict[str, date] = {}
    old: set[str] = {_site(service.domain) for service in cast.services.values()}
    old |= {_site(place.domain) for place in cast.organisations}
    old |= {_site(contact.address) for contact in cast.contacts}
    old |= {domain for entry in cast.known for domain in entry.domains}
    for scenario, thread in threads:
        sender = thread.sender
        inside = sender.cast == "it" or (sender.cast == "colleagues" and not sender.address)
        own = "" if inside else thread.persona.address
        for name in (own, *sender.hosts.values(), sender.relay):
            domain = _site(name)
            rng = chance.stream(seed, "registered", domain)
            if not domain or rng.random() > _NAMED:
                continue
            young = sender.founded == "young" or (not sender.founded and rng.random() < _YOUNG[scenario.side])
            if (
                domain in old
                or (sender.via == "freemail" and name == own)
                or (sender.auth == "spoofed" and name == own and scenario.side == "hostile")
            ):
                young = False
            day = (
                thread.at.date() - timedelta(days=rng.randrange(6, 150))
                if young
                else begin - timedelta(days=rng.randrange(400, 7500))
            )
            found[domain] = min(day, found.get(domain, day))
    return dict(sorted(found.items()))


def _site(name: str) -> str:
    """The registrable domain of a host or address on a reserved ending; "" for what holds a slot there."""
    labels = name.rpartition("@")[2].split(".")[-2:]
    return "" if len(labels) < 2 or "{" in labels[0] else ".".join(labels)
