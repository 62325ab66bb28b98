"""Stored mails to campaigns: the same mails give the same campaigns, in whatever order they came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.link.decisions import Constraints, Partition, constraints_of
from tocsin.link.identity import Earlier, name_campaigns
from tocsin.link.kinds import KINDS
from tocsin.link.table import Table, tabulate
from tocsin.link.ties import Ties, find_ties, reasons
from tocsin.link.traits import Traits, unpack
from tocsin.model.campaign import Campaign, Decision, Link, Member

LISTED_AT = 0.05  # likelihood from which one member makes a group worth listing
_FURTHER_TIES = 2  # of a member, beside those that hold the group together
_WORDS = {kind.name: kind.words for kind in KINDS} | {
    "near-text": "the texts of both are near copies",
    "near-structure": "the HTML of both is built nearly alike",
    "time": "they came within days of each other",
    "reader": "both were sent to the same reader",
}
_UNSAID = frozenset(("text", "structure"))  # whose values are hashes


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One stored mail with what is thought of it now; `traits` as `link.traits.pack` made them.

    `likelihood` is the higher one of reconnaissance and phishing, `indicator` tells that intelligence points at it.
    """

    sha256: str
    owner: str
    traits: bytes
    number: int = -1
    likelihood: float = 0.0
    alert: bool = False
    indicator: bool = False

    @property
    def suspect(self) -> bool:
        """Whether this mail alone makes a group worth listing."""
        return self.alert or self.indicator or self.likelihood >= LISTED_AT


def link(
    entries: Iterable[Entry], earlier: Sequence[Earlier] = (), decisions: Iterable[Decision] = ()
) -> tuple[Campaign, ...]:
    """The campaigns among these mails, the first seen first; countries and sectors are left to those who know people.

    Raises ValueError for traits of another version.
    """
    linker = Linker()
    linker.update(entries)
    return linker.campaigns(earlier, decisions)


class Linker:
    """Mails that come and go; what it says depends on those it holds, never on how they came."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Entry] = {}
        self._ties: tuple[frozenset[str], list[str], Table, Ties] | None = None

    def update(self, added: Iterable[Entry] = (), removed: Iterable[tuple[str, str]] = ()) -> None:
        """Take mails in, or again with another opinion on them, and take others out by SHA-256 and owner."""
        self._ties = None
        for sha256, owner in removed:
            self._entries.pop((sha256, owner), None)
        for entry in added:
            unpack(entry.traits)  # what cannot be read is refused where it comes in
            self._entries[entry.sha256, entry.owner] = entry

    def campaigns(
        self, earlier: Sequence[Earlier] = (), decisions: Iterable[Decision] = ()
    ) -> tuple[Campaign, ...]:
        """What hangs together now and is worth listing, named after what was."""
        held: dict[str, list[Entry]] = {}
        for key in sorted(self._entries):
            held.setdefault(key[0], []).append(self._entries[key])
        constraints = constraints_of(decisions)
        told = {mail for mails in constraints.together for mail in mails}
        told.update(mail for pair in constraints.apart for mails in pair for mail in mails)
        names, table, ties = self._tied(held, frozenset(told & held.keys()))
        label = _components(len(names), ties)
        wanted = _worth_weighing(names, label, held, told)
        found_ties = [ties, *_without_each_side(names, table, label, constraints)]
        pairs = sorted(
            {
                (-weight, names[left], names[right], left, right)
                for some in found_ties
                for left, right, weight in zip(
                    some.left.tolist(), some.right.tolist(), some.weights.tolist(), strict=True
                )
                if wanted[left]
            }
        )
        partition, kept = _partition(pairs, constraints, held)
        groups: dict[str, list[str]] = {}
        for sha256 in sorted(
            {one for pair in pairs for one in pair[1:3]} | told & held.keys() | _alone(held)
        ):
            groups.setdefault(partition.root(sha256), []).append(sha256)
        listed = [
            group
            for group in groups.values()
            if sum(len(held[mail]) for mail in group) > 1
            and (any(entry.suspect for mail in group for entry in held[mail]) or not told.isdisjoint(group))
        ]
        links: dict[str, list[Link]] = {}
        shown = {mail for group in listed for mail in group}
        kept = [pair for pair in kept if pair[1] in shown]
        why = reasons(
            table,
            np.array([pair[3] for pair in kept], np.int64),
            np.array([pair[4] for pair in kept], np.int64),
        )
        for (_, one, other, _, _), told_by in zip(kept, why, strict=True):
            links.setdefault(partition.root(one), []).extend(
                self._links(unpack(held[one][0].traits), one, other, told_by)
            )
        for mails in constraints.together:
            first, *rest = sorted(mails & shown) or [""]
            for other in rest:
                if partition.root(first) == partition.root(other):
                    said = Link(first, other, "analyst", 0.0, "an analyst joined them")
                    links.setdefault(partition.root(first), []).append(said)
        named = name_campaigns(listed, earlier)
        found = [
            self._campaign(
                name, aliases, [entry for mail in group for entry in held[mail]], links.get(group[0], [])
            )
            for (name, aliases), group in zip(named, listed, strict=True)
        ]
        return tuple(sorted(found, key=lambda one: (one.first_seen_s or 0.0, one.id)))

    def _tied(self, held: dict[str, list[Entry]], told: frozenset[str]) -> tuple[list[str], Table, Ties]:
        if self._ties is None or self._ties[0] != told:
            names = list(held)
            table = tabulate(
                [unpack(held[name][0].traits) for name in names],
                [_number(held[name][0].owner) for name in names],
                [name in told or any(entry.suspect for entry in held[name]) for name in names],
            )
            self._ties = (told, names, table, find_ties(table))
        return self._ties[1:]

    def _links(
        self, traits: Traits, one: str, other: str, told_by: list[tuple[str, int, float]]
    ) -> list[Link]:
        found = []
        for kind, slot, weight in told_by:
            shared = traits.shown(slot) if slot >= 0 and kind not in _UNSAID else ""
            found.append(Link(one, other, kind, round(weight, 2), _WORDS[kind].replace("{}", shared), shared))
        return found

    def _campaign(
        self, name: str, aliases: tuple[str, ...], entries: list[Entry], links: list[Link]
    ) -> Campaign:
        members = [
            Member(entry.sha256, traits.message_id, entry.owner, traits.time_s, entry.number)
            for entry in entries
            for traits in (unpack(entry.traits),)
        ]
        members.sort(key=lambda one: (one.time_s or 0.0, one.sha256, one.owner))
        times = [one.time_s for one in members if one.time_s is not None]
        return Campaign(
            id=name,
            members=tuple(members),
            links=tuple(sorted(links, key=lambda one: (one.a, one.b, -one.weight, one.reason))),
            people=tuple(sorted({entry.owner for entry in entries if entry.owner})),
            first_seen_s=min(times, default=None),
            last_seen_s=max(times, default=None),
            aliases=aliases,
            likelihood=max(entry.likelihood for entry in entries),
            alerts=sum(entry.alert for entry in entries),
        )


def _number(owner: str) -> int:
    if not owner:
        return 0
    return int.from_bytes(blake2b(owner.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def _alone(held: dict[str, list[Entry]]) -> set[str]:
    """The same bytes in several mailboxes are a campaign of their own where somebody suspects them."""
    return {
        mail for mail, entries in held.items() if len(entries) > 1 and any(entry.suspect for entry in entries)
    }


def _components(count: int, ties: Ties) -> NDArray[np.int64]:
    """For each row the least row that it hangs together with, however indirectly."""
    label = np.arange(count)
    while True:  # each turn doubles how far the least row was carried
        least = label.copy()
        np.minimum.at(least, ties.left, label[ties.right])
        np.minimum.at(least, ties.right, label[ties.left])
        least = np.minimum(least, least[least])
        if np.array_equal(least, label):
            return label
        label = least


def _worth_weighing(
    names: list[str], label: NDArray[np.int64], held: dict[str, list[Entry]], told: set[str]
) -> list[bool]:
    """For each row, whether it hangs together with a mail that people should look at."""
    wanted = np.zeros(len(names), np.bool_)
    for row, name in enumerate(names):
        if name in told or any(entry.suspect for entry in held[name]):
            wanted[label[row]] = True
    flags: list[bool] = wanted[label].tolist()
    return flags


def _without_each_side(
    names: list[str], table: Table, label: NDArray[np.int64], constraints: Constraints
) -> Iterator[Ties]:
    """Ties among what stays when a side of a split is taken out: the chain may have run through the mails taken."""
    rows = {name: row for row, name in enumerate(names)} if constraints.apart else {}
    for pair in constraints.apart:
        sides = [[rows[mail] for mail in sorted(mails) if mail in rows] for mails in pair]
        touched = np.isin(label, np.unique(label[sides[0] + sides[1]]))
        for side in sides:
            staying = touched & table.taking_part
            staying[side] = False
            yield find_ties(msgspec.structs.replace(table, taking_part=staying))


def _partition(
    pairs: list[tuple[float, str, str, int, int]], constraints: Constraints, held: dict[str, list[Entry]]
) -> tuple[Partition, list[tuple[float, str, str, int, int]]]:
    """Join what analysts joined, then tied pairs, the strongest first; the pairs that are worth showing."""
    partition = Partition(constraints.apart)
    for mails in constraints.together:
        first, *rest = sorted(mails & held.keys()) or [""]
        for other in rest:
            partition.join(first, other)
    kept: list[tuple[float, str, str, int, int]] = []
    spare: list[tuple[float, str, str, int, int]] = []
    for pair in pairs:
        (kept if partition.join(pair[1], pair[2]) else spare).append(pair)
    further: dict[str, int] = {}
    for pair in spare:
        if partition.root(pair[1]) != partition.root(pair[2]):
            continue
        if max(further.get(pair[1], 0), further.get(pair[2], 0)) < _FURTHER_TIES:
            kept.append(pair)
            for mail in pair[1:3]:
                further[mail] = further.get(mail, 0) + 1
    return partition, kept
