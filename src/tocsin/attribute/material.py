"""What evidence is gathered from: a campaign's mails, what was thought of them, and what others know of them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tocsin.attribute.themes import NO_THEMES, ThemeBook
from tocsin.model.campaign import Campaign
from tocsin.model.intel import Hit, Indicator, IntelSource
from tocsin.model.observation import Observed
from tocsin.model.people import Owner
from tocsin.model.verdict import Verdict


class Seen(msgspec.Struct, frozen=True):
    """One member of the campaign, for one owner; `verdict` is the standing one, None where there is none."""

    observed: Observed
    owner: str
    time_s: float | None
    verdict: Verdict | None = None
    number: int = -1


class Met(msgspec.Struct, frozen=True):
    """Intelligence that met a member.

    `actors` are the ids of profiles that the indicator's names stand for, () for names that are unknown or ambiguous.
    `excuse` says, as of now, why the hit counts for nothing: withdrawn, run out, shared by strangers; "" where it
    counts. `indicator` and `source` are None where the store no longer keeps them.
    """

    hit: Hit
    sha256: str
    indicator: Indicator | None = None
    source: IntelSource | None = None
    actors: tuple[str, ...] = ()
    excuse: str = ""


class Material(msgspec.Struct, frozen=True):
    """All that evidence on one campaign is gathered from, as the store holds it.

    `mails` are the members whose records could be read. `people` are the entries of people.toml by each of their
    addresses, `held` the addresses of all whose mail is kept: what reached a person says something only beside whom
    it could have reached. `hosting` is the sort of rentable hosting of each host that lies on some ("freemail",
    "dynamic-dns", …; "shared" where a warning list says that strangers share it), `known` the outlet or institution
    that each host belongs to, by the id of its entry; `kinds` and `domains` are kind and domains of the entries by
    id. `grades` are grades that people gave, by the evidence's kind and value joined by a blank: the grade and who
    gave it.
    """

    campaign: Campaign
    mails: tuple[Seen, ...]
    hits: tuple[Met, ...] = ()
    people: Mapping[str, Owner] = {}
    held: tuple[str, ...] = ()
    hosting: Mapping[str, str] = {}
    known: Mapping[str, str] = {}
    kinds: Mapping[str, str] = {}
    domains: Mapping[str, tuple[str, ...]] = {}
    grades: Mapping[str, tuple[str, str]] = {}
    themes: ThemeBook = NO_THEMES
