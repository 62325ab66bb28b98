"""What must be done before a text goes to the press: targets told, and both sides asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

import msgspec

from tocsin.app.telling import untold
from tocsin.mail.callbacks import LOOK_UPS
from tocsin.mail.mentions import mentions
from tocsin.model.campaign import Campaign
from tocsin.model.campaign_view import View
from tocsin.model.claim import Claim
from tocsin.model.fact import Mark
from tocsin.model.intel import Indicator, IntelSource
from tocsin.model.judgement import Judgement
from tocsin.model.marks import STRICTEST, stricter, within
from tocsin.render.shown import shown
from tocsin.respond.caveats import may_go
from tocsin.store.interface import Store

_ANSWERS = ("answer", "denial", "no-response", "confirmation", "retraction")
_ACCUSES = ("attribution", "confirmation")
_UNNAMED = ("person", "parliament", "organisation")  # targets who speak without their name
_CAN_BE_PUT = "AMBER"  # what is marked stricter cannot be put to those whom it accuses
_LISTED = 12


def press_needs(
    store: Store, view: View, claims: Sequence[Claim], judgement: Judgement | None
) -> tuple[str, ...]:
    """What a press text still waits for, each with the command that records it; () where nothing is missing.

    `claims` are all that are recorded, whoever may read them: who was heard does not depend on marks.
    """
    one = view.campaign.id
    found = []
    missing = untold(store, view.campaign)
    if missing:
        listed = ", ".join(missing[:_LISTED]) + (
            f" and {len(missing) - _LISTED} more" if len(missing) > _LISTED else ""
        )
        found.append(
            f"{len(missing)} of {len(view.campaign.people)} targets were not told, and nobody tried: {listed}. Record "
            f"it: tocsin campaigns told {one} ADDRESS --how telephone [--result attempted]"
        )
    if not any(_of_a_target(each, view, claims) for each in claims):
        found.append(
            "no answer of those who were sent the mails is recorded, and no “no response yet”. Record it: tocsin "
            "claims add --kind answer (or no-response) --by WHO --by-kind person --event EVENT --words WORDS "
            f"--source SOURCE, then tocsin claims tie CLAIM --campaign {one}"
        )
    found += [
        f"no answer of the accused ({shown(who, 80)}) is recorded, and no “no response yet”. Record it: tocsin claims "
        f"add --kind denial (or answer, no-response) --by WHO --event EVENT --answers {claim or 'CLAIM'} --words WORDS "
        f"--source SOURCE, then tocsin claims tie CLAIM --campaign {one}"
        for who, claim in _unanswered(view, claims, judgement)
    ]
    return tuple(found)


def tellable(store: Store, ceiling: str, let_out: Collection[str]) -> Callable[[Indicator], bool]:
    """What tells whether readers for whom `ceiling` is the strictest mark may learn of an indicator."""
    sources: dict[str, IntelSource | None] = {}

    def may(one: Indicator) -> bool:
        if one.source not in sources:
            body = store.get("source", one.source)
            sources[one.source] = msgspec.msgpack.decode(body, type=IntelSource) if body is not None else None
        source = sources[one.source]
        tlp = stricter(one.tlp, source.tlp if source is not None else STRICTEST)
        return may_go(Mark(tlp, one.pap, one.source, one.source, one.source), ceiling, let_out)

    return may


def held_back(store: Store, campaign: Campaign, may: Callable[[Indicator], bool]) -> int:
    """How many indicators that met a campaign's mails its readers may not learn of."""
    met = {hit.indicator for member in campaign.members for hit in store.hits(number=member.number)}
    found = (store.indicator(id) for id in sorted(met))
    return sum(one is None or not may(one) for one in found)


def quiet_alerts(store: Store, campaign: Campaign) -> int:
    """How many members alarm though nothing in them reports back: reminders, and mails that follow others."""
    numbers = [member.number for member in campaign.members if member.number >= 0]
    alarming = [one.number for one in store.standing(numbers) if one.verdict.alert]
    return sum(
        not any(one.host and one.technique not in LOOK_UPS for one in mail.beacons)
        for _, mail in store.records(alarming)
    )


def _of_a_target(one: Claim, view: View, claims: Sequence[Claim]) -> bool:
    """Whether a claim is the answer of somebody who was sent the mails: by name, or tied here by a person."""
    if one.kind not in ("answer", "no-response", "confirmation", "denial"):
        return False
    if _names_target(one.by, view):
        return True
    accused = {each.accused for each in claims if each.kind in _ACCUSES and each.accused}
    return (
        one.kind in ("answer", "no-response")
        and one.by_kind in _UNNAMED
        and not {view.campaign.id, *view.campaign.aliases}.isdisjoint(one.campaigns)
        and not accused & {one.government, one.by}
        and not one.answers
    )


def _unanswered(
    view: View, claims: Sequence[Claim], judgement: Judgement | None
) -> Iterable[tuple[str, str]]:
    """Whoever is accused and was not heard, with a claim that accuses ("" where a judgement alone does)."""
    known = {one.id: one for one in claims}
    accusing: dict[str, list[Claim]] = {}
    for one in claims:
        if one.kind in _ACCUSES and within(one.tlp, _CAN_BE_PUT) and not _names_target(one.by, view):
            # Who confirms an accusation accuses the same, whether the words name them again or not.
            confirmed = known.get(one.answers, one) if one.kind == "confirmation" else one
            who = one.accused or confirmed.accused or one.about or confirmed.about
            if who:
                accusing.setdefault(who, []).append(one)
    for who, group in accusing.items():
        if not any(_heard(each, who, group, view) for each in claims):
            yield who, group[0].id
    if judgement is None or judgement.level not in ("actor", "resembles"):
        return
    named = {judgement.hypothesis, judgement.title}
    if not any(named & {one.actor, one.about} for group in accusing.values() for one in group):
        spoken = (one for one in claims if one.kind in _ANSWERS and named & {one.actor, one.about, one.by})
        if not any(not _names_target(one.by, view) for one in spoken):
            yield judgement.title, ""


def _heard(one: Claim, who: str, accusing: Sequence[Claim], view: View) -> bool:
    """Whether a claim is what the accused say to it: neither the accuser's own words nor a target's."""
    if one.kind not in _ANSWERS or _names_target(one.by, view):
        return False
    if any(one.by == each.by or (one.government and one.government == each.government) for each in accusing):
        return False
    if who in (one.government, one.by):
        return True
    return one.kind in ("denial", "no-response") and one.answers in {each.id for each in accusing}


def _names_target(by: str, view: View) -> bool:
    return mentions(by, (*view.campaign.people, *view.names.values(), *view.organisations))
