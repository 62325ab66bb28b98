"""ATT&CK as actors: their names and techniques with the reports that say so, and reports one by one for measuring.

ATT&CK's descriptions say which state a group works for; that is a claim, and nothing of it is taken over.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tocsin.exchange.attack_bundle import Bundle, Group, read_bundle
from tocsin.exchange.profiles_in import (
    MAX_NAMES,
    MAX_SOURCES,
    counted,
    plain,
    slug,
    source_of,
    texts_of,
    unlike,
    year_of,
)
from tocsin.model.actor import Actor, ActorName, Source, Statement

_CITATION = re.compile(r"\(Citation:\s{0,3}([^()]{1,200})\)")
MAX_CITED = 2  # reports that are named for one alias


class Report(msgspec.Struct, frozen=True):
    """What one published report says of one actor, as ATT&CK has it.

    `actor` is ATT&CK's number of the group ("G0128"), or of the campaign where nobody says whose it is. `campaign` is
    the number of the campaign ("C0022") that the techniques were seen in, "" for the group as such. `key` is one and
    the same for one report, however it is labelled. `date` is ISO as far as known, `year` 0 where it is not. `actors`
    are all those of whom the report is cited: more than one makes it a shared report. `techniques` are numbers, sorted.
    """

    actor: str
    key: str
    name: str
    date: str
    year: int
    techniques: tuple[str, ...]
    campaign: str = ""
    actors: tuple[str, ...] = ()


def reports(data: bytes) -> tuple[Report, ...]:
    """Every pair of an actor and a report cited for its techniques, sorted by actor, campaign and report.

    Raises UnreadableIntel.
    """
    bundle = read_bundle(data)
    seen: dict[tuple[str, str, str], set[str]] = {}
    sources: dict[str, Source] = {}
    cited: dict[str, set[str]] = {}
    for use in bundle.uses:
        for actor, campaign in _who(bundle, use.user):
            for key, source in use.reports:
                seen.setdefault((actor, campaign, key), set()).add(use.technique.number)
                cited.setdefault(key, set()).add(actor)
                known = sources.get(key)
                # Of two references to one page, the one with the fuller date is the better one.
                if known is None or (len(source.date), source.title) > (len(known.date), known.title):
                    sources[key] = source
    return tuple(
        Report(
            actor=actor,
            key=key,
            name=sources[key].title,
            date=sources[key].date,
            year=year_of(sources[key].date),
            techniques=tuple(sorted(techniques)),
            campaign=campaign,
            actors=tuple(sorted(cited[key])),
        )
        for (actor, campaign, key), techniques in sorted(seen.items())
    )


def read_attack(data: bytes) -> tuple[tuple[Actor, ...], tuple[str, ...]]:
    """The groups of an ATT&CK bundle as actors, and what was odd about it, in sentences.

    Techniques of campaigns count for the group that ATT&CK attributes the campaign to, each with its own reports.
    Raises UnreadableIntel.
    """
    bundle = read_bundle(data)
    said: dict[str, dict[str, dict[str, Source]]] = {id_: {} for id_ in bundle.groups}
    names: dict[str, str] = {}
    for use in bundle.uses:
        names[use.technique.number] = use.technique.name
        for group in (use.user,) if use.user in bundle.groups else bundle.behind.get(use.user, ()):
            found = said[group].setdefault(use.technique.number, {})
            for key, source in use.reports:
                if len(found) < MAX_SOURCES:
                    found.setdefault(key, source)
    actors = [
        Actor(
            id=slug(group.name, group.number.lower()),
            name=group.name,
            names=_names(group),
            statements=tuple(
                Statement(kind="technique", value=number, text=names[number], sources=tuple(sources.values()))
                for number, sources in sorted(said[id_].items())
            ),
            origin="attack",
            references=(("attack", group.number),),
        )
        for id_, group in sorted(bundle.groups.items(), key=lambda item: item[1].number)
    ]
    problems = list(bundle.problems)
    unclaimed = sum(id_ not in bundle.behind for id_ in bundle.campaigns)
    if unclaimed:
        problems.append(
            f"left out: the techniques of {counted(unclaimed, 'campaign')} that ATT&CK attributes to no group"
        )
    return unlike(actors), tuple(problems)


def _who(bundle: Bundle, user: str) -> list[tuple[str, str]]:
    """The numbers of actor and campaign that a use belongs to."""
    if user in bundle.groups:
        return [(bundle.groups[user].number, "")]
    campaign = bundle.campaigns[user].number
    behind = bundle.behind.get(user, ())
    return [(bundle.groups[id_].number, campaign) for id_ in behind] or [(campaign, campaign)]


def _names(group: Group) -> tuple[ActorName, ...]:
    """The group's name and aliases; who uses an alias is told by the reports that ATT&CK cites for it."""
    cited: dict[str, dict[str, Any]] = {}
    described: dict[str, str] = {}
    for reference in group.references:
        label, text = plain(reference.get("source_name")), reference.get("description")
        if isinstance(reference.get("url"), str):
            cited[label] = reference
        elif isinstance(text, str):
            described[label] = text[:5000]
    names: list[ActorName] = []
    for name in dict.fromkeys((group.name, *texts_of(group.aliases, MAX_NAMES))):
        labels = [plain(label) for label in _CITATION.findall(described.get(name, ""))]
        sources = [source_of(cited[label]) for label in labels if label in cited][:MAX_CITED]
        by = ", ".join(dict.fromkeys(source.publisher for source in sources if source.publisher))
        note = "; ".join(
            f"“{source.title}” ({source.date})" if source.date else f"“{source.title}”" for source in sources
        )
        names.append(ActorName(name, by=by, note=note))
    return tuple(names)
