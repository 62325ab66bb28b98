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
from tocsin.model.assessment import EVIDENCE_KINDS, Evidence, Place
from tocsin.model.observation import Observed

SHARE = 0.5  # of a campaign's mails that must show a sign, for it to be the campaign's
_THEME_SHARE = 0.3
_TARGET_SHARE = 0.5
_LEAST_PLACED = 2  # readers with a sector, before sectors say anything
_MANY_PLACED = 3  # readers of one sector or country that say something beside others
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


def _signs(material: Material, views: Sequence[View], enough: int) -> Iterator[Evidence]:
    shown: dict[str, list[tuple[Seen, str]]] = defaultdict(list)
    for view in views:
        for sign, place in signs_of(view).items():
            shown[sign].append((view.seen, place))
    for sign in sorted(shown):
        if len(shown[sign]) >= enough and sign in SIGN:
            yield _own(
                material,
                "sign",
                sign,
                SIGN[sign].text,
                shown[sign],
                SIGN[sign].origin,
                SIGN[sign].forgeability,
            )
    for course in courses(material, views):
        one = SIGN[course.sign]
        yield _own(material, "sign", one.id, course.text, course.places, one.origin, one.forgeability)


def _techniques(material: Material, views: Sequence[View], enough: int) -> Iterator[Evidence]:
    shown: dict[tuple[str, str], list[tuple[Seen, str]]] = defaultdict(list)
    for view in views:
        class_ = view.seen.verdict.class_ if view.seen.verdict is not None else ""
        for pattern in attack_patterns(view.mail, class_):
            shown[pattern.id, pattern.name].append((view.seen, ""))
    for (id, name), places in sorted(shown.items()):
        if len(places) >= enough:
            origin = _TECHNIQUE_ORIGIN.get(id, "beacon")
            yield _own(material, "technique", id, f"{name} ({id})", places, origin, "anyone")


def _themes(material: Material, views: Sequence[View]) -> Iterator[Evidence]:
    shown: dict[str, list[tuple[Seen, str]]] = defaultdict(list)
    for view in views:
        for theme, where in find_themes(
            material.themes, view.mail.subject, view.mail.content.excerpt
        ).items():
            shown[theme].append((view.seen, where))
    for theme in sorted(shown):
        if len(shown[theme]) >= max(1, round(len(views) * _THEME_SHARE)):
            words = f"what it is about: {theme.replace('-', ' ')}"
            yield _own(material, "theme", theme, words, shown[theme], "theme", "anyone")


def _targets(material: Material, views: Sequence[View]) -> Iterator[Evidence]:
    """Sectors and countries of those reached, where enough of them are known: against all whose mail is kept.

    What every mailbox here shares says nothing of whom a sender chose, so it is told with that.
    """
    reached: dict[str, list[View]] = defaultdict(list)
    for view in views:
        if view.seen.owner:
            reached[view.seen.owner].append(view)
    for prefix, field in (("sector", "sector"), ("country", "country")):
        values: dict[str, list[str]] = defaultdict(list)
        for address in reached:
            owner = material.people.get(address)
            if owner is not None and getattr(owner, field):
                values[_placed(prefix, getattr(owner, field))].append(address)
        known = sum(map(len, values.values()))
        if known < min(_LEAST_PLACED, len(reached)) or known < len(reached) * _TARGET_SHARE:
            continue
        for value, addresses in sorted(values.items()):
            if not value or (len(addresses) < known * _TARGET_SHARE and len(addresses) < _MANY_PLACED):
                continue
            others = {
                address
                for address in material.held
                if address not in reached
                and (owner := material.people.get(address)) is not None
                and _placed(prefix, getattr(owner, field)) == value
            }
            beside = f"; {len(others)} more of these are kept here and got none" if others else ""
            people = "person" if len(addresses) == 1 else "people"
            text = f"reached {len(addresses)} {people} of {value.replace('-', ' ')}{beside}"
            places = [(view.seen, "owner") for address in addresses for view in reached[address][:1]]
            yield _own(material, "target", f"{prefix}:{value}", text, places, f"target {prefix}", "anyone")


def _placed(prefix: str, text: str) -> str:
    if prefix == "country":
        return text.strip().upper()
    word = " ".join(text.split()).casefold()
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
