"""Names of actors, as people and feeds write them, and whom they stand for; a name that several bear stands for nobody.

Vendors name what they see, and no two see the same: a name is a pointer to a profile, never evidence by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import TypeVar

import msgspec

from tocsin.model.actor import Actor, Profiles

_Key = TypeVar("_Key")

MAX_NAME = 200  # characters that are compared
_ENDING = re.compile(r"\.(?:txt|json|toml|ioc)$")
_FAMILY = re.compile(r"^(?:apt|malware|osx|android|ek|elf)[_](?=.)")
_KIND_OF_GROUP = re.compile(r"[\s_-]+(?:group|team|gang|apt|campaign)$")
_LEAST_BARE = 4  # characters that a name keeps when "Group" is taken off


class Names(msgspec.Struct, frozen=True):
    """Whom names stand for: by `name_key` the ids of all bearers, sorted.

    `bare` has names without "Group", "Team" and the like; `marked` are keys that a profile calls ambiguous; `kept` has
    the id of the one who goes by a name that others bear beside, `exact` that of the one whose name it is in this
    spelling alone; `references` have ids elsewhere, by kind and key.
    """

    bearers: dict[str, tuple[str, ...]]
    bare: dict[str, tuple[str, ...]]
    marked: frozenset[str]
    kept: dict[str, str]
    exact: dict[str, str]
    references: dict[tuple[str, str], tuple[str, ...]]


class Resolved(msgspec.Struct, frozen=True):
    """Who bears a name, by id and sorted. `ambiguous` names say nothing by themselves, though one alone bears them."""

    actors: tuple[str, ...]
    ambiguous: bool = False


NOBODY = Resolved(())


@lru_cache(maxsize=65_536)  # each name is asked for many times while profiles are merged
def name_key(name: str) -> str:
    """A name as it is compared: letters and digits alone, so that "APT 31", "apt-31" and "apt_31.txt" are one."""
    folded = unicodedata.normalize("NFKC", name[:MAX_NAME]).casefold().strip()
    return "".join(filter(str.isalnum, _ENDING.sub("", folded)))


def spelled(name: str) -> str:
    """A name as it is written, but for case: where a profile tells "Cold Otter" from "COLDOTTER"."""
    return " ".join(unicodedata.normalize("NFKC", name[:MAX_NAME]).casefold().split())


def told_by_spelling(actor: Actor) -> frozenset[str]:
    """Keys of names of which an actor has one spelling of his own, and another that he calls ambiguous."""
    marked = {name_key(one.name) for one in actor.names if one.ambiguous}
    return frozenset(marked & {name_key(one.name) for one in actor.names if not one.ambiguous})


def bare_key(name: str) -> str:
    """The key of a name without what kind of group it is: "Lazarus Group" as "lazarus"."""
    folded = unicodedata.normalize("NFKC", name[:MAX_NAME]).casefold().strip()
    bare = name_key(_KIND_OF_GROUP.sub("", _ENDING.sub("", folded)))
    return bare if len(bare) >= _LEAST_BARE else name_key(name)


def names_of(profiles: Profiles) -> Names:
    """The names, ids and references of all actors at hand; linear in their number."""
    bearers: dict[str, set[str]] = {}
    bare: dict[str, set[str]] = {}
    references: dict[tuple[str, str], set[str]] = {}
    marked: set[str] = set()
    bare_marked: set[str] = set()
    bare_open: set[str] = set()
    keepers: dict[str, dict[str, set[str]]] = {}
    spellings: dict[str, set[str]] = {}
    for actor in profiles.actors:
        for name in (actor.name, actor.id, *(one.name for one in actor.names)):
            bearers.setdefault(name_key(name), set()).add(actor.id)
            bare.setdefault(bare_key(name), set()).add(actor.id)
        told = told_by_spelling(actor)
        for one in actor.names:
            key = name_key(one.name)
            (bare_marked if one.ambiguous else bare_open).add(bare_key(one.name))
            if one.ambiguous:
                marked.add(key)
            elif key in told:
                spellings.setdefault(spelled(one.name), set()).add(actor.id)
            elif one.also:
                keepers.setdefault(key, {})[actor.id] = {actor.id, *one.also}
        for kind, value in actor.references:
            for key in _reference_keys(value):
                references.setdefault((kind, key), set()).add(actor.id)
    kept = {
        key: id_
        for key, some in keepers.items()
        for id_, named in some.items()
        if len(some) == 1 and bearers[key] <= named
    }
    exact = {spelling: min(ids) for spelling, ids in spellings.items() if len(ids) == 1}
    return Names(
        _sorted(bearers),
        _sorted(bare),
        frozenset((marked | bare_marked - bare_open) - {""}),
        kept,
        exact,
        _sorted(references),
    )


def resolve(names: Names, name: str, *, kind: str = "") -> Resolved:
    """Everybody whom a name may stand for.

    `kind` says whose name it is, as in an actor's references ("attack", "misp-galaxy", "maltrail"): what a profile says
    of that kind goes before names. Without, a name is compared as it is, then without the prefix of a maltrail block,
    then without "Group" and the like; a bare number is one of the series APT.
    """
    key = name_key(name)
    if not key:
        return NOBODY
    kinds = (kind,) if kind else ("attack", "misp-galaxy", "maltrail")
    if kind:
        found = _of_reference(names, kinds, key)
        if found is not None:
            return found
    folded = _FAMILY.sub("", name[:MAX_NAME].casefold().strip())
    for spelling in (spelled(name), spelled(folded)):
        if spelling in names.exact:
            return Resolved((names.exact[spelling],))
    for one in dict.fromkeys((key, f"apt{key}" if key.isdecimal() else key, name_key(folded))):
        if one in names.kept:
            return Resolved((names.kept[one],))
        if one in names.bearers:
            # Who is called "Heron Group" is meant by "Heron" as well, and so the two are told apart only in full.
            others = names.bare.get(one, ()) if bare_key(name) == key else ()
            return _resolved({*names.bearers[one], *others}, one in names.marked)
    bare = bare_key(folded)
    if bare in names.bare:
        return _resolved(names.bare[bare], bare in names.marked)
    return _of_reference(names, kinds, key) or NOBODY


def actors_of(names: Names, name: str, *, kind: str = "") -> tuple[str, ...]:
    """The id of the one actor whom a name stands for; () where nobody bears it, several do, or it says nothing."""
    found = resolve(names, name, kind=kind)
    return () if found.ambiguous else found.actors


def _resolved(actors: Iterable[str], marked: bool) -> Resolved:
    ids = tuple(sorted(actors))
    return Resolved(ids, marked or len(ids) > 1)


def _of_reference(names: Names, kinds: tuple[str, ...], key: str) -> Resolved | None:
    for kind in kinds:
        actors = names.references.get((kind, key))
        if actors:
            return _resolved(actors, False)
    return None


def _reference_keys(value: str) -> set[str]:
    """The keys of an id elsewhere: blocks of maltrail are quoted with and without the family before their name."""
    return {name_key(value), name_key(_FAMILY.sub("", value.casefold().strip()))} - {""}


def _sorted(found: dict[_Key, set[str]]) -> dict[_Key, tuple[str, ...]]:
    return {key: tuple(sorted(ids)) for key, ids in found.items() if key}
