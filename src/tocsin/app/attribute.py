"""One campaign's attribution: evidence from the store, models with measured errors, and what people said beside."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from tocsin.app.actors import load_profiles
from tocsin.app.calibrated import INVESTIGATION, TechniqueError, models_of
from tocsin.app.campaigns import load_campaigns
from tocsin.app.claims import claims_for
from tocsin.app.config import Config
from tocsin.app.deciding import find_campaign
from tocsin.app.evidence import ActorsOf, material_of
from tocsin.app.judgements import grades_given, judgements, standing_judgement
from tocsin.app.sign_rates import load_sign_rates
from tocsin.attribute.aliases import actors_of, name_key, names_of, resolve
from tocsin.attribute.assess import Case, Nature, assess
from tocsin.attribute.evidence import contradictions, gaps, gather
from tocsin.attribute.hypotheses import STANDING
from tocsin.attribute.material import Material
from tocsin.attribute.veil import veiled
from tocsin.model.actor import Profiles
from tocsin.model.assessment import Assessment, Evidence
from tocsin.model.campaign import Campaign
from tocsin.model.claim import Claim
from tocsin.model.intel import Indicator
from tocsin.model.judgement import Standing
from tocsin.store.interface import Store

_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?")


class Told(msgspec.Struct, frozen=True):
    """All that is said of who is behind a campaign, by whom: the machine, analysts, others."""

    campaign: Campaign
    assessment: Assessment
    standing: Standing
    claims: tuple[Claim, ...]
    names_shown: bool


def attribute(
    store: Store, wanted: str, settings: Config, techniques: Sequence[str] = (), *, now_s: float
) -> Told:
    """Everything on one campaign; names of actors are veiled in the machine's part unless the settings show them.

    Raises DecisionError for an unknown campaign, ProfileError, TechniqueError.
    """
    campaign = find_campaign(load_campaigns(store), wanted)
    profiles = profiles_of(settings)
    assessment = assess_campaign(store, campaign, settings, profiles, techniques, now_s=now_s)
    shown = settings.actor_names
    return Told(
        campaign,
        assessment if shown else veiled(assessment, profiles.actors),
        standing_judgement(store, campaign),
        claims_for(store, campaign),
        shown,
    )


def assess_campaign(
    store: Store,
    campaign: Campaign,
    settings: Config,
    profiles: Profiles,
    techniques: Sequence[str] = (),
    *,
    now_s: float,
    may: Callable[[Indicator], bool] | None = None,
) -> Assessment:
    """The machine's assessment, with the names of actors. `techniques` are those found beyond mail.

    With `may`, nothing is made of indicators of which it says no.
    """
    names = _names(profiles)
    material = _material(store, campaign, settings, names, now_s)
    if may is not None:
        hits = tuple(met for met in material.hits if met.indicator is not None and may(met.indicator))
        material = msgspec.structs.replace(material, hits=hits)
    evidence = (*gather(material), *_investigated(techniques, now_s))
    evidence = tuple(msgspec.structs.replace(one, id=f"e{number}") for number, one in enumerate(evidence, 1))
    verdicts = [seen.verdict for seen in material.mails if seen.verdict is not None]
    judged = len(verdicts)
    partial = sum(one.partial for one in store.standing([seen.number for seen in material.mails]))
    nature = Nature(
        sum(one.likelihood for one in verdicts) / judged if judged else 0.0,
        sum(one.phishing for one in verdicts) / judged if judged else 0.0,
        judged,
        partial,
    )
    first_s = campaign.first_seen_s
    case = Case(
        campaign,
        nature,
        evidence,
        profiles.actors,
        load_sign_rates(),
        now_s,
        contradictions(material),
        datetime.fromtimestamp(first_s, UTC).strftime("%Y-%m-%d") if first_s is not None else "",
        store.exercise,
    )
    found = assess(case, models_of(store, evidence, profiles, settings, names, now_s, may))
    return msgspec.structs.replace(found, missing=(*gaps(material), *found.missing))


def evidence_of(
    store: Store, campaign: Campaign, settings: Config, profiles: Profiles, *, now_s: float
) -> tuple[Evidence, ...]:
    """The evidence that `attribute` lists, for those who sign a judgement on it."""
    return gather(_material(store, campaign, settings, _names(profiles), now_s))


def profiles_of(settings: Config) -> Profiles:
    """The profiles at hand: those shipped and the operator's. Raises ProfileError."""
    return load_profiles(settings.actors)


def resolved(name: str, profiles: Profiles) -> str:
    """The id of a hypothesis: an actor's by id or name, or one of those always weighed. Raises TechniqueError."""
    wanted = name.strip()
    if wanted.lower() in STANDING:
        return wanted.lower()
    found = resolve(names_of(profiles), wanted)
    if len(found.actors) == 1 and not found.ambiguous:
        return found.actors[0]
    if found.actors:
        raise TechniqueError(f"{name}: may be {', '.join(found.actors)}; give the id")
    raise TechniqueError(
        f"{name}: is no actor at hand; tocsin actors list shows them, and --actors or the settings add others. A state "
        "is none: who sponsors whom is a claim"
    )


def claims_about(claims: Sequence[Claim], wanted: str, settings: Config) -> tuple[Claim, ...]:
    """Claims about an actor: those tied to the profile, and those whose words name it by any of its names.

    A name that several actors bear, or none at hand, finds only claims that use this very name. Raises ProfileError.
    """
    names = _names(profiles_of(settings))
    ids = set(names(wanted))
    key = name_key(wanted)
    return tuple(
        one
        for one in claims
        if one.actor in (wanted.casefold(), *ids)
        or name_key(one.about) == key
        or (ids and ids & set(names(one.about)))
    )


def _names(profiles: Profiles) -> ActorsOf:
    index = names_of(profiles)
    known: dict[str, tuple[str, ...]] = {}

    def actors(name: str) -> tuple[str, ...]:
        if name not in known:
            known[name] = actors_of(index, name)
        return known[name]

    return actors


def _material(store: Store, campaign: Campaign, settings: Config, names: ActorsOf, now_s: float) -> Material:
    return material_of(
        store,
        campaign,
        names,
        grades=grades_given(judgements(store, campaign)),
        names=settings.names,
        vendors=settings.vendors,
        now_s=now_s,
        mandate=settings.mandate,
    )


def _investigated(techniques: Sequence[str], now_s: float) -> Iterator[Evidence]:
    """What an investigation found beyond mail, as the analyst says; all of it has one origin."""
    for one in dict.fromkeys(technique.strip().upper() for technique in techniques):
        if not _TECHNIQUE.fullmatch(one):
            raise TechniqueError(f"--technique {one}: is no number of ATT&CK; expected T1059 or T1059.001")
        yield Evidence(
            "", "technique", one, f"{one}, found by an investigation beyond mail", (), 0, 0, INVESTIGATION,
            INVESTIGATION, now_s, "with-effort",
        )  # fmt: skip
