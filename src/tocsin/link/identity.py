"""Ids of campaigns that last while members come and go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b

import msgspec


class Earlier(msgspec.Struct, frozen=True):
    """A campaign as it was: its id, the SHA-256 of its members, the ids it went by before.

    `parts` are the campaigns that grew together into this one, itself among them, as they were before that.
    """

    id: str
    members: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    parts: tuple[Earlier, ...] = ()


def name_campaigns(
    groups: Sequence[Sequence[str]], earlier: Sequence[Earlier]
) -> list[tuple[str, tuple[str, ...]]]:
    """Id and aliases of each group of members (SHA-256, no mail in two groups), in the order given.

    An earlier id goes to the group with which it shares most members; of several that claim one group, the one that
    shares most keeps it and the others become aliases, with theirs. Where campaigns that grew together come apart
    again, each takes its own id back; any other part that came off gets a new id, made of its first member. Ties go to
    the smaller id and the smaller member, so that the order given decides nothing.
    """
    group_of = {member: number for number, group in enumerate(groups) for member in group}
    earlier = [part for one in earlier for part in _apart(one, group_of)]
    least = [min(group) for group in groups]
    claims: list[tuple[int, str, str, int]] = []  # shared members (negative), id, least member, group
    homes: dict[str, int] = {}
    for one in earlier:
        shared = Counter(group_of[member] for member in set(one.members) if member in group_of)
        claims += [(-count, one.id, least[number], number) for number, count in shared.items()]
        if shared:
            homes[one.id] = min(shared, key=lambda number: (-shared[number], least[number]))
    named: dict[int, str] = {}
    taken: set[str] = set()
    for _, name, _, number in sorted(claims):
        if name not in taken and number not in named:
            named[number] = name
            taken.add(name)
    used = {name for one in earlier for name in (one.id, *one.aliases)}
    for number in sorted(range(len(groups)), key=least.__getitem__):
        if number not in named:
            named[number] = _new_id(least[number], used)
            used.add(named[number])
    aliases: dict[int, set[str]] = {number: set() for number in named}
    for one in earlier:
        if one.id in taken:
            home = next(number for number, name in named.items() if name == one.id)
        elif one.id in homes:
            home = homes[one.id]
            aliases[home].add(one.id)
        else:
            continue
        aliases[home].update(one.aliases)
    return [
        (named[number], tuple(sorted(aliases[number] - {named[number]}))) for number in range(len(groups))
    ]


def _apart(one: Earlier, group_of: Mapping[str, int]) -> list[Earlier]:
    """The campaigns that grew together into this one, where they lie in different groups now; else itself."""
    homes: set[int] = set()
    for part in one.parts:
        shared = Counter(group_of[member] for member in part.members if member in group_of)
        if shared:
            homes.add(min(shared, key=lambda number: (-shared[number], number)))
    if len(homes) < 2:
        return [one]
    again = {part.id for part in one.parts}
    return [
        Earlier(part.id, part.members, tuple(set(one.aliases if part.id == one.id else part.aliases) - again))
        for part in one.parts
    ]


def _new_id(member: str, used: set[str]) -> str:
    for turn in range(1 << 16):
        name = "c-" + blake2b(f"{member} {turn}".encode(), digest_size=6).hexdigest()
        if name not in used:
            return name
    raise ValueError(f"no id is left for the campaign of {member}")
