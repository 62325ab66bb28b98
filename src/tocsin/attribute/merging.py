"""Profiles of several origins as one: what is surely the same actor becomes one, all else is kept apart and told.

Merged are, in this order: profiles that people wrote under one id; what refers to one id elsewhere; what goes by one
name; what shares two names, one of them the name that one of both goes by. One alias in common never suffices, and an
origin that tells two actors apart is believed. Whatever hangs together by a chain alone is kept apart as a whole, so
that the order of reading makes no difference.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from tocsin.attribute.aliases import name_key, spelled, told_by_spelling
from tocsin.model.actor import Actor, ActorName, Profiles, Statement

MAX_BEARERS = 50  # of one name; beyond, it is no name
MAX_TOLD = 150
LEAST_MAIN = 3  # characters of a name that both go by
LEAST_ALIAS = 4
_IMPORTED = ("attack", "misp-galaxy")


class _Unit(msgspec.Struct, frozen=True):
    """Profiles taken for one so far. `own` and `identities` are what no other unit may differ in.

    `own` are pairs of an origin and the id that it gives. `written` and `imported` are pairs of a kind of reference and
    an id, as people's profiles and as others refer to them.
    """

    actors: tuple[Actor, ...]
    own: frozenset[tuple[str, str]]
    written: frozenset[tuple[str, str]]
    imported: frozenset[tuple[str, str]]
    mains: frozenset[str]
    names: frozenset[str]
    marked: frozenset[str]


_Edges = dict[int, set[int]]


def merge_profiles(groups: Sequence[Sequence[Actor]]) -> Profiles:
    """All actors of several origins, one each, sorted by name; a name that several bear is marked as ambiguous.

    A shipped profile gives a merged actor its id and name, else one that an operator wrote, ATT&CK, the galaxy. The
    order of groups and of actors in them does not matter.
    """
    actors = sorted({actor for group in groups for actor in group}, key=_rank)
    problems: list[str] = []
    units = [_unit(some) for some in _gathered(actors, _own_id).values()]
    for edges_of in (_written_ids, _curated_references, _all_references, _main_names, _two_names):
        units = _joined(units, edges_of, problems)
    merged = _marked(_told_apart([_merged(unit) for unit in units]), problems)
    told = tuple(dict.fromkeys(problems))
    if len(told) > MAX_TOLD:
        told = (*told[:MAX_TOLD], f"and {len(told) - MAX_TOLD:,} more clashes of names")
    return Profiles(tuple(sorted(merged, key=lambda actor: (actor.name.casefold(), actor.id))), told)


def _rank(actor: Actor) -> tuple[int, str, str, bytes]:
    order = {"tocsin": 0, "attack": 2, "misp-galaxy": 3}
    return order.get(actor.origin, 1), actor.origin, actor.id, msgspec.msgpack.encode(actor)


def _own_id(actor: Actor) -> tuple[str, str]:
    """What its origin tells an actor by: a number for ATT&CK, a uuid for the galaxy, else the id."""
    own = next((value for kind, value in actor.references if kind == actor.origin), actor.id)
    return actor.origin, own.casefold()


def _gathered(
    actors: Iterable[Actor], key: Callable[[Actor], tuple[str, str]]
) -> dict[tuple[str, str], list[Actor]]:
    found: dict[tuple[str, str], list[Actor]] = {}
    for actor in actors:
        found.setdefault(key(actor), []).append(actor)
    return found


def _unit(actors: Iterable[Actor]) -> _Unit:
    some = tuple(sorted(actors, key=_rank))
    return _Unit(
        actors=some,
        own=frozenset(map(_own_id, some)),
        written=frozenset(one for actor in some if _is_written(actor) for one in _identities(actor)),
        imported=frozenset(one for actor in some if not _is_written(actor) for one in _identities(actor)),
        mains=frozenset(name_key(actor.name) for actor in some) - {""},
        names=frozenset(
            name_key(name) for actor in some for name in (actor.name, *(one.name for one in actor.names))
        )
        - {""},
        marked=frozenset(name_key(one.name) for actor in some for one in actor.names if one.ambiguous),
    )


def _identities(actor: Actor) -> Iterator[tuple[str, str]]:
    """The first reference of each kind; what follows is related, as a campaign that was once a group."""
    seen: set[str] = set()
    for kind, value in actor.references:
        if kind in _IMPORTED and kind not in seen:
            seen.add(kind)
            yield kind, value.casefold()


def _is_written(actor: Actor) -> bool:
    return actor.origin not in _IMPORTED


def _compatible(units: Sequence[_Unit]) -> bool:
    """Whether no origin tells them apart, and no two refer to different ids of one kind."""
    pairs = {pair for unit in units for pair in (*unit.own, *_meant(unit))}
    spoken = {kind for unit in units for kind, _ in unit.written}
    said = {pair for pair in pairs if pair[0] not in spoken}
    said |= {pair for unit in units for pair in (*unit.own, *unit.written)}
    return len({kind for kind, _ in said}) == len(said)


def _meant(unit: _Unit) -> set[tuple[str, str]]:
    """What a unit refers to: people's word goes before that of others."""
    spoken = {kind for kind, _ in unit.written}
    return {*unit.written, *(pair for pair in unit.imported if pair[0] not in spoken)}


def _joined(
    units: list[_Unit], edges_of: Callable[[list[_Unit]], _Edges], problems: list[str]
) -> list[_Unit]:
    """Units whose ties are whole: each tied to each, and nothing tells them apart. The rest stays, and is told."""
    edges = edges_of(units)
    out: list[_Unit] = []
    done: set[int] = set()
    for number, unit in enumerate(units):
        if number in done:
            continue
        members = _reached(number, edges)
        done |= members
        tied = [units[member] for member in sorted(members)]
        if len(tied) == 1:
            out.append(unit)
        elif _compatible(tied) and (
            edges_of in (_written_ids, _curated_references, _all_references)
            or all(len(edges[member]) == len(members) - 1 for member in members)
        ):
            out.append(_unit(actor for one in tied for actor in one.actors))
        else:
            out += tied
            problems.append(
                f"{_listed(tied)} are tied to each other by ids or names, and yet told apart by an origin, or tied by "
                "a chain alone: they are kept apart"
            )
    return out


def _reached(start: int, edges: _Edges) -> set[int]:
    found, waiting = {start}, [start]
    while waiting:
        for number in edges.get(waiting.pop(), ()):
            if number not in found:
                found.add(number)
                waiting.append(number)
    return found


def _listed(units: Sequence[_Unit]) -> str:
    names = [f"{unit.actors[0].name} ({_whence(unit.actors[0])})" for unit in units]
    shown = names[:5] + ([f"{len(names) - 5:,} more"] if len(names) > 5 else [])
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def _whence(actor: Actor) -> str:
    return {"tocsin": "shipped", "attack": "ATT&CK", "misp-galaxy": "MISP galaxy"}.get(
        actor.origin, actor.origin
    )


def _star(groups: Iterable[Sequence[int]]) -> _Edges:
    """Ties of all members of each group to its first."""
    edges: _Edges = defaultdict(set)
    for group in groups:
        for number in group[1:]:
            edges[group[0]].add(number)
            edges[number].add(group[0])
    return edges


def _written_ids(units: list[_Unit]) -> _Edges:
    """Profiles that people wrote under one id."""
    found: dict[str, list[int]] = {}
    for number, unit in enumerate(units):
        for id_ in sorted({actor.id for actor in unit.actors if _is_written(actor)}):
            found.setdefault(id_, []).append(number)
    return _star(found.values())


def _curated_references(units: list[_Unit]) -> _Edges:
    """What a written profile refers to, and those that it refers to."""
    return _references(units, lambda unit: set(unit.written))


def _all_references(units: list[_Unit]) -> _Edges:
    """The same with what the galaxy says of ATT&CK."""
    return _references(units, _meant)


def _references(units: list[_Unit], meant: Callable[[_Unit], set[tuple[str, str]]]) -> _Edges:
    found: dict[tuple[str, str], list[int]] = {}
    for number, unit in enumerate(units):
        for one in sorted(meant(unit) | {pair for pair in unit.own if pair[0] in _IMPORTED}):
            found.setdefault(one, []).append(number)
    return _star(found.values())


def _main_names(units: list[_Unit]) -> _Edges:
    """What goes by one name."""
    found: dict[str, list[int]] = {}
    marked = {key for unit in units for key in unit.marked}
    for number, unit in enumerate(units):
        for key in sorted(unit.mains - marked):
            if len(key) >= LEAST_MAIN:
                found.setdefault(key, []).append(number)
    return _pairs(units, found, lambda left, right, count: True)


def _two_names(units: list[_Unit]) -> _Edges:
    """What shares two names, one of which one of both goes by; people's own profiles are not tied so."""
    found: dict[str, list[int]] = {}
    marked = {key for unit in units for key in unit.marked}
    for number, unit in enumerate(units):
        for key in sorted(unit.names - marked):
            if len(key) >= LEAST_ALIAS:
                found.setdefault(key, []).append(number)
    return _pairs(units, found, _share_two)


def _share_two(left: _Unit, right: _Unit, count: int) -> bool:
    written = all(any(map(_is_written, unit.actors)) for unit in (left, right))
    return count >= 2 and not written and bool(left.mains & right.names or right.mains & left.names)


def _pairs(
    units: list[_Unit], found: dict[str, list[int]], holds: Callable[[_Unit, _Unit, int], bool]
) -> _Edges:
    """Ties between those that bear names which nobody else bears whom an origin tells apart from them."""
    shared: Counter[tuple[int, int]] = Counter()
    for bearers in found.values():
        if 1 < len(bearers) <= MAX_BEARERS and _compatible([units[number] for number in bearers]):
            shared.update((left, right) for at, left in enumerate(bearers) for right in bearers[at + 1 :])
    edges: _Edges = defaultdict(set)
    for (left, right), count in shared.items():
        if holds(units[left], units[right], count):
            edges[left].add(right)
            edges[right].add(left)
    return edges


def _merged(unit: _Unit) -> Actor:
    first = unit.actors[0]
    if len(unit.actors) == 1 and name_key(first.name) in {name_key(one.name) for one in first.names}:
        return first
    names: dict[str, ActorName] = {}
    told = frozenset[str]().union(*map(told_by_spelling, unit.actors))
    for actor in unit.actors:
        for name in (ActorName(actor.name), *actor.names):
            key = name_key(name.name) or name.name
            key = spelled(name.name) if key in told else key
            if not key:  # a file that only adds to another
                continue
            known = names.get(key)
            names[key] = name if known is None else _both(known, name)
    statements: dict[Statement, None] = {}
    for actor in unit.actors:
        statements.update(dict.fromkeys(actor.statements))
    notes = dict.fromkeys(actor.note for actor in unit.actors if actor.note)
    return msgspec.structs.replace(
        first,
        names=tuple(names.values()),
        statements=tuple(statements),
        references=tuple(dict.fromkeys(one for actor in unit.actors for one in actor.references)),
        note=" ".join(notes),
    )


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
    for actor in sorted(actors, key=_rank):
        id_ = actor.id
        if id_ in taken:
            id_ = f"{id_}-{name_key(_own_id(actor)[1])[:12] or name_key(actor.origin)}"
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
    if len(going) != 1 or (any(map(_is_written, bearers)) and not _is_written(going[0])):
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
    some = islice((other for other in bearers if other != id_), MAX_BEARERS)
    return msgspec.structs.replace(
        name,
        ambiguous=key in called or keepers.get(key) != id_,
        also=tuple(dict.fromkeys((*name.also, *some))),
    )


def _words(names: Sequence[str]) -> str:
    shown = [*names[:5], *([f"{len(names) - 5:,} more"] if len(names) > 5 else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
