"""Cases for measuring techniques: which report says which techniques of which actor, split by year, nothing twice.

A report that is cited for several actors says nothing of one of them and is dropped, also when two pages carry one
title. Whole campaigns are kept for the test, so no report that is cited for a campaign is ever trained on.
"""

from __future__ import annotations

import lzma
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from tocsin.exchange.attack_in import Report, reports

FILE = "attack-enterprise-groups.stix.json.xz"
MISSING = (
    f"TOCSIN_CTI is not set to a folder that holds {FILE} (ATT&CK enterprise: groups, campaigns, techniques and "
    "uses, as STIX 2.1); nothing was measured.\n"
)


class Case(msgspec.Struct, frozen=True):
    """One thing to attribute: the techniques that one report, or all reports on one campaign, tell of one actor.

    `actor` is ATT&CK's number. `year` is that of the (first) report; `campaign` its number, "" for a report.
    """

    actor: str
    year: int
    techniques: frozenset[str]
    campaign: str = ""


class Cases(msgspec.Struct, frozen=True):
    """All cases, and what was dropped on the way, in words with counts."""

    reports: tuple[Case, ...]
    campaigns: tuple[Case, ...]
    dropped: tuple[tuple[str, int], ...]


class Split(msgspec.Struct, frozen=True):
    """What is trained on, and what is tested: `known` by actors that were trained on, `unknown` by others."""

    train: tuple[Case, ...]
    known: tuple[Case, ...]
    unknown: tuple[Case, ...]


def read_attack_reports() -> tuple[Report, ...] | None:
    """The reports of the bundle in TOCSIN_CTI; None where it is missing."""
    path = Path(os.environ.get("TOCSIN_CTI", "")) / FILE
    if not path.is_file():
        return None
    return reports(lzma.decompress(path.read_bytes()))


def cases_of(found: Iterable[Report]) -> Cases:
    """Reports as cases, by the rules of this module."""
    found = tuple(found)
    of_campaigns = {one.key for one in found if one.campaign}
    titled: dict[str, set[str]] = {}
    for one in found:
        titled.setdefault(_title(one), set()).update(one.actors)
    dropped = {
        "no year": 0,
        "shared by several actors": 0,
        "cited for a campaign": 0,
        "campaign of nobody": 0,
    }
    by_title: dict[tuple[str, str], list[Report]] = {}
    by_campaign: dict[tuple[str, str], list[Report]] = {}
    for one in found:
        if not one.year:
            dropped["no year"] += 1
        elif one.campaign == one.actor:
            dropped["campaign of nobody"] += 1
        elif one.campaign:
            by_campaign.setdefault((one.actor, one.campaign), []).append(one)
        elif one.key in of_campaigns:
            dropped["cited for a campaign"] += 1
        elif len(one.actors) > 1 or len(titled[_title(one)]) > 1:
            dropped["shared by several actors"] += 1
        else:
            by_title.setdefault((one.actor, _title(one)), []).append(one)
    owners: dict[str, set[str]] = {}
    for actor, campaign in by_campaign:
        owners.setdefault(campaign, set()).add(actor)
    campaigns = [_case(group) for (_, name), group in sorted(by_campaign.items()) if len(owners[name]) == 1]
    dropped["campaign of several actors"] = sum(len(actors) > 1 for actors in owners.values())
    return Cases(
        tuple(_case(group) for _, group in sorted(by_title.items())), tuple(campaigns), tuple(dropped.items())
    )


def split_by_year(cases: Sequence[Case], first: int, last: int = 9999, *, also: Sequence[Case] = ()) -> Split:
    """Reports before `first` to train on, those of `first` to `last` and `also` to test, by known and unknown actor."""
    train = tuple(one for one in cases if one.year < first)
    actors = {one.actor for one in train}
    test = (*(one for one in cases if first <= one.year <= last), *also)
    return Split(
        train,
        tuple(one for one in test if one.actor in actors),
        tuple(one for one in test if one.actor not in actors),
    )


def _title(one: Report) -> str:
    return re.sub(r"[^a-z0-9]+", "", one.name.lower()) or one.key


def _case(group: Sequence[Report]) -> Case:
    return Case(
        group[0].actor,
        min(one.year for one in group),
        frozenset(technique for one in group for technique in one.techniques),
        group[0].campaign,
    )
