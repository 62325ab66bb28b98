"""A campaign's mails and what is known of them → pieces of evidence, each with its places, grade and origin.

Independence: pieces that have one cause have one `origin` and count once. Signs take it from the vocabulary (a hidden
picture and a visible one are both how the mail phones home), techniques from the signs they are read off, indicators
from the report that they quote, or else from the source that lists them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from tocsin.attribute.courses import courses
from tocsin.attribute.material import Material, Seen
from tocsin.attribute.named import MOST_PLACES, named_pieces, own_pieces, places_of
from tocsin.attribute.showing import View, fails, signs_of, view_of
from tocsin.attribute.signs import SECTORS, SIGN
from tocsin.attribute.themes import find_themes
from tocsin.mail.techniques import attack_patterns
from tocsin.mail.url import site_of
from tocsin.model.assessment import EVIDENCE_KINDS, Evidence, Place
from tocsin.model.observation import Observed
from tocsin.model.people import Owner

SHARE = 0.5  # of a campaign's mails that must show a sign, for it to be the campaign's
_THEME_SHARE = 0.3
_TARGET_SHARE = 0.5  # of those reached that must be known, and of those known that must be of one sector
_LEAST_PLACED = 3  # readers of one sector or country; fewer are no choice that anybody made
_CHOSEN = 1.5  # times as often among those reached as among all whose mail is kept
_LEAST_TIMED = 4
_WORKDAY = range(5)
_DAY_S = 86_400.0

# Techniques are read off the same mechanics as signs, and count with them.
_TECHNIQUE_ORIGIN = {
    "T1598.003": "beacon",
    "T1566.002": "active",
    "T1598.002": "active",
    "T1598": "beacon",
    "T1589.002": "token",
    "T1590.005": "beacon",
    "T1592.004": "beacon",
    "T1187": "beacon",
    "T1656": "persona",
    "T1672": "sending",
}
# What the mails do, for readers who do not know the numbers.
_TECHNIQUE_TEXT = {
    "T1598.003": "calls or links in mail that gather information",
    "T1566.002": "links in mail that ask to be followed",
    "T1598.002": "attachments that report when they are opened",
    "T1598": "mail that asks the reader to tell",
    "T1589.002": "opening tells which address is read",
    "T1590.005": "opening tells from which network address",
    "T1592.004": "opening tells with which program",
    "T1187": "opening would make a client log on elsewhere",
    "T1656": "the writer claims to be somebody",
    "T1672": "From names a domain that did not send it",
}
# Free words of people.toml, as sectors of the vocabulary.
_SECTOR_WORDS = {
    "civil society": "ngo",
    "research": "academia",
    "university": "academia",
    "journalism": "press",
    "media": "press",
    "newsroom": "press",
    "ministry": "government",
    "foreign affairs": "diplomacy",
    "embassy": "diplomacy",
    "party": "political-party",
    "law": "lawyers",
}


def gather(material: Material) -> tuple[Evidence, ...]:
    """All evidence on a campaign, numbered "e1", "e2", … in an order that only the campaign decides."""
    views = tuple(
        view_of(seen, material)
        for seen in sorted(material.mails, key=lambda one: (one.time_s or 0.0, one.observed.sha256))
    )
    if not views:
        return ()
    enough = max(1, round(len(views) * SHARE))
    named = tuple(named_pieces(material))
    taken = {one.value for one in named if one.kind == "infrastructure"}
    taken |= {site_of(value) for value in taken}  # who names a host below it has named the domain
    pieces = [
        *named,
        *own_pieces(material, views, taken, enough),
        *_signs(material, views, enough),
        *_techniques(material, views, enough),
        *_themes(material, views),
        *_targets(material, views),
        *_timing(views),
    ]
    order = {
        kind: number for number, kind in enumerate(("infrastructure", "observable", "sign", "technique"))
    }
    pieces.sort(
        key=lambda one: (
            order.get(one.kind, len(order) + EVIDENCE_KINDS.index(one.kind)), not one.names, one.value, one.origin
        )
    )  # fmt: skip
    return tuple(msgspec.structs.replace(one, id=f"e{number}") for number, one in enumerate(pieces, 1))


def contradictions(material: Material) -> tuple[str, ...]:
    """What the mails of a campaign say against each other, in sentences."""
    mails = [seen.observed for seen in material.mails]
    found = []
    for what, groups in (
        (
            "give the same sender’s address, and its domain vouches for some of them only",
            _half_vouched(mails),
        ),
        ("pose as different kinds of writer", _personas(material)),
    ):
        if groups:
            found.append(f"Some of these mails {what}: {groups}.")
    return tuple(found)


def gaps(material: Material) -> tuple[str, ...]:
    """What could not be looked at, in sentences."""
    found = []
    lost = len(material.campaign.members) - len(material.mails)
    if not material.mails:
        found.append(
            "No mail of this campaign is kept any more, so there is nothing to gather evidence from."
        )
    elif lost > 0:
        found.append(
            f"{lost:,} of {len(material.campaign.members):,} mails: their records could not be read."
        )
    unjudged = sum(seen.verdict is None for seen in material.mails)
    if unjudged:
        found.append(f"What detectors say of {unjudged:,} of the mails: no verdict is kept for them.")
    return tuple(found)


def _signs(material: Material, views: Sequence[View], enough: int) -> Iterator[Evidence]:
    shown: dict[str, list[tuple[Seen, str]]] = defaultdict(list)
    for view in views:
        for sign, place in signs_of(view).items():
            shown[sign].append((view.seen, place))
    for sign in sorted(shown):
        if len(shown[sign]) >= enough and sign in SIGN:
            one = SIGN[sign]
            text = _sign_text(sign, [seen for seen, _ in shown[sign]])
            yield _own(material, "sign", sign, text, shown[sign], one.origin, one.forgeability)
    for course in courses(material, views):
        one = SIGN[course.sign]
        yield _own(material, "sign", one.id, course.text, course.places, one.origin, one.forgeability)


def _sign_text(sign: str, shown: Sequence[Seen]) -> str:
    """The vocabulary's sentence, unless the mails show less than it says."""
    if sign == "article-copied" and not any(
        one.kind == "article-copy" for seen in shown for one in seen.observed.observations
    ):
        return "the text reads like a published article"
    if sign == "persona-invented-outlet":
        return "the writer poses as an outlet that stands on no list here"
    return SIGN[sign].text


def _techniques(material: Material, views: Sequence[View], enough: int) -> Iterator[Evidence]:
    shown: dict[tuple[str, str], list[tuple[Seen, str]]] = defaultdict(list)
    for view in views:
        class_ = view.seen.verdict.class_ if view.seen.verdict is not None else ""
        for pattern in attack_patterns(view.mail, class_):
            shown[pattern.id, pattern.name].append((view.seen, _technique_place(view, pattern.id)))
    for (id, name), places in sorted(shown.items()):
        if len(places) >= enough:
            origin = _TECHNIQUE_ORIGIN.get(id, "beacon")
            text = f"{_TECHNIQUE_TEXT[id]}: {name} ({id})" if id in _TECHNIQUE_TEXT else f"{name} ({id})"
            yield _own(material, "technique", id, text, places, origin, "anyone")


def _technique_place(view: View, id: str) -> str:
    if id == "T1672":
        return "From"
    if id == "T1656":
        said = next((o for o in view.mail.observations if o.kind in ("claims-name", "persona")), None)
        return (said.where if said is not None else "") or "body"
    beacons = view.links if id == "T1566.002" else view.callbacks or view.links
    return (beacons[0].part if beacons else "") or "mail"


def _themes(material: Material, views: Sequence[View]) -> Iterator[Evidence]:
    shown: dict[str, list[tuple[Seen, str]]] = defaultdict(list)
    for view in views:
        for theme, where in find_themes(
            material.themes, view.mail.subject, view.mail.content.excerpt
        ).items():
            shown[theme].append((view.seen, where))
    for theme in sorted(shown):
        if len(shown[theme]) >= max(1, round(len(views) * _THEME_SHARE)):
            text = f"subjects and first lines are about {theme.replace('-', ' ')}"
            yield _own(material, "theme", theme, text, shown[theme], "theme", "anyone")


def _targets(material: Material, views: Sequence[View]) -> Iterator[Evidence]:
    """Sectors and countries of those reached, where enough of them are known, against all whose mail is kept.

    What most mailboxes here share says nothing of whom a sender chose: it is told without a value to compare.
    """
    reached: dict[str, list[View]] = defaultdict(list)
    for view in views:
        if view.seen.owner:
            reached[view.seen.owner].append(view)
    for prefix in ("sector", "country"):
        values: dict[str, list[str]] = defaultdict(list)
        for address in reached:
            if value := _placed(prefix, material.people.get(address)):
                values[value].append(address)
        kept = [value for one in material.held if (value := _placed(prefix, material.people.get(one)))]
        known = sum(map(len, values.values()))
        if known < len(reached) * _TARGET_SHARE:
            continue
        for value, addresses in sorted(values.items()):
            if len(addresses) < _LEAST_PLACED or len(addresses) < known * _TARGET_SHARE:
                continue
            usual = kept.count(value) / len(kept) if kept else 0.0
            chosen = len(addresses) / known >= usual * _CHOSEN
            said = value if prefix == "country" else value.replace("-", " ")
            text = f"{len(addresses)} of {known} people reached are of {said}, {usual:.0%} of all whose mail is kept"
            if not chosen:
                text += ": that says nothing of whom the sender chose"
            places = [(view.seen, "owner") for address in addresses for view in reached[address][:1]]
            compared = f"{prefix}:{value}" if chosen else ""
            yield _own(material, "target", compared, text, places, f"target {prefix}", "anyone")


def _placed(prefix: str, owner: Owner | None) -> str:
    """The sector or country of somebody, in the words of profiles; "" where people.toml does not say."""
    if owner is None:
        return ""
    if prefix == "country":
        return owner.country.strip().upper()
    word = " ".join(owner.sector.split()).casefold()
    slug = word.replace(" ", "-")
    return slug if slug in SECTORS else _SECTOR_WORDS.get(word, slug)


def _timing(views: Sequence[View]) -> Iterator[Evidence]:
    """When the mails were sent, by their own Date: hours and days, which anybody can set."""
    dated = [view for view in views if view.mail.date_s is not None and _is_day(view.mail.date_s)]
    if len(dated) < _LEAST_TIMED:
        return
    moments = [datetime.fromtimestamp(view.mail.date_s or 0.0, UTC) for view in dated]
    hours = sorted(moment.hour for moment in moments)
    work = sum(moment.weekday() in _WORKDAY for moment in moments)
    span = (max(moments) - min(moments)).days + 1
    text = (
        f"dated within {span} {'day' if span == 1 else 'days'}, {work} of {len(moments)} on Monday to Friday, between "
        f"{hours[0]:02d} and {hours[-1] + 1:02d} UTC; a Date can be set to anything"
    )
    yield Evidence(
        "", "timing", "", text, places_of([(view.seen, "Date") for view in dated]), len(dated), len(views),
        "campaign", "timing", min(moments).timestamp(), "anyone",
    )  # fmt: skip


def _is_day(time_s: float) -> bool:
    return 0.0 <= time_s < 4_102_444_800.0  # until 2100


def _own(
    material: Material,
    kind: str,
    value: str,
    text: str,
    shown: Sequence[tuple[Seen, str]],
    origin: str,
    forgeability: str,
) -> Evidence:
    times = [seen.time_s for seen, _ in shown if seen.time_s is not None]
    mails = {seen.observed.sha256 for seen, _ in shown}
    grade, by = material.grades.get(f"{kind} {value}", ("F6", ""))
    places: tuple[Place, ...] = places_of(shown)[:MOST_PLACES]
    return Evidence(
        "", kind, value, text, places, sum(seen.observed.sha256 in mails for seen in material.mails),
        len(material.mails), "campaign", origin, min(times, default=None), forgeability, (), grade, by,
    )  # fmt: skip


def _half_vouched(mails: Iterable[Observed]) -> str:
    by: dict[str, set[bool]] = defaultdict(set)
    for mail in mails:
        if mail.sender.address and mail.sender.dmarc in ("pass", "fail"):
            by[mail.sender.address].add(fails(mail))
    return _listed(address for address, results in sorted(by.items()) if len(results) > 1)


def _personas(material: Material) -> str:
    by: dict[str, int] = defaultdict(int)
    for seen in material.mails:
        for sign in signs_of(view_of(seen, material)):
            if sign.startswith("persona-") and sign != "persona-invented-outlet":
                by[sign.removeprefix("persona-")] += 1
    common: Mapping[str, int] = {
        name: count for name, count in by.items() if count >= len(material.mails) * 0.2
    }
    return _listed(sorted(common)) if len(common) > 1 else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(list(names)[:6])
