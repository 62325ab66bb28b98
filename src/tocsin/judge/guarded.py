"""Whose names and domains are watched over: outlets, institutions, protected people and their organisations."""

from __future__ import annotations

import msgspec

from tocsin.judge.display_name import name_key
from tocsin.judge.imitation import Lookalikes
from tocsin.model.catalogue import Catalogue
from tocsin.model.names import KnownName, Names
from tocsin.model.people import People
from tocsin.observe.names import NO_NAMES, NameBook, compile_names
from tocsin.observe.vendors import hosting_group

HOUSE = "house:"  # begins the ids of protected people's organisations
_TELLING = 8  # letters; a shorter one-word organisation is a word of every day


class Guarded(msgspec.Struct, frozen=True):
    """`entries` by id, `persons` the addresses of protected people by the key of their names, `houses` the names of
    their organisations.
    """

    entries: dict[str, KnownName] = {}
    lookalikes: Lookalikes = Lookalikes()
    persons: dict[str, tuple[str, ...]] = {}
    houses: NameBook = NO_NAMES


NOBODY_GUARDED = Guarded()


def guard(names: Names, people: People, catalogue: Catalogue | None) -> Guarded:
    """The look-ups made from these lists; behind a free mail service nobody has a domain of their own."""
    if not names.entries and not people.owners:
        return NOBODY_GUARDED
    domains: dict[str, dict[str, None]] = {}
    persons: dict[str, tuple[str, ...]] = {}
    for owner in people.owners:
        if not owner.protected:
            continue
        if owner.name and (key := name_key(owner.name)):
            persons[key] = (*persons.get(key, ()), *owner.addresses)
        own = [address.rpartition("@")[2] for address in owner.addresses]
        own = [d for d in own if d and (catalogue is None or hosting_group(catalogue, d) is None)]
        if own:
            domains.setdefault(owner.organisation or own[0], {}).update(dict.fromkeys(own))
    houses = [
        KnownName(HOUSE + name, name, "organisation", tuple(used), "", "", ())
        for name, used in domains.items()
    ]
    entries = (*houses, *names.entries)
    return Guarded(
        {entry.id: entry for entry in reversed(entries)},
        Lookalikes(entries),
        persons,
        compile_names([h for h in houses if " " in h.name or len(h.name) >= _TELLING]),
    )
