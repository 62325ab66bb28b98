"""The traits of many mails, column by column, and how telling each of their values is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.link.kinds import FIRST_SLOT, KINDS, SLOTS
from tocsin.link.traits import Traits

Numbers = NDArray[np.uint64]
SKETCH = 24  # 16-bit minima in a sketch
BANDS = {"text": 6, "structure": 3}  # four and eight minima each: texts vary more than templates do
# Senders that one imagines beside those that were seen: in a small store nothing is rare.
_UNSEEN_SENDERS = 3_000
_SINKING = 1.2  # nats that a value loses each time e times as many senders show it
_STEP = 0.25  # nats; weights are rounded down to it, so that a single new mail changes few of them


class Table(msgspec.Struct, frozen=True):
    """Mails in the order of their SHA-256, one row each.

    `keys` and `weights` have a column for each slot of `kinds.KINDS`, 0 where a mail shows nothing; weights are nats.
    `near` has, for text and structure, the sketches (rows of 16-bit minima), whether there is one, the keys of their
    bands, and the weight of a near copy.
    """

    keys: Numbers
    weights: NDArray[np.float32]
    near: dict[str, tuple[NDArray[np.uint16], NDArray[np.bool_], Numbers, NDArray[np.float32]]]
    times: NDArray[np.float64]  # nan where unknown
    owners: Numbers  # 0 where unknown
    taking_part: NDArray[np.bool_]
    copied: NDArray[np.bool_]
    suspect: NDArray[np.bool_]


def tabulate(traits: Sequence[Traits], owners: Sequence[int], suspect: Sequence[bool]) -> Table:
    """A table of these mails; `owners` are numbers that stand for whose mail each is."""
    count = len(traits)
    keys = np.zeros((count, SLOTS), np.uint64)
    lengths = np.fromiter((len(one.slots) for one in traits), np.int64, count)
    rows = np.repeat(np.arange(count), lengths)
    slots = np.frombuffer(b"".join([one.slots for one in traits]), np.uint8)
    keys[rows, slots] = np.frombuffer(b"".join([one.keys for one in traits]), "<u8")
    units = np.fromiter((one.unit for one in traits), np.uint64, count)
    sites = np.fromiter((one.site for one in traits), np.uint64, count)
    senders = len(np.unique(units)) + _UNSEEN_SENDERS
    weights = np.zeros((count, SLOTS), np.float32)
    for kind in KINDS:
        first = FIRST_SLOT[kind.name]
        span = slice(first, first + kind.slots)
        weights[:, span] = _rarity(
            keys[:, span].ravel(),
            np.repeat(sites if kind.group == "call" else units, kind.slots),
            senders,
            kind.cap,
        ).reshape(count, kind.slots)
    np.maximum(weights, 0, out=weights)
    near = {}
    for name, bands in BANDS.items():
        sketches, held = _sketches([getattr(one, name) for one in traits])
        values = _band_keys(sketches, held, bands)
        cap = next(kind.cap for kind in KINDS if kind.name == name)
        rarity = np.stack([_rarity(values[:, band], units, senders, cap) for band in range(bands)], axis=1)
        lone = rarity < 0
        rarity[lone] = np.inf  # nobody else has this band
        least = rarity.min(axis=1, initial=np.inf)
        near[name] = (
            sketches,
            held,
            values,
            np.where(np.isinf(least), 0, np.minimum(least, cap)).astype(np.float32),
        )
    return Table(
        keys=keys,
        weights=weights,
        near=near,
        times=np.fromiter(
            (np.nan if one.time_s is None else one.time_s for one in traits), np.float64, count
        ),
        owners=np.fromiter(owners, np.uint64, count),
        taking_part=np.fromiter(
            (one.calls or bad for one, bad in zip(traits, suspect, strict=True)), np.bool_, count
        ),
        copied=np.fromiter((one.copied for one in traits), np.bool_, count),
        suspect=np.fromiter(suspect, np.bool_, count),
    )


def _rarity(values: Numbers, units: Numbers, senders: int, cap: float) -> NDArray[np.float32]:
    """How unlikely strangers share each value, in nats: -1 where there is no value or nobody shares it.

    It is `cap` where one sender alone shows the value, and sinks with the number of senders who do.
    """
    found = np.full(len(values), -1, np.float32)
    shown = np.flatnonzero(values)
    if not len(shown):
        return found
    order = shown[np.lexsort((units[shown], values[shown]))]
    value, unit = values[order], units[order]
    new_value = np.concatenate(([True], value[1:] != value[:-1]))
    new_unit = new_value | np.concatenate(([True], unit[1:] != unit[:-1]))
    group = np.cumsum(new_value) - 1
    mails = np.bincount(group)
    sharing = np.bincount(group, new_unit)
    nats = np.minimum(np.log(senders / sharing), cap - _SINKING * np.log(sharing))
    nats = np.maximum(np.floor(nats / _STEP) * _STEP, 0)
    nats[mails < 2] = -1
    found[order] = nats[group]
    return found


def _sketches(packed: list[bytes]) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    held = np.fromiter((len(one) == 2 * SKETCH for one in packed), np.bool_, len(packed))
    nothing = bytes(2 * SKETCH)
    joined = b"".join([one if len(one) == 2 * SKETCH else nothing for one in packed])
    return np.frombuffer(joined, "<u2").reshape(len(packed), SKETCH), held


def _band_keys(sketches: NDArray[np.uint16], held: NDArray[np.bool_], bands: int) -> Numbers:
    width = SKETCH // bands
    values = np.zeros((len(sketches), bands), np.uint64)
    for band in range(bands):
        key = np.full(len(sketches), band + 1, np.uint64)
        for column in range(band * width, (band + 1) * width):
            key = mixed(key, sketches[:, column].astype(np.uint64))
        values[held, band] = key[held]
    return values


def mixed(left: Numbers, right: Numbers) -> Numbers:
    """One 64-bit key from two, different for different pairs but by accident (the finaliser of SplitMix64)."""
    key = left * np.uint64(0x9E3779B97F4A7C15) + right
    key ^= key >> np.uint64(30)
    key *= np.uint64(0xBF58476D1CE4E5B9)
    key ^= key >> np.uint64(27)
    key *= np.uint64(0x94D049BB133111EB)
    return key ^ (key >> np.uint64(31))
