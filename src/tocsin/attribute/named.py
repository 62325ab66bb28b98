"""What a campaign runs on: hosts and addresses that intelligence names, and those that nobody names.

Two pieces are independent where no report stands behind both. Reports are told by the addresses of web pages that an
indicator quotes (feeds copy each other, and the page is what they copied from); pieces that share such a page, through
others as well, have one origin. An indicator that quotes none has its source as origin: one file, one word.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from tocsin.attribute.material import Material, Met, Seen
from tocsin.attribute.showing import View, is_address, vouched
from tocsin.mail.callbacks import related
from tocsin.mail.url import resolve, site_of
from tocsin.model.assessment import Evidence, Place
from tocsin.model.intel import Indicator

MOST_PLACES = 5
_MOST_OWN = 20  # hosts of the campaign's own that are told
_MOST_LINKED = 5  # sites that one mail links to; a mail of more speaks of the sites of others
_MOST_NAMED = 400
_MOST_EXCUSED = 20  # hits that count for nothing, as text
_REPORT = re.compile(r"https?://([^\s;,<>\"']{4,300})", re.IGNORECASE)
_MATCHED = frozenset({"host", "domain", "ip", "cidr"})
# Hosting on which one label is one customer's; all else that can be rented says nothing about who uses it.
_OWN_LABEL = frozenset({"dynamic-dns", "free-hosting", "cloud"})
_HEADERS = frozenset(
    {"from", "reply-to", "return-path", "received", "dkim-signature", "message-id", "subject"}
)
_LONGEST = 200
_MOST_REPORTS = 10  # of one indicator


class _Named(msgspec.Struct, frozen=True):
    kind: str
    value: str
    origin: str
    met: tuple[Met, ...]


def named_pieces(material: Material) -> Iterator[Evidence]:
    """What intelligence names of the campaign's mails, one piece a value and origin; what does not count as text."""
    views = {seen.observed.sha256: seen for seen in material.mails}
    origins = origins_of(material.hits)
    groups: dict[tuple[str, str, str], list[Met]] = defaultdict(list)
    for met in material.hits:
        if met.sha256 not in views:
            continue
        kind, value = _valued(met, material)
        if met.excuse:
            kind, value = "observable", ""
        groups[kind, value or f"\0{met.hit.indicator}", origins[met.hit.indicator]].append(met)
    counted = sorted(key for key in groups if not key[1].startswith("\0"))
    excused = sorted(key for key in groups if key[1].startswith("\0"))
    for kind, value, origin in (*counted[:_MOST_NAMED], *excused[:_MOST_EXCUSED]):
        hits = groups[kind, value, origin]
        yield _piece(
            _Named(kind, "" if value.startswith("\0") else value, origin, tuple(hits)), material, views
        )


def origins_of(hits: Iterable[Met]) -> dict[str, str]:
    """The origin of each indicator, by its id: the report that it and others quote, else its source."""
    leader: dict[str, str] = {}

    def find(name: str) -> str:
        while leader.setdefault(name, name) != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    first: dict[str, str] = {}
    for met in hits:
        if met.hit.indicator in first:
            continue
        names = list(origins_stated(met.indicator)) if met.indicator is not None else ["source unknown"]
        first[met.hit.indicator] = names[0]
        for name in names[1:]:
            left, right = sorted((find(names[0]), find(name)))
            leader[right] = left
    return {indicator: find(name) for indicator, name in first.items()}


def origins_stated(indicator: Indicator) -> tuple[str, ...]:
    """What an indicator depends on: the reports that its description cites, else the source that lists it."""
    found: dict[str, None] = {}
    cited = _REPORT.finditer(f"{indicator.description[:4_000]} {indicator.name[:1_000]}")
    for match in islice(cited, 4 * _MOST_REPORTS):
        host, slash, path = match[1].partition("/")
        path = path.partition("#")[0].rstrip("/.)")
        if slash and path:  # the front page of a site is no report
            found.setdefault(f"report {host.lower().removeprefix('www.')}/{path}")
    return tuple(found)[:_MOST_REPORTS] or (f"source {indicator.source}",)


def _valued(met: Met, material: Material) -> tuple[str, str]:
    """The kind and value of the piece that a hit becomes."""
    hit = met.hit
    if hit.match in _MATCHED and not _is_shared(hit.seen.value, material):
        return "infrastructure", hit.seen.value
    if hit.match == "url" and hit.seen.kind == "url":
        url = resolve(hit.seen.value)
        if url is not None and url.host and not _is_shared(url.host, material):
            return "infrastructure", url.host
    if hit.match == "pattern" and hit.seen.kind in ("host", "under", "ip"):
        return "infrastructure", hit.seen.value
    return "observable", f"{hit.match}:{hit.seen.value[:_LONGEST]}"


def _piece(named: _Named, material: Material, views: dict[str, Seen]) -> Evidence:
    hits = sorted(named.met, key=lambda met: (met.sha256, met.hit.indicator))
    mails = {met.sha256: met for met in reversed(hits)}
    places = tuple(Place(sha256, mails[sha256].hit.seen.where) for sha256 in sorted(mails)[:MOST_PLACES])
    count = sum(seen.observed.sha256 in mails for seen in material.mails)
    sources = {met.source.id: met.source for met in hits if met.source is not None}
    titles = [_short(one.name) for _, one in sorted(sources.items())] or ["a source that is no longer kept"]
    quoted = dict.fromkeys(name for met in hits if met.indicator is not None for name in met.indicator.names)
    excuse = next((met.excuse for met in hits if met.excuse), "")
    seen_value = hits[0].hit.seen.value[:_LONGEST]
    verb = "lists" if len(titles) == 1 else "list"
    text = f"{' and '.join(titles[:3])} {verb} {seen_value}"
    if quoted:
        text += " under the name " + ", ".join(f"“{_short(name)}”" for name in list(quoted)[:5])
    if excuse:
        text += f"; it counts for nothing: {excuse}"
    elif quoted and not any(met.actors for met in hits):
        text += "; no profile here bears that name, or several do"
    grade, by = material.grades.get(f"{named.kind} {named.value}", ("", ""))
    if not grade:
        grade = next((g for met in hits if (g := _grade(met))), "")
        by = "the source's grade" if grade else ""
    dates = [d for met in hits if met.indicator is not None and (d := _date(met)) is not None]
    return Evidence(
        "",
        named.kind,
        named.value,
        text,
        places,
        count,
        len(material.mails),
        min(sources, default="unknown"),
        named.origin,
        min(dates, default=None),
        _forgeability(named, hits, views),
        () if excuse else tuple(sorted({actor for met in hits for actor in met.actors})),
        grade or "F6",
        by,
    )


def _grade(met: Met) -> str:
    own = met.indicator.grade if met.indicator is not None else ""
    return own or (met.source.grade if met.source is not None else "")


def _date(met: Met) -> float | None:
    one = met.indicator
    return None if one is None else one.valid_from_s if one.valid_from_s is not None else one.created_s


def _forgeability(named: _Named, hits: Sequence[Met], views: dict[str, Seen]) -> str:
    """How hard it is to make a mail show this without having it: anybody can link to, or write as, someone else.

    A call to another's host brings its sender nothing, which makes it a costlier disguise than a link.
    """
    if named.kind != "infrastructure":
        return "anyone"
    best = "anyone"
    for met in hits:
        mail, where = views[met.sha256].observed, met.hit.seen.where
        if where in ("from", "dkim-signature") and vouched(mail):
            return "hard"
        if where == "received" and any(
            one.kind == "handed-in-by" and one.value == met.hit.seen.value for one in mail.observations
        ):
            return "hard"
        if where not in _HEADERS and any(
            b.trigger != "click" and related(b.host, named.value) for b in mail.beacons
        ):
            best = "with-effort"
    return best


def own_pieces(material: Material, views: Sequence[View], taken: set[str], enough: int) -> Iterator[Evidence]:
    """Hosts and domains of the campaign that no intelligence names, shared ones left out.

    `taken` are values that are named; `enough` is how many mails must show one.
    """
    shown: dict[str, dict[int, str]] = defaultdict(dict)
    how: dict[str, dict[str, None]] = defaultdict(dict)
    for number, view in enumerate(views):
        for value, where, does in _own(view):
            shown[value].setdefault(number, where)
            how[value].setdefault(does)
    order = sorted(shown, key=lambda value: (-len(shown[value]), value))
    of = len(views)
    enough = max(enough, min(2, of - 1))  # what one mail of three shows is its own
    for value in [one for one in order if len(shown[one]) >= enough and one not in taken][:_MOST_OWN]:
        mails = shown[value]
        times = [time for number in mails if (time := views[number].seen.time_s) is not None]
        yield Evidence(
            "",
            "infrastructure",
            value,
            f"{_short(value)}: {', '.join(sorted(how[value]))}; no intelligence here ties it to anybody",
            places_of([(views[number].seen, where) for number, where in mails.items()]),
            len(mails),
            of,
            "campaign",
            "own infrastructure",
            min(times, default=None),
            "with-effort",
            (),
            *material.grades.get(f"infrastructure {value}", ("F6", "")),
        )


def _own(view: View) -> Iterator[tuple[str, str, str]]:
    mail, material = view.mail, view.material
    for beacon in view.callbacks:
        if beacon.vendor is None and not _is_shared(beacon.host, material):
            yield _domain(beacon.host, material), beacon.part or "mail", "called when opened"
    linked = {
        _domain(beacon.host, material): beacon.part or "mail"
        for beacon in reversed(view.links)
        if beacon.vendor is None and not _is_shared(beacon.host, material)
    }
    if len(linked) <= _MOST_LINKED:
        for value, place in linked.items():
            yield value, place, "linked to"
    sender = mail.sender
    if sender.site and vouched(mail) and not _is_shared(sender.domain, material):
        yield _domain(sender.domain, material), "From", "sent from"
    if sender.service is None and material.hosting.get(sender.domain) != "freemail":
        for one in mail.observations:
            if one.kind == "handed-in-by" and not material.hosting.get(one.value):
                yield one.value, "Received", "handed in by"


def _is_shared(host: str, material: Material) -> bool:
    group = material.hosting.get(host, "")
    return host in material.known or (bool(group) and group not in _OWN_LABEL)


def _domain(host: str, material: Material) -> str:
    return host if is_address(host) or host in material.hosting else site_of(host) or host


def places_of(shown: Sequence[tuple[Seen, str]]) -> tuple[Place, ...]:
    """Some of the places, each mail once."""
    found: dict[str, str] = {}
    for seen, where in sorted(shown, key=lambda one: (one[0].time_s or 0.0, one[0].observed.sha256)):
        found.setdefault(seen.observed.sha256, where)
        if len(found) == MOST_PLACES:
            break
    return tuple(Place(sha256, where) for sha256, where in found.items())


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:99] + "…"
