"""False flags: what becomes of an answer when somebody plants an indicator of another actor."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from benchmarks.attribution.blocks import Block
from benchmarks.attribution.overlap_cases import Asked, ask
from benchmarks.attribution.overlap_fit import Judged
from tocsin.attribute.overlap import Calibration, Known

SEED = 66


class Planted(msgspec.Struct, frozen=True):
    """Counts over the blocks that a test was made on: who was named after planting."""

    blocks: int
    same: int
    nobody: int
    rival: int
    other: int


def plants(blocks: Sequence[Block], known: Known) -> dict[str, tuple[list[str], str]]:
    """For every actor all its domains, and the one that most reports name."""
    domains: dict[str, dict[str, None]] = defaultdict(dict)
    for block in blocks:
        domains[block.actor].update(dict.fromkeys(block.domains))
    return {
        actor: (
            list(own),
            max(own, key=lambda one: (len({n for tie, n in known.met(one) if tie.actor == actor}), one)),
        )
        for actor, own in domains.items()
        if own
    }


def plant(
    judged: Sequence[Judged],
    models: Sequence[Calibration],
    known: Known,
    chest: Mapping[str, tuple[list[str], str]],
    *,
    count: int = 1,
    best_known: bool = False,
) -> Planted:
    """Plants `count` domains of one rival, drawn with a fixed seed, in every block and asks again."""
    chance = random.Random(SEED)
    actors = sorted(chest)
    outcome = {"same": 0, "nobody": 0, "rival": 0, "other": 0}
    for one in judged:
        block = one.case.block
        rival = chance.choice(actors)
        while rival in (block.actor, one.case.named):
            rival = chance.choice(actors)
        own, best = chest[rival]
        drawn = [best] if best_known else chance.sample(own, min(count, len(own)))
        outcome[_told(one.case, rival, drawn, models[one.fold], known)] += 1
    return Planted(len(judged), **outcome)


def _told(case: Asked, rival: str, drawn: Sequence[str], model: Calibration, known: Known) -> str:
    new = [value for value in drawn if value not in case.block.domains]
    named = next((one.actor for one in ask(case.block, known, model, also=new) if one.answers), "")
    return (
        "nobody" if not named else "rival" if named == rival else "same" if named == case.named else "other"
    )
