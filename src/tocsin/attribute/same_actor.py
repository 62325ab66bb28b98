"""Which profiles of several origins are surely of one actor.

They are, in this order: profiles that people wrote under one id; what refers to one id elsewhere; what goes by one
name; what shares two names, one of them the name that one of both goes by. One alias in common never suffices, and an
origin that tells two actors apart is believed. Whatever hangs together by a chain alone is kept apart as a whole, so
that the order of reading makes no difference.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from tocsin.attribute.aliases import name_key
from tocsin.model.actor import Actor

MAX_BEARERS = 50  # of one name; beyond, it is no name
LEAST_MAIN = 3  # characters of a name that both go by
LEAST_ALIAS = 4
IMPORTED = ("attack", "misp-galaxy")


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


def same_actors(actors: Iterable[Actor], problems: list[str]) -> list[tuple[Actor, ...]]:
    """The profiles of each actor, people's own first, then ATT&CK's, then the galaxy's.

    What is tied and yet kept apart is told in `problems`, as sentences.
    """
    units = [_unit(some) for some in _gathered(sorted(set(actors), key=rank), own_id).values()]
    for edges_of in (_written_ids, _curated_references, _all_references, _main_names, _two_names):
        units = _joined(units, edges_of, problems)
    return [unit.actors for unit in units]


def rank(actor: Actor) -> tuple[int, str, str, bytes]:
    order = {"tocsin": 0, "attack": 2, "misp-galaxy": 3}
    return order.get(actor.origin, 1), actor.origin, actor.id, msgspec.msgpack.encode(actor)


def own_id(actor: Actor) -> tuple[str, str]:
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
    some = tuple(sorted(actors, key=rank))
    return _Unit(
        actors=some,
        own=frozenset(map(own_id, some)),
        written=frozenset(one for actor in some if is_written(actor) for one in _identities(actor)),
        imported=frozenset(one for actor in some if not is_written(actor) for one in _identities(actor)),
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
        if kind in IMPORTED and kind not in seen:
            seen.add(kind)
            yield kind, value.casefold()


def is_written(actor: Actor) -> bool:
    return actor.origin not in IMPORTED


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
        for id_ in sorted({actor.id for actor in unit.actors if is_written(actor)}):
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
        for one in sorted(meant(unit) | {pair for pair in unit.own if pair[0] in IMPORTED}):
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
    written = all(any(map(is_written, unit.actors)) for unit in (left, right))
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
