"""When an incident may be shown with an author: only as the words of somebody who said so."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.campaign import Incident
from tocsin.model.claim import Arrow, Claim

_NAMING = ("attribution", "confirmation")


def arrows(incidents: Iterable[Incident], claims: Iterable[Claim]) -> tuple[Arrow, ...]:
    """Arrows that claims allow: not withdrawn ones of kind attribution or confirmation that name incident and actor.

    What an incident's own title or text says is never read. A confirmation names the actor of what it confirms.
    """
    standing = {one.id: one for one in claims if one.withdrawn_s is None}
    known = {one.id for one in incidents if one.withdrawn_s is None}
    found = []
    for one in standing.values():
        if one.kind not in _NAMING or not one.by or not one.words:
            continue
        confirmed = standing.get(one.answers) if one.kind == "confirmation" else None
        actor = one.about or (confirmed.about if confirmed is not None else "")
        if not actor:
            continue
        against = tuple(
            each
            for each in standing.values()
            if each.kind in ("denial", "answer", "no-response", "retraction")
            and each.answers in (one.id, one.answers)
            and each.answers
        )
        found += [Arrow(incident, actor, one, against) for incident in one.incidents if incident in known]
    return tuple(sorted(found, key=lambda each: (each.incident, each.actor, each.claim.id)))
