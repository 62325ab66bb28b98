"""Asks the models whose errors were measured: whose infrastructure, and whose techniques, the evidence shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from tocsin.app.calibration import load_calibration
from tocsin.app.catalogue import load_catalogue
from tocsin.app.config import Config
from tocsin.app.evidence import ActorsOf
from tocsin.attribute import overlap, techniques
from tocsin.attribute.assess import Calibrate
from tocsin.attribute.named import origins_stated
from tocsin.exchange.maltrail_in import REPORTS_APART
from tocsin.model.actor import Profiles
from tocsin.model.assessment import Calibrated, Evidence
from tocsin.model.intel import Comparison, Indicator
from tocsin.observe.vendors import hosting_group
from tocsin.store.interface import Store

INVESTIGATION = "investigation"  # the source of what an analyst brings from beyond mail

# Hosting where a host is nobody's: everybody's file, mailbox or short link lies there.
_SHARED_HOSTING = frozenset({"file-hosts", "freemail", "url-shorteners", "forwarding"})
# Hosting where each name is another customer's.
_RENTED = ("dynamic-dns", "free-hosting", "cloud")
_MOST_RANKED = 20
_LEAST_REPORTS = 300  # the calibration was fitted on all of ATT&CK; fewer reports are another question


class TechniqueError(ValueError):
    """What was given is no technique or actor that can be used; the message says what was expected."""


def models_of(
    store: Store,
    evidence: Sequence[Evidence],
    profiles: Profiles,
    settings: Config,
    names: ActorsOf,
    now_s: float,
    may: Callable[[Indicator], bool] | None = None,
) -> Calibrate:
    """What asks the models about a part of this evidence; a model that nothing here is for is not asked.

    With `may`, models know only the indicators of which it says yes.

    Techniques are asked about only where an investigation found some beyond mail: the calibration is one of full
    reports, and says nothing of what mail alone shows. Raises TechniqueError, CalibrationError.
    """
    asked = [
        model
        for model in (
            _infrastructure(store, evidence, settings, names, now_s, may),
            _techniques(evidence, profiles, now_s),
        )
        if model is not None
    ]
    return lambda part: tuple(one for model in asked for one in model(part))


def _infrastructure(
    store: Store,
    evidence: Sequence[Evidence],
    settings: Config,
    names: ActorsOf,
    now_s: float,
    may: Callable[[Indicator], bool] | None,
) -> Calibrate | None:
    if not any(one.kind == "infrastructure" and one.names for one in evidence):
        return None
    calibration = load_calibration("infrastructure", overlap.Calibration)
    hosting = load_catalogue(settings.vendors).hosting
    rented = {host for group in _RENTED if group in hosting for host in hosting[group].hosts}
    known = overlap.Known(_ties(store, settings, names, may), rented)
    origins = {one.origin for one in evidence if one.names}
    # Indicators are as old as they were when the mails came: an old campaign is read beside what was known then.
    seen = [one.date_s for one in evidence if one.source == "campaign" and one.date_s is not None]
    at_s = min(max(seen, default=now_s), now_s)

    def calibrate(part: Sequence[Evidence]) -> tuple[Calibrated, ...]:
        here = [one for one in part if one.kind == "infrastructure"]
        gone = origins - {one.origin for one in part if one.names}
        without = frozenset(number for one in gone if (number := known.report(one)) is not None)
        ranked = overlap.attribute_domains(
            [one.value for one in here], known, calibration, at_s, without_reports=without
        )
        return tuple(
            Calibrated(
                one.actor,
                "infrastructure",
                one.probability,
                one.low,
                one.high,
                one.answers,
                one.because,
                tuple(each.id for each in here if one.actor in each.names),
                one.origins,
            )
            for one in ranked
        )

    return calibrate


def _techniques(evidence: Sequence[Evidence], profiles: Profiles, now_s: float) -> Calibrate | None:
    if not any(one.source == INVESTIGATION for one in evidence):
        return None
    reports = techniques.reports_of(profiles.actors)
    if len(reports) < _LEAST_REPORTS:
        raise TechniqueError(
            f"--technique: is compared with all reports of ATT&CK, and the profiles at hand cite {len(reports)}; name "
            "the file of ATT&CK (enterprise, STIX) by --actors or in the settings"
        )
    calibration = load_calibration(techniques.KIND, techniques.Calibrations).full
    year = datetime.fromtimestamp(now_s, UTC).year
    model = techniques.learn(reports, year, calibration)

    def calibrate(part: Sequence[Evidence]) -> tuple[Calibrated, ...]:
        here = [one for one in part if one.kind == "technique"]
        if not any(one.source == INVESTIGATION for one in here):
            return ()
        return tuple(
            Calibrated(
                one.actor,
                techniques.KIND,
                one.probability,
                one.low,
                one.high,
                one.answers,
                one.because,
                tuple(each.id for each in here if each.value in one.shared),
                1,
            )
            for one in techniques.rank([each.value for each in here], model)[:_MOST_RANKED]
        )

    return calibrate


def _ties(
    store: Store, settings: Config, names: ActorsOf, may: Callable[[Indicator], bool] | None
) -> Iterator[overlap.Tie]:
    """What all intelligence at hand ties to actors, but for what strangers share or its source took back.

    All of it is read, and not only what names these hosts: how many reports stand behind an actor, which reports are
    one, and below which domains customers live, are parts of what was measured.
    """
    catalogue = load_catalogue(settings.vendors)
    for one in store.indicators():
        if not one.names or one.revoked or one.warning or (may is not None and not may(one)):
            continue
        actors = dict.fromkeys(id for name in one.names for id in names(name))
        if not actors:
            continue
        for value in _values(one):
            if hosting_group(catalogue, value) in _SHARED_HOSTING:
                continue
            for actor in actors:
                for report in _reports_apart(one):
                    yield overlap.Tie(value, actor, report, one.source, one.valid_from_s, one.valid_until_s)


def _reports_apart(one: Indicator) -> tuple[tuple[str, ...], ...]:
    """The reports that an indicator cites, each on its own where its source says that they are several."""
    parts = one.description.split(REPORTS_APART)
    if len(parts) == 1:
        return (origins_stated(one),)
    stated = [origins_stated(msgspec.structs.replace(one, description=part, name="")) for part in parts]
    return tuple(dict.fromkeys(stated))


def _values(one: Indicator) -> tuple[str, ...]:
    """Hosts, domains and addresses that an indicator names outright."""
    pattern = one.pattern
    if not isinstance(pattern, Comparison) or pattern.negated or pattern.operator not in ("=", "in", "under"):
        return ()
    return pattern.values if pattern.kind in ("host", "ip") else ()
