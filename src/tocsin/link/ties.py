"""Pairs of mails that share too much for strangers: found by what they share, never by comparing all with all."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.link.kinds import FIRST_SLOT, GROUPS, KINDS
from tocsin.link.table import BANDS, Numbers, Table, mixed

TIED_AT = 9.0  # nats: two mails of millions are one hand's only against long odds
_ALONE_AT = 6.5  # what one host or one address for replies must weigh where nothing else is shared
_COUNTS_AT = 2.0  # below, a group is no second reason
_GROUP_CAPS = {"call": 10.0, "words": 6.0, "form": 5.0, "sender": 10.0, "road": 5.0}
_FURTHER = 0.25  # what the second and later values of one group count beside the strongest
_SEED = 5.0  # nats that two values must weigh together before their sharers are compared
_LEAST_ALIKE = 0.7  # share of equal minima of near copies
_DOMAIN = (
    5.0  # what a domain that vouches for both weighs where not both are suspect: whole houses write from one
)
_COPIED = 1.0  # what a text weighs that anybody can copy from an article
_SAME_READER = 0.5
_SOON_S, _NEAR_S = 2 * 86_400.0, 14 * 86_400.0
_CHUNK = 250_000
_MOST_CODES = 8_000_000

# What is combined in twos to find pairs: kinds of a group, or bands of a sketch.
_SEEDS = {
    "call": ("beacon-host", "token", "grammar", "style-host", "link-host"),
    "words": ("~text", "subject"),
    "form": ("~structure", "making"),
    "sender": ("address", "name", "domain", "reply-address"),
    "road": ("relay", "network", "return-site", "signer", "id-host"),
}
_SINGLE = ("beacon-host", "token", "reply-address", "domain")
_ALONE = frozenset(_SINGLE)


class Ties(msgspec.Struct, frozen=True):
    """Tied pairs of rows, `left` < `right`, in that order, with the nats that tie them."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    weights: NDArray[np.float32]


def find_ties(table: Table) -> Ties:
    """All ties; mails that share a value are tied along a chain in time, not each to each."""
    codes = _candidates(table)
    count = len(table.times)
    left, right = codes // count, codes % count
    weights = np.zeros(len(codes), np.float32)
    for start in range(0, len(codes), _CHUNK):
        part = slice(start, start + _CHUNK)
        weights[part] = _weigh(table, left[part], right[part])
    kept = weights >= TIED_AT
    return Ties(left[kept], right[kept], weights[kept])


def reasons(
    table: Table, left: NDArray[np.int64], right: NDArray[np.int64]
) -> list[list[tuple[str, int, float]]]:
    """Why each pair of rows is tied: (kind, slot of `left`, nats), the strongest first; "near-text",
    "near-structure", "time" and "reader" have slot -1.
    """
    found: list[list[tuple[str, int, float]]] = [[] for _ in range(len(left))]
    both = table.suspect[left] & table.suspect[right]
    copied = table.copied[left] | table.copied[right]

    def tell(name: str, slots: NDArray[np.int64], weights: NDArray[np.float32]) -> None:
        for pair in np.flatnonzero(weights > 0).tolist():
            found[pair].append((name, int(slots[pair]), float(weights[pair])))

    nowhere = np.full(len(left), -1, np.int64)
    for kind in KINDS:
        weight, slot = _shared(table, kind.name, kind.slots, left, right)
        if kind.name in BANDS:
            near = _alike(table, kind.name, left, right)
            if kind.name == "text":
                weight, near = (np.where(copied, np.minimum(one, _COPIED), one) for one in (weight, near))
            tell("near-" + kind.name, nowhere, np.where(near > weight, near, 0))
            weight = np.where(near > weight, 0, weight)
        elif kind.name == "subject":
            weight = np.where(copied, 0, weight)
        elif kind.name == "domain":
            weight = np.where(both, weight, np.minimum(weight, _DOMAIN))
        tell(kind.name, slot, weight)
    tell("time", nowhere, _time(table, left, right))
    tell("reader", nowhere, _SAME_READER * _same_reader(table, left, right))
    for one in found:
        one.sort(key=lambda reason: (-reason[2], reason[0]))
    return found


def _candidates(table: Table) -> NDArray[np.int64]:
    """Codes (left * rows + right) of pairs worth weighing, sorted, each once."""
    taking = np.flatnonzero(table.taking_part)
    times = np.nan_to_num(table.times[taking], nan=-1.0)
    rows = taking[np.argsort(times, kind="stable")]  # by time, then by SHA-256
    found: list[NDArray[np.int64]] = []
    pending = 0
    for codes in _chains(table, rows):
        found.append(codes)
        pending += len(codes)
        if pending > _MOST_CODES:
            found = [np.unique(np.concatenate(found))]
            pending = len(found[0]) // 2
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _chains(table: Table, rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    columns = {name: _entries(table, name, rows) for group in GROUPS for name in _SEEDS[group]}
    for name in _SINGLE:
        for places, values, weights in columns[name]:
            strong = weights >= _SEED
            yield _chained(values[strong], places[strong], len(table.times), rows)
    for at, group in enumerate(GROUPS):
        for other in GROUPS[at + 1 :]:
            for one in _SEEDS[group]:
                for two in _SEEDS[other]:
                    yield from _pairs(table, columns[one], columns[two], rows)


_Entries = list[tuple[NDArray[np.int64], Numbers, NDArray[np.float32]]]


def _entries(table: Table, name: str, rows: NDArray[np.int64]) -> _Entries:
    """Columns of one seed: (places in `rows`, values, weights) of those rows that show something shared."""
    if name[0] == "~":
        _, _, bands, weight = table.near[name[1:]]
        columns = [(bands[rows, band], weight[rows]) for band in range(bands.shape[1])]
    else:
        kind = next(kind for kind in KINDS if kind.name == name)
        first = FIRST_SLOT[name]
        columns = [
            (table.keys[rows, slot], table.weights[rows, slot]) for slot in range(first, first + kind.slots)
        ]
    found: _Entries = []
    for values, weights in columns:
        places = np.flatnonzero(weights > 0)
        found.append((places, values[places], weights[places]))
    if name[0] != "~" and len(found) > 1:  # a value may stand in another slot of another mail
        together = [np.concatenate([column[part] for column in found]) for part in range(3)]
        order = np.argsort(together[0], kind="stable")
        found = [(together[0][order], together[1][order], together[2][order])]
    return found


def _pairs(
    table: Table, ones: _Entries, twos: _Entries, rows: NDArray[np.int64]
) -> Iterator[NDArray[np.int64]]:
    for places, values, weights in ones:
        for other_places, other_values, other_weights in twos:
            if not len(places) or not len(other_places):
                continue
            # Each entry of one meets each entry of the other in the same row; slots are few.
            starts = np.searchsorted(other_places, places, "left")
            lengths = np.searchsorted(other_places, places, "right") - starts
            mine = np.repeat(np.arange(len(places)), lengths)
            if not len(mine):
                continue
            offsets = np.arange(len(mine)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
            theirs = np.repeat(starts, lengths) + offsets
            strong = weights[mine] + other_weights[theirs] >= _SEED
            mine, theirs = mine[strong], theirs[strong]
            yield _chained(mixed(values[mine], other_values[theirs]), places[mine], len(table.times), rows)


def _chained(
    keys: Numbers, places: NDArray[np.int64], count: int, rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Pairs of neighbours, in time, among those with the same key, and of the first with every other."""
    if len(keys) < 2:
        return np.zeros(0, np.int64)
    order = np.argsort(keys, kind="stable")
    key, place = keys[order], places[order]
    same = key[1:] == key[:-1]
    begins = np.concatenate(([True], ~same))
    first = place[np.maximum.accumulate(np.where(begins, np.arange(len(key)), 0))]
    left = rows[np.concatenate((place[:-1][same], first[1:][same]))]
    right = rows[np.concatenate((place[1:][same], place[1:][same]))]
    low, high = np.minimum(left, right), np.maximum(left, right)
    return np.asarray(np.unique((low * count + high)[low != high]), np.int64)


def _weigh(table: Table, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float32]:
    strongest = {group: np.zeros(len(left), np.float32) for group in GROUPS}
    sums = {group: np.zeros(len(left), np.float32) for group in GROUPS}
    copied = table.copied[left] | table.copied[right]
    both = table.suspect[left] & table.suspect[right]
    alone = np.zeros(len(left), np.float32)
    for kind in KINDS:
        weight, _ = _shared(table, kind.name, kind.slots, left, right)
        if kind.name in BANDS:
            weight = np.maximum(weight, _alike(table, kind.name, left, right))
        if kind.name == "text":
            weight = np.where(copied, np.minimum(weight, _COPIED), weight)
        elif kind.name == "subject":
            weight = np.where(copied, 0, weight)
        elif kind.name == "domain":
            weight = np.where(both, weight, np.minimum(weight, _DOMAIN))
        if kind.name in _ALONE:
            np.maximum(alone, weight, out=alone)
        np.maximum(strongest[kind.group], weight, out=strongest[kind.group])
        sums[kind.group] += weight
    total = np.zeros(len(left), np.float32)
    groups = np.zeros(len(left), np.int8)
    for group in GROUPS:
        nats = np.minimum(strongest[group] + _FURTHER * (sums[group] - strongest[group]), _GROUP_CAPS[group])
        groups += nats >= _COUNTS_AT
        total += nats
    total += _time(table, left, right) + _SAME_READER * _same_reader(table, left, right)
    enough = (groups >= 2) | (alone >= _ALONE_AT)
    return np.where(enough, total, 0).astype(np.float32)


def _shared(
    table: Table, name: str, slots: int, left: NDArray[np.int64], right: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The heaviest value of a kind that both show, and its slot in the left one."""
    best = np.zeros(len(left), np.float32)
    at = np.full(len(left), -1, np.int64)
    first = FIRST_SLOT[name]
    for one in range(first, first + slots):
        mine, weight = table.keys[left, one], table.weights[left, one]
        for two in range(first, first + slots):
            better = (mine == table.keys[right, two]) & (weight > best)
            best[better] = weight[better]
            at[better] = one
    return best, at


def _alike(table: Table, name: str, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float32]:
    sketches, held, _, weight = table.near[name]
    share = (sketches[left] == sketches[right]).mean(axis=1)
    nats = np.minimum(weight[left], weight[right]) * share
    return np.where(held[left] & held[right] & (share >= _LEAST_ALIKE), nats, 0).astype(np.float32)


def _same_reader(table: Table, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float32]:
    same = (table.owners[left] == table.owners[right]) & (table.owners[left] != 0)
    return np.asarray(same, np.float32)


def _time(table: Table, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float32]:
    apart = np.abs(table.times[left] - table.times[right])  # nan compares as False
    return np.where(apart <= _SOON_S, 1.0, np.where(apart <= _NEAR_S, 0.5, 0.0)).astype(np.float32)
