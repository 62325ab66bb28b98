"""Profiles of several origins as one list: what is surely the same actor becomes one, names in common are marked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import msgspec

from tocsin.attribute.aliases import name_key, spelled, told_by_spelling
from tocsin.attribute.same_actor import MAX_BEARERS, is_written, own_id, rank, same_actors
from tocsin.model.actor import Actor, ActorName, Profiles, Source, Statement

MAX_TOLD = 150


def merge_profiles(groups: Sequence[Sequence[Actor]]) -> Profiles:
    """All actors of several origins, one each, sorted by name; a name that several bear is marked as ambiguous.

    A shipped profile gives a merged actor its id and name, else one that an operator wrote, ATT&CK, the galaxy. The
    order of groups and of actors in them does not matter.
    """
    problems: list[str] = []
    same = same_actors((actor for group in groups for actor in group), problems)
    merged = _marked(_told_apart([_merged(some) for some in same]), problems)
    told = tuple(dict.fromkeys(problems))
    if len(told) > MAX_TOLD:
        told = (*told[:MAX_TOLD], f"and {len(told) - MAX_TOLD:,} more clashes of names")
    return Profiles(tuple(sorted(merged, key=lambda actor: (actor.name.casefold(), actor.id))), told)


def _merged(profiles: Sequence[Actor]) -> Actor:
    first = profiles[0]
    if len(profiles) == 1 and name_key(first.name) in {name_key(one.name) for one in first.names}:
        return first
    names: dict[str, ActorName] = {}
    told = frozenset[str]().union(*map(told_by_spelling, profiles))
    for actor in profiles:
        for name in (ActorName(actor.name), *actor.names):
            key = name_key(name.name) or name.name
            key = spelled(name.name) if key in told else key
            if not key:  # a file that only adds to another
                continue
            known = names.get(key)
            names[key] = name if known is None else _both(known, name)
    statements: dict[Statement, None] = {}
    known_pages: dict[str, Source] = {}
    for actor in profiles:
        for one in actor.statements:
            sources = dict.fromkeys(known_pages.setdefault(_page(source), source) for source in one.sources)
            statements[msgspec.structs.replace(one, sources=tuple(sources))] = None
    notes = dict.fromkeys(actor.note for actor in profiles if actor.note)
    return msgspec.structs.replace(
        first,
        names=tuple(names.values()),
        statements=tuple(statements),
        references=tuple(dict.fromkeys(one for actor in profiles for one in actor.references)),
        note=" ".join(notes),
    )


def _page(source: Source) -> str:
    """What tells one report from another, however its address is written."""
    address = source.url.partition("://")[2].removeprefix("www.").rstrip("/")
    return address or f"{source.publisher} {source.title} {source.date}"


def _both(known: ActorName, other: ActorName) -> ActorName:
    """One name as two profiles give it: ambiguous if one says so."""
    return ActorName(
        known.name,
        by=known.by or other.by,
        ambiguous=known.ambiguous or other.ambiguous,
        also=tuple(dict.fromkeys((*known.also, *other.also))),
        note=known.note or other.note,
    )


def _told_apart(actors: list[Actor]) -> list[Actor]:
    """The same actors, ids that several have made different by what their origin calls them."""
    taken: set[str] = set()
    out: list[Actor] = []
    for actor in sorted(actors, key=rank):
        id_ = actor.id
        if id_ in taken:
            id_ = f"{id_}-{name_key(own_id(actor)[1])[:12] or name_key(actor.origin)}"
        base, number = id_, 2
        while id_ in taken:
            id_, number = f"{base}-{number}", number + 1
        taken.add(id_)
        out.append(actor if id_ == actor.id else msgspec.structs.replace(actor, id=id_))
    return out


def _marked(actors: list[Actor], problems: list[str]) -> list[Actor]:
    """Names that several bear marked as ambiguous; those that were not so before are told, by who shares them.

    One who goes by a name keeps it, where the others bear it beside and nobody calls it ambiguous, unless people wrote
    a profile of one of them and not of him.
    """
    bearers: dict[str, dict[str, Actor]] = {}
    called: set[str] = set()  # ambiguous
    written: dict[str, str] = {}
    for actor in actors:
        for name in (ActorName(actor.name), *actor.names):
            key = name_key(name.name)
            bearers.setdefault(key, {})[actor.id] = actor
            written.setdefault(key, name.name)
            if name.ambiguous:
                called.add(key)
    shared = {key: some for key, some in bearers.items() if len(some) > 1 and key}
    keepers = {key: _keeper(key, list(some.values())) for key, some in shared.items() if key not in called}
    together: dict[tuple[str, ...], list[str]] = {}
    for key, some in shared.items():
        if key not in called:
            kept = f" ({keepers[key]}'s)" if keepers[key] else ""
            together.setdefault(tuple(sorted(some)), []).append(f"“{written[key]}”{kept}")
    for ids, names in sorted(together.items()):
        problems.append(f"{_words(ids)} share {_words(names)}: that does not make them one")
    out: list[Actor] = []
    for actor in actors:
        told = told_by_spelling(actor)
        borne = tuple(_shared(name, actor.id, shared, keepers, called, told) for name in actor.names)
        out.append(msgspec.structs.replace(actor, names=borne))
    return out


def _keeper(key: str, bearers: Sequence[Actor]) -> str:
    """The id of the one who goes by a name, "" where none or several do."""
    going = [actor for actor in bearers if name_key(actor.name) == key]
    if len(going) != 1 or (any(map(is_written, bearers)) and not is_written(going[0])):
        return ""
    return going[0].id


def _shared(
    name: ActorName,
    id_: str,
    shared: dict[str, dict[str, Actor]],
    keepers: dict[str, str],
    called: set[str],
    told: frozenset[str],
) -> ActorName:
    key = name_key(name.name)
    bearers = shared.get(key)
    if bearers is None or (not name.ambiguous and key in told):
        return name
    ambiguous = key in called or keepers.get(key) != id_
    # "Heron (MISP galaxy)", as people write it, is the heron that was read from there.
    named = {name_key(one.partition(" (")[0]) for one in name.also} if ambiguous else set[str]()
    others = (other for other, actor in bearers.items() if other != id_ and name_key(actor.name) not in named)
    return msgspec.structs.replace(
        name,
        ambiguous=ambiguous,
        also=tuple(dict.fromkeys((*name.also, *islice(others, MAX_BEARERS)))),
    )


def _words(names: Sequence[str]) -> str:
    shown = [*names[:5], *([f"{len(names) - 5:,} more"] if len(names) > 5 else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
