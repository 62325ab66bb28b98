"""Each public block asked of all the others: whose is it, with its own reports left out."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import msgspec

from benchmarks.attribution.blocks import Block
from tocsin.attribute.overlap import Calibration, Known, Ranked, Tie, attribute_domains

AT_S = 0.0  # blocks carry no dates
ANY = Calibration(0.0, {}, 0.0)  # answers whatever leads by more than the margin


class Asked(msgspec.Struct, frozen=True):
    """One block, asked once. `known` tells whether another report names its actor; `held_out` whether all of the
    actor's reports were left out on purpose. `named` leads by more than the margin, "" if nobody does.
    """

    block: Block
    known: bool
    held_out: bool
    named: str
    features: tuple[float, ...] = ()

    @property
    def right(self) -> bool:
        """Whether the one who leads is the block's own actor."""
        return self.named == self.block.actor


def known_of(blocks: Iterable[Block], *, by_report: bool = True) -> Known:
    """What all blocks know; without `by_report`, blocks that cite one report are taken for independent."""
    return Known(
        Tie(value, block.actor, block.origins if by_report else (block.id,))
        for block in blocks
        for value in block.values
    )


def left_out(block: Block, known: Known) -> frozenset[int]:
    """The reports that a block stands in, and those that share a reference with one of them."""
    found = (known.report(origin) for origin in (*block.origins, block.id))
    return frozenset(number for number in found if number is not None)


def ask(
    block: Block,
    known: Known,
    calibration: Calibration = ANY,
    *,
    held_out: bool = False,
    also: Sequence[str] = (),
) -> tuple[Ranked, ...]:
    """What is said of a block, its own reports left out; `also` are values that somebody planted."""
    return attribute_domains(
        (*block.values, *also),
        known,
        calibration,
        AT_S,
        without_reports=left_out(block, known),
        without_actors=frozenset({block.actor}) if held_out else frozenset(),
    )


def asked(blocks: Sequence[Block], known: Known) -> list[Asked]:
    """Every block that has a domain, once with its actor known and once with the whole actor held out."""
    found = []
    for block in blocks:
        if not block.domains:
            continue
        others = bool(frozenset(known.reports(block.actor)) - left_out(block, known))
        for held_out in (False, True):
            first = next((one for one in ask(block, known, held_out=held_out) if one.answers), None)
            found.append(
                Asked(
                    block,
                    others and not held_out,
                    held_out,
                    first.actor if first is not None else "",
                    first.features if first is not None else (),
                )
            )
    return found


def naive(blocks: Sequence[Block]) -> list[Asked]:
    """The plain rule: the actor with most domains in common, reports not told apart, nothing on a tie."""
    holders: dict[str, dict[str, int]] = {}
    for block in blocks:
        for domain in block.domains:
            actors = holders.setdefault(domain, {})
            actors[block.actor] = actors.get(block.actor, 0) + 1
    sizes: dict[str, int] = {}
    for block in blocks:
        sizes[block.actor] = sizes.get(block.actor, 0) + 1
    found = []
    for block in blocks:
        if not block.domains:
            continue
        for held_out in (False, True):
            votes: dict[str, int] = {}
            for domain in block.domains:
                for actor, count in holders[domain].items():
                    own = actor == block.actor
                    if count > own and not (held_out and own):
                        votes[actor] = votes.get(actor, 0) + 1
            best = sorted(votes, key=lambda actor: (-votes[actor], actor))[:2]
            tied = len(best) == 2 and votes[best[0]] == votes[best[1]]
            known = sizes[block.actor] > 1 and not held_out
            found.append(Asked(block, known, held_out, best[0] if best and not tied else ""))
    return found


def folds(sizes: dict[str, int], count: int, seed: int) -> dict[str, int]:
    """A fold for every actor, large and small ones dealt to all alike."""
    chance = random.Random(seed)
    order = sorted(sizes, key=lambda actor: (-sizes[actor], actor))
    fold: dict[str, int] = {}
    for start in range(0, len(order), count):
        dealt = list(range(count))
        chance.shuffle(dealt)
        fold.update(zip(order[start : start + count], dealt, strict=False))
    return fold
