"""The threat-actor galaxy of MISP as actors: names, targets and the pages it refers to.

The galaxy also says from which country an actor is and how sure one may be of it. That is a claim without an author,
and so nothing of it is taken over; nor are its descriptions, which say the same in words.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tocsin.exchange.entries import UnreadableIntel
from tocsin.exchange.galaxy_sectors import SECTOR_OF, country_codes
from tocsin.exchange.profiles_in import (
    MAX_ACTORS,
    MAX_NAMES,
    MAX_SOURCES,
    Problems,
    counted,
    objects_of,
    plain,
    slug,
    texts_of,
    unlike,
)
from tocsin.model.actor import Actor, ActorName, Source, Statement

EXPECTED = "a threat-actor galaxy of MISP (clusters/threat-actor.json)"
MAX_TARGETS = 100  # of one actor
_OF_ACTORS = ("", "threat-actor", "microsoft-activity-group", "mitre-intrusion-set")
_SECTORS = ("targeted-sector", "cfr-target-category")
_COUNTRIES = ("cfr-suspected-victims", "suspected-victims")
_CLAIMED = (
    "country",
    "cfr-suspected-state-sponsor",
    "attribution-confidence",
    "microsoft-origin-threat",
    "GRU",
)
_CRIMES = frozenset({"financial theft", "extortion", "business email compromise"})
_GROUP = re.compile(r"G\d{4}")
_GROUP_PAGE = re.compile(r"https?://attack\.mitre\.org/(?:groups|wiki/Group)/(G\d{4})\b")
_TRACKER = "https://www.cfr.org/"


class _Cluster(msgspec.Struct, frozen=True):
    """One value of the galaxy; any field may have any type."""

    value: Any = None
    uuid: Any = None
    meta: Any = None
    related: Any = None


_CLUSTERS = msgspec.json.Decoder(_Cluster)


def read_galaxy(data: bytes) -> tuple[tuple[Actor, ...], tuple[str, ...]]:
    """The actors of a galaxy's cluster file, and what was odd or left out, in sentences.

    Which page says what the galaxy does not tell: all pages stand in one statement, and targets are the galaxy's word,
    or that of the tracker it took them from. Raises UnreadableIntel.
    """
    top, raws = objects_of(data, "values", EXPECTED)
    kind = _text(top.get("type"))
    if kind not in _OF_ACTORS and _text(top.get("category")) != "actor":
        raise UnreadableIntel(f'is a galaxy of type "{kind}", which holds no actors; expected {EXPECTED}')
    version = _number(top.get("version"))
    title = f"{kind or 'threat-actor'} galaxy"
    galaxy = Source(
        f"{title}, version {version}" if version else title,
        "MISP Project",
        url="https://github.com/MISP/misp-galaxy",
    )
    problems = Problems()
    left_out: Counter[str] = Counter()
    codes = country_codes()
    actors: list[Actor] = []
    seen: set[str] = set()
    for number, raw in enumerate(raws):
        if len(actors) == MAX_ACTORS:
            problems.tell("", f"only the first {MAX_ACTORS:,} actors are read")
            break
        try:
            one = _CLUSTERS.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            said = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:150]
            problems.tell("values that cannot be read", f"values[{number}]: is no value of a galaxy ({said})")
            continue
        name, uuid = plain(one.value), plain(one.uuid)
        if not name or not uuid or uuid in seen:
            reason = "its uuid is there twice; the first counts" if uuid in seen else "has no name or no uuid"
            problems.tell("values that cannot be read", f"values[{number}]: {reason}")
            continue
        seen.add(uuid)
        actors.append(_actor(name, uuid, one, galaxy, codes, left_out, problems))
    if not actors:
        problems.tell("", "no actor is in it")
    return unlike(actors), (*problems.sentences(), *_told(left_out))


def _actor(
    name: str,
    uuid: str,
    one: _Cluster,
    galaxy: Source,
    codes: dict[str, str],
    left_out: Counter[str],
    problems: Problems,
) -> Actor:
    meta = one.meta if isinstance(one.meta, dict) else {}
    left_out["claims"] += any(key in meta for key in _CLAIMED)
    left_out["related"] += len(one.related) if isinstance(one.related, list) else 0
    synonyms = texts_of(meta.get("synonyms"), MAX_NAMES)
    pages = [
        page for page in texts_of(meta.get("refs"), MAX_SOURCES) if page.startswith(("https://", "http://"))
    ]
    numbers = {text for text in synonyms if _GROUP.fullmatch(text)}
    numbers |= {match[1] for page in pages if (match := _GROUP_PAGE.match(page))}
    references = [("misp-galaxy", uuid)]
    if len(numbers) == 1:
        references.append(("attack", min(numbers)))
    elif numbers:
        said = " and ".join(sorted(numbers)[:5])
        problems.tell(
            "actors that are said to be several groups of ATT&CK",
            f"{name}: is said to be {said} of ATT&CK at once; none of it is used",
        )
    names = [
        ActorName(text, by=plain(meta.get(f"origin:{text}")))
        for text in dict.fromkeys((name, *synonyms))
        if not _GROUP.fullmatch(text) or text == name
    ]
    statements = list(_targets(meta, galaxy, pages, codes, left_out))
    if pages:
        statements.append(
            Statement(
                kind="observable",
                value="",
                text="pages that the MISP galaxy lists on this actor, without saying what each of them tells",
                sources=tuple(Source(f"page of {_host(page)}", "", url=page) for page in pages),
            )
        )
    return Actor(
        id=slug(name, f"misp-{slug(uuid, 'x')[:8]}"),
        name=name,
        names=tuple(names),
        statements=tuple(statements),
        kind=_kind(meta),
        origin="misp-galaxy",
        references=tuple(references),
    )


def _targets(
    meta: dict[str, Any], galaxy: Source, pages: list[str], codes: dict[str, str], left_out: Counter[str]
) -> list[Statement]:
    tracker = tuple(
        Source("Cyber Operations Tracker", "Council on Foreign Relations", url=page)
        for page in pages
        if page.startswith(_TRACKER)
    )
    found: dict[str, Statement] = {}
    for fields, prefix, words, unknown in (
        (_SECTORS, "sector", SECTOR_OF, "sectors"),
        (_COUNTRIES, "country", codes, "countries"),
    ):
        for field in fields:
            for text in texts_of(meta.get(field), MAX_TARGETS):
                word = words.get(text.casefold())
                if word is None:
                    left_out[unknown] += 1
                    continue
                value = f"{prefix}:{word}"
                sources = (galaxy, *tracker) if field.startswith("cfr-") else (galaxy,)
                found.setdefault(
                    value, Statement("target", value, f"the {prefix} “{text}” is listed as a target", sources)
                )
    return list(found.values())


def _kind(meta: dict[str, Any]) -> str:
    types = {text.casefold() for text in texts_of(meta.get("cfr-type-of-incident"), 20)}
    motives = {text.casefold() for text in texts_of(meta.get("motive"), 20)}
    return "criminal" if motives == {"cybercrime"} or (types and types <= _CRIMES) else "group"


def _told(left_out: Counter[str]) -> list[str]:
    said = (
        ("claims", "entry", "entries", "what {} claimed of the state behind an actor, and how surely"),
        ("related", "relation", "relations", "{} between entries"),
        ("sectors", "target", "targets", "{} in no sector that Tocsin compares"),
        ("countries", "target", "targets", "{} in no single country (a region, a house)"),
    )
    return [
        "left out: " + text.format(counted(left_out[kind], one, many))
        for kind, one, many, text in said
        if left_out[kind]
    ]


def _host(page: str) -> str:
    try:
        return (urlsplit(page).hostname or "").removeprefix("www.") or "an address without a host"
    except ValueError:
        return "an address that cannot be read"


def _text(raw: msgspec.Raw | None) -> str:
    return plain(_value(raw))


def _number(raw: msgspec.Raw | None) -> int:
    value = _value(raw)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9 else 0


def _value(raw: msgspec.Raw | None) -> Any:
    try:
        return msgspec.json.decode(raw) if raw is not None else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
