"""Takes the names of actors out of an assessment, for those who should not be led by a machine's guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from tocsin.model.actor import Actor
from tocsin.model.assessment import Assessment

_SHORTEST = 4  # letters of a name that is looked for in sentences


def veiled(assessment: Assessment, actors: Iterable[Actor]) -> Assessment:
    """The same assessment with actors as "published actor 1", "… 2", by their probability; nothing else changes.

    `actors` are the profiles whose names are taken out of sentences as well. Statements quoted from profiles are left
    out, as they tell whom they are about.
    """
    ids = [one.id for one in assessment.hypotheses if one.kind == "actor"]
    ids += [id for one in assessment.evidence for id in one.names]
    ids += assessment.consistent_with
    numbers = {id: number for number, id in enumerate(dict.fromkeys(ids), 1)}
    hidden = {id: f"actor-{number}" for id, number in numbers.items()}
    clean = _cleaner({id: f"published actor {number}" for id, number in numbers.items()}, actors)

    def named(id: str) -> str:
        return hidden.get(id, id)

    sources = {one.origin for one in assessment.evidence if one.source != "campaign"}
    replace = msgspec.structs.replace
    return replace(
        assessment,
        leading=named(assessment.leading),
        because=clean(assessment.because),
        hypotheses=tuple(
            replace(one, id=named(one.id), title=f"published actor {numbers[one.id]}")
            if one.id in numbers
            else one
            for one in assessment.hypotheses
        ),
        evidence=tuple(
            replace(
                one,
                text=clean(one.text),
                names=tuple(named(id) for id in one.names),
                source=one.source if one.source == "campaign" else "intelligence",
                origin=one.origin if one.source == "campaign" else "intelligence",
            )
            for one in assessment.evidence
        ),
        cells=tuple(
            replace(one, hypothesis=named(one.hypothesis), text="") if one.hypothesis in numbers else one
            for one in assessment.cells
        ),
        without=tuple(
            replace(
                one,
                leading=named(one.leading),
                origin="intelligence" if one.origin in sources else one.origin,
            )
            for one in assessment.without
        ),
        missing=tuple(clean(one) for one in assessment.missing),
        would_change=tuple(clean(one) for one in assessment.would_change),
        caps=tuple(clean(one) for one in assessment.caps),
        contradictions=tuple(clean(one) for one in assessment.contradictions),
        consistent_with=tuple(named(id) for id in assessment.consistent_with),
    )


def _cleaner(titles: Mapping[str, str], actors: Iterable[Actor]) -> Callable[[str], str]:
    known: dict[str, str] = {}
    for actor in actors:
        title = titles.get(actor.id, "a published actor")
        for name in (actor.id, actor.name, *(one.name for one in actor.names)):
            if len(name) >= _SHORTEST:
                known.setdefault(name.casefold(), title)
    if not known:
        return str
    longest_first = sorted(known, key=lambda name: (-len(name), name))
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)", re.IGNORECASE)
    return lambda text: pattern.sub(lambda found: known.get(found[0].casefold(), "a published actor"), text)
