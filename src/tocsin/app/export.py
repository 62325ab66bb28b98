"""What a store shares with other programs: campaigns and intelligence, readers under pseudonyms."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

import msgspec

from tocsin.app.account import account
from tocsin.app.campaigns import known_people
from tocsin.app.claims import claims_for, load_claims
from tocsin.app.judgements import standing_judgement
from tocsin.app.warning_lists import load_warning_lists
from tocsin.exchange.csv_out import csv_table
from tocsin.exchange.misp_out import misp_events
from tocsin.exchange.own_indicators import own_indicators
from tocsin.exchange.shares import allowed
from tocsin.exchange.stix_out import stix_bundle
from tocsin.hunt.warnings import Warnings, with_warnings
from tocsin.mail.mentions import mentions
from tocsin.model.campaign import Campaign
from tocsin.model.claim import Claim
from tocsin.model.intel import Indicator
from tocsin.model.judgement import Standing
from tocsin.model.marks import within
from tocsin.model.sharing import Left, SharedCampaign, SharedMail, Sharing, meetings
from tocsin.model.stored import AuditEntry
from tocsin.respond.caveats import claims_within
from tocsin.store.interface import Store

FORMATS = ("stix", "misp", "csv")
_KEY = "pseudonym-key"
_MAILS = 2_000  # of one campaign; what is beyond is counted


class ExportError(ValueError):
    """Nothing can be exported as asked; the message says why and what to do."""


class Wish(msgspec.Struct, frozen=True):
    """How to export; `intel` for indicators of others as well, `whole` for URLs with their tokens, `signers` for the
    names of analysts."""

    format: str
    intel: bool = False
    producer: str = "unnamed producer"
    tlp: str = "AMBER"
    pap: str = ""
    whole: bool = False
    mandate: str = ""
    warning_lists: Path | None = None
    signers: bool = False


def export(
    store: Store, wish: Wish, campaigns: Sequence[Campaign], *, now_s: float
) -> tuple[bytes, Sharing, tuple[Left, ...]]:
    """The export's bytes, what they hold, and what was left out; `campaigns` are those to share.

    The export is noted in the store's audit table. Raises ExportError.
    """
    if wish.tlp == "RED":
        raise ExportError(
            "TLP:RED is for those who were given it alone and leaves by no file; choose another mark"
        )
    left: list[Left] = []
    key = _pseudonym_key(store)
    warnings = Warnings(load_warning_lists(wish.warning_lists))
    shared = tuple(_shared(store, campaign, key, warnings, wish, left) for campaign in campaigns)
    listed: Iterable[Indicator] = list(store.indicators()) if wish.intel else ()
    indicators, held_back = allowed(listed, wish.tlp)
    left += held_back
    times = {row.number: row.time_s if row.time_s is not None else row.stored_s for row in store.rows()}
    sharing = Sharing(
        shared,
        indicators,
        meetings(tuple(store.hits()), times) if wish.intel else (),
        wish.producer,
        wish.tlp,
        wish.pap,
        float(int(now_s)),
        store.exercise,
        wish.whole,
    )
    if not sharing.campaigns and not sharing.indicators:
        raise ExportError(
            "there is nothing to export: no campaign is listed (tocsin campaigns list), and --intel was not given or "
            "brings none that may leave under this mark"
        )
    written, unsaid = _written(sharing, wish.format)
    numbers = sorted({member.number for one in campaigns for member in one.members})
    detail = f"{wish.format}: {len(shared)} campaigns, {len(indicators)} indicators, TLP:{wish.tlp}"
    store.audit(
        AuditEntry(
            now_s,
            account(),
            "export",
            tuple(numbers),
            count=len(numbers),
            mandate=wish.mandate,
            detail=detail,
        )
    )
    return written, sharing, (*left, *unsaid)


def _written(sharing: Sharing, format: str) -> tuple[bytes, tuple[Left, ...]]:
    match format:
        case "stix":
            unbounded = sum(one.valid_from_s is None for one in sharing.indicators)
            why = "STIX wants a begin of validity; theirs is when they were made, or this export"
            return stix_bundle(sharing), (
                Left("indicators without a begin", why, unbounded),
            ) if unbounded else ()
        case "misp":
            return misp_events(sharing)
        case "csv":
            return csv_table(sharing)
    raise ExportError(f"{format}: is no format of exports; expected one of {', '.join(FORMATS)}")


def _shared(
    store: Store, campaign: Campaign, key: bytes, warnings: Warnings, wish: Wish, left: list[Left]
) -> SharedCampaign:
    members = campaign.members[:_MAILS]
    if len(campaign.members) > _MAILS:
        why = f"an export holds {_MAILS:,} mails of one campaign"
        left.append(Left(f"mails of {campaign.id}", why, len(campaign.members) - _MAILS))
    records = dict(store.records([member.number for member in members]))
    there = [member for member in members if member.number in records]
    if len(there) < len(members):
        left.append(
            Left(f"mails of {campaign.id}", "the store no longer holds them", len(members) - len(there))
        )
    mails = tuple(
        SharedMail(records[member.number], pseudonym(key, member.owner), member.time_s) for member in there
    )
    observed = [mail.observed for mail in mails]
    parted = [part for one in own_indicators(campaign, observed) for part in with_warnings(one, warnings)]
    held = sum(bool(part.warning) for part in parted)
    if held:
        why = "strangers share them: a warning list says so"
        left.append(Left(f"indicators of {campaign.id}", why, held))
    standing, claims = _said_of(store, campaign, wish, left)
    own = tuple(part for part in parted if not part.warning)
    signer = standing.analyst.name if wish.signers and standing.analyst is not None else ""
    return SharedCampaign(campaign, mails, own, standing.judgement, claims, signer)


def _said_of(
    store: Store, campaign: Campaign, wish: Wish, left: list[Left]
) -> tuple[Standing, tuple[Claim, ...]]:
    """What analysts hold, and the claims that the export's mark lets out; the rest is counted."""
    standing = standing_judgement(store, campaign)
    if standing.disagree:
        left.append(
            Left(f"judgements on {campaign.id}", "analysts disagree, and one attribution would mislead")
        )
    claims = claims_for(store, campaign)
    free = claims_within(claims, load_claims(store), wish.tlp)
    names = _target_names(store, campaign)
    out = tuple(one for one in free if not mentions(_read(one), names))
    what = f"claims about {campaign.id}"
    strict = sum(not within(one.tlp, wish.tlp) for one in claims)
    if strict:
        left.append(Left(what, f"marked stricter than TLP:{wish.tlp}", strict))
    if len(free) < len(claims) - strict:
        why = "what they answer, or what was said against them, is among those"
        left.append(Left(what, why, len(claims) - strict - len(free)))
    if len(out) < len(free):
        left.append(Left(what, "they name somebody who was sent the mails", len(free) - len(out)))
    if wish.format == "csv" and (out or standing.judgement is not None):
        left.append(
            Left(f"judgements and claims on {campaign.id}", "a table of indicators has no place for them")
        )
    return standing, out


def _target_names(store: Store, campaign: Campaign) -> tuple[str, ...]:
    """Names and addresses of those who were sent the mails, as they are looked for in what leaves."""
    known = known_people(store)
    names = {address for address in campaign.people if address}
    for address in campaign.people:
        if address in known:
            names |= {known[address].name, *known[address].addresses}
    return tuple(sorted(names))


def _read(claim: Claim) -> str:
    return "\n".join((claim.by, claim.words, claim.translation, claim.source, claim.reported_by, claim.about))


def pseudonym(key: bytes, owner: str) -> str:
    """What stands for a reader outside: the same in every export of one store, and of no other."""
    return "target-" + hmac.new(key, owner.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:12]


def _pseudonym_key(store: Store) -> bytes:
    key = store.get("setting", _KEY)
    if key is None:
        key = os.urandom(32)
        store.put("setting", _KEY, key)
    return key


def chosen(campaigns: Sequence[Campaign], wanted: Collection[str]) -> tuple[Campaign, ...]:
    """Campaigns by id, alias, or the beginning of an id. Raises ExportError for what is none or several."""
    found: dict[str, Campaign] = {}
    for name in wanted:
        exact = [one for one in campaigns if name == one.id or name in one.aliases]
        near = exact or [one for one in campaigns if one.id.startswith(name)]
        if len(near) != 1:
            why = "several campaigns begin so" if near else "there is no such campaign"
            raise ExportError(f"{name}: {why}; tocsin campaigns list shows them")
        found[near[0].id] = near[0]
    return tuple(found.values())
