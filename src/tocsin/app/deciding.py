"""What analysts say about campaigns: kept, never changed, and undone by saying so."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from tocsin.app.account import account
from tocsin.app.campaigns import load_campaigns, load_decisions
from tocsin.model.campaign import Campaign, Decision
from tocsin.store.interface import Store

_LEAST_PREFIX = 4
_LONGEST = 2_000  # characters of a reason


class DecisionError(ValueError):
    """Nothing can be decided or shown as asked; the message says why and what to do."""


def find_campaign(campaigns: Sequence[Campaign], wanted: str) -> Campaign:
    """The campaign with this id, alias, or beginning of an id. Raises DecisionError."""
    name = wanted.strip().lower()
    exact = [one for one in campaigns if name == one.id or name in one.aliases]
    found = exact or [
        one
        for one in campaigns
        if len(name) >= _LEAST_PREFIX and any(id.startswith(name) for id in (one.id, *one.aliases))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        listed = ", ".join(sorted(one.id for one in found)[:5])
        raise DecisionError(f"{wanted}: several campaigns begin so ({listed}); give more of the id")
    if not campaigns:
        raise DecisionError(
            f"{wanted}: this store lists no campaign; mail must be scanned into it first, and two must hang together"
        )
    why = (
        "there is no such campaign"
        if len(name) >= _LEAST_PREFIX
        else f"an id begins with {_LEAST_PREFIX} letters or more"
    )
    raise DecisionError(f"{wanted}: {why}; tocsin campaigns list --all shows them")


def merge(store: Store, wanted: Sequence[str], *, because: str, who: str, now_s: float) -> Decision:
    """Say that all mails of these campaigns are one hand's. Raises DecisionError."""
    campaigns = load_campaigns(store)
    found = [find_campaign(campaigns, name) for name in wanted]
    ids = {one.id for one in found}
    if len(ids) < 2:
        if len(found) < 2:
            raise DecisionError("name two campaigns or more, those that belong together")
        raise DecisionError(
            f"{' and '.join(wanted)}: are one campaign already, {found[0].id}; nothing is to be merged"
        )
    mails = sorted({member.sha256 for one in found for member in one.members})
    return _keep(store, Decision("", now_s, who, "merge", tuple(mails), (), found[0].id, "", because))


def split(
    store: Store, wanted: str, mails: Sequence[str], *, because: str, who: str, now_s: float
) -> Decision:
    """Say that these mails are not of one hand with the rest of a campaign. Raises DecisionError."""
    campaign = find_campaign(load_campaigns(store), wanted)
    leaving = {_member(campaign, name) for name in mails}
    others = {member.sha256 for member in campaign.members} - leaving
    if not others:
        raise DecisionError(
            f"{campaign.id}: these are all its mails, so nothing would be parted; name some of them"
        )
    return _keep(
        store,
        Decision(
            "", now_s, who, "split", tuple(sorted(leaving)), tuple(sorted(others)), campaign.id, "", because
        ),
    )


def undo(store: Store, wanted: str, *, because: str, who: str, now_s: float) -> Decision:
    """Say that a decision no longer stands; an undoing can be undone as well. Raises DecisionError."""
    decisions = load_decisions(store)
    near = [one for one in decisions if one.id.startswith(wanted)] if wanted else []
    found = [one for one in near if one.id == wanted] or near
    if len(found) != 1:
        why = "several decisions begin so; give more of the id" if found else "there is no such decision"
        raise DecisionError(f"{wanted}: {why}; tocsin campaigns decisions lists them")
    (one,) = found
    by = undone_by(decisions).get(one.id)
    if by is not None:
        raise DecisionError(f"{one.id}: was undone before, by {by.id}; to let it stand again, undo {by.id}")
    return _keep(store, Decision("", now_s, who, "undo", (), (), one.campaign, one.id, because))


def undone_by(decisions: Sequence[Decision]) -> dict[str, Decision]:
    """For each decision that no longer stands, the standing one that undid it."""
    undone: dict[str, Decision] = {}
    for one in sorted(decisions, key=lambda each: (each.at_s, each.id), reverse=True):
        if one.action == "undo" and one.id not in undone:
            undone[one.undoes] = one
    return undone


def _member(campaign: Campaign, wanted: str) -> str:
    name = wanted.strip().lower()
    found = {member.sha256 for member in campaign.members if member.message_id == wanted.strip() != ""}
    if len(name) >= _LEAST_PREFIX:
        found = {member.sha256 for member in campaign.members if member.sha256.startswith(name)} or found
    if len(found) == 1:
        return found.pop()
    if found:
        raise DecisionError(
            f"{wanted}: {len(found)} mails of {campaign.id} answer to this; give more of the SHA-256"
        )
    raise DecisionError(
        f"{wanted}: no mail of {campaign.id} answers to this; give the SHA-256 or its beginning ({_LEAST_PREFIX} "
        f"digits or more), as tocsin campaigns show {campaign.id} lists it"
    )


def _keep(store: Store, decision: Decision) -> Decision:
    because = " ".join(decision.because.split())
    if len(because) > _LONGEST:
        raise DecisionError(f"--because: {len(because):,} characters; at most {_LONGEST:,} are kept")
    who = " ".join(decision.who.split()) or account()
    for name, text in (("--because", because), ("--as", who)):
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise DecisionError(f"{name}: is not UTF-8; write it again")
    decision = msgspec.structs.replace(decision, because=because, who=who[:_LONGEST])
    body = msgspec.msgpack.encode(decision)
    id = "d-" + blake2b(body, digest_size=5).hexdigest()
    kept = msgspec.structs.replace(decision, id=id)
    store.put("decision", id, msgspec.msgpack.encode(kept))
    return kept
