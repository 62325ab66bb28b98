"""What holds a campaign together, drawn: readers, mails that are alike as circles, and what these share.

Mails that show the same things are one circle, so that two mails and four hundred make a picture of one size. The
layout follows from the values alone: the same campaign gives the same picture.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence

import msgspec

from tocsin.model.campaign_view import MailLine, Shared, View
from tocsin.render import words
from tocsin.render.campaign_words import GROUP_TITLE, LABELS, reader, reason_sentence, value_text
from tocsin.render.shown import escaped

WIDTH = 860  # of the view box; px at full width
_LEFT, _MIDDLE, _RIGHT = 224.0, 428.0, 612.0
_TOP = 46.0
_PEOPLE, _BUNDLES, _VALUES, _OF_GROUP = 14, 10, 14, 4  # most that are drawn
_ROW, _BUNDLE_ROW, _HEADING = 25.0, 48.0, 26.0
_LETTER = 7.0  # px that a letter of 12.5 px takes, on the wide side
_TAIL = 14  # of a value that is cut, since a host's last letters tell most
_KINDS = {  # told beside a value, as its group alone does not tell it
    "beacon-host": "calls", "beacon-site": "calls", "link-host": "links to", "style-host": "loads from",
    "grammar": "URLs like", "token": "token", "text": "one text:", "near-text": "", "subject": "subject:",
    "mailer": "program", "making": "ids like", "reply-address": "replies to", "relay": "server", "network": "network",
    "signer": "signed by", "return-site": "returns to", "id-host": "ids of", "service": "service", "claim": "claims",
}  # fmt: skip


class Bundle(msgspec.Struct, frozen=True):
    """Mails that show the same of what is drawn: how many, to whom how many each, and the places of what they show."""

    mails: int
    readers: dict[str, int]
    shows: dict[int, int]
    alerts: int


class Plan(msgspec.Struct, frozen=True):
    """What is drawn: readers, bundles and places in `View.shared`, each from top to bottom; `rest` counts readers."""

    readers: tuple[str, ...]
    rest: int
    bundles: tuple[Bundle, ...]
    values: tuple[int, ...]


def draw_links(view: View, name: str = "links") -> str:
    """The picture as one SVG element with a title and a description; "" where nothing is shared."""
    plan = plan_links(view)
    if not plan.bundles or not plan.values:
        return ""
    groups = [view.shared[place].group for place in plan.values]
    tall_right = len(plan.values) * _ROW + len(set(groups)) * _HEADING
    people_rows = len(plan.readers) + bool(plan.rest)
    body = max(people_rows * _ROW, len(plan.bundles) * _BUNDLE_ROW, tall_right, 96.0)
    readers_y = _spread(people_rows, body)
    bundles_y = _spread(len(plan.bundles), body)
    values_y, headings = _right(groups, body)
    height = _TOP + body + 12
    parts = [
        f'<svg class="links" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="{name}-title {name}-desc">',
        f'<title id="{name}-title">What ties the mails of campaign {escaped(view.campaign.id)}</title>',
        f'<desc id="{name}-desc">{escaped(describe(view, plan))}</desc>',
        *_head(),
    ]
    parts += _lines(plan, readers_y, bundles_y, values_y)
    for row, y in enumerate(readers_y):
        label = (
            reader(view, plan.readers[row])
            if row < len(plan.readers)
            else f"and {words.count(plan.rest, 'more person', 'more people')}"
        )
        parts.append(f'<circle class="dot" cx="{_LEFT}" cy="{y:.1f}" r="4"/>')
        parts.append(
            f'<text class="name" x="{_LEFT - 11}" y="{y + 4.5:.1f}" text-anchor="end">{_fit(label, 208)}</text>'
        )
    parts += [_circle(bundle, y, plan) for bundle, y in zip(plan.bundles, bundles_y, strict=True)]
    for y, group in headings:
        parts.append(
            f'<text class="axis" x="{_RIGHT + 12}" y="{y + 4:.1f}">{escaped(GROUP_TITLE.get(group, group))}</text>'
        )
    for place, y in zip(plan.values, values_y, strict=True):
        one = view.shared[place]
        parts.append(f'<rect class="dot" x="{_RIGHT - 4}" y="{y - 4:.1f}" width="8" height="8"/>')
        parts.append(
            f'<g><title>{escaped(reason_sentence(one, len(view.mails)))}</title><text class="name" x="{_RIGHT + 12}" '
            f'y="{y + 4.5:.1f}">{_fit(_label(one), WIDTH - _RIGHT - 16, tail=_TAIL)}</text></g>'
        )
    parts.append("</svg>")
    return "".join(parts)


def plan_links(view: View) -> Plan:
    """What to draw, from the most telling to what still fits, in the order in which lines cross little."""
    values = _chosen(view.shared)
    bundles = _bundled(view.mails, values)
    counts: dict[str, int] = {}
    for bundle in bundles:
        for address, number in bundle.readers.items():
            counts[address] = counts.get(address, 0) + number
    drawn = sorted(counts, key=lambda address: (-counts[address], address))[:_PEOPLE]
    if len(counts) == _PEOPLE + 1:
        drawn = sorted(counts)
    place = {
        address: _middle((row, bundle.readers.get(address, 0)) for row, bundle in enumerate(bundles))
        for address in drawn
    }
    order = list(GROUP_TITLE)
    centre = {
        one: _middle((row, bundle.shows.get(one, 0)) for row, bundle in enumerate(bundles)) for one in values
    }
    groups = {one: order.index(view.shared[one].group) for one in values}
    return Plan(
        tuple(sorted(drawn, key=lambda address: (place[address], address))),
        len(counts) - len(drawn),
        bundles,
        tuple(sorted(values, key=lambda one: (groups[one], centre[one], one))),
    )


def describe(view: View, plan: Plan) -> str:
    """The picture in words, for those who don't see it."""
    said = [reason_sentence(view.shared[place], len(view.mails)) for place in plan.values[:8]]
    return (
        f"{words.count(len(view.mails), 'mail')} to {words.count(len(plan.readers) + plan.rest, 'person', 'people')}, "
        f"in {words.count(len(plan.bundles), 'group')} of mails that share the same things: {'; '.join(said)}. "
        "The lists below have everything."
    )


def _chosen(shared: Sequence[Shared]) -> list[int]:
    found: list[int] = []
    of_group: dict[str, int] = {}
    for place, one in enumerate(shared):
        if one.group not in GROUP_TITLE or one.kind in ("analyst", "near-text", "near-structure"):
            continue
        if of_group.get(one.group, 0) < _OF_GROUP and len(found) < _VALUES:
            found.append(place)
            of_group[one.group] = of_group.get(one.group, 0) + 1
    return found


def _bundled(mails: Sequence[MailLine], values: Iterable[int]) -> tuple[Bundle, ...]:
    """Bundles in the order of their first mail; the smallest beyond what fits are one."""
    drawn = set(values)
    kinds: dict[tuple[int, ...], list[MailLine]] = {}
    for mail in mails:
        kinds.setdefault(tuple(sorted(drawn.intersection(mail.shows))), []).append(mail)
    order = list(kinds)
    large = set(
        sorted(order, key=lambda key: (-len(kinds[key]), key))[
            : _BUNDLES if len(order) <= _BUNDLES else _BUNDLES - 1
        ]
    )
    found = [_bundle(kinds[key]) for key in order if key in large]
    rest = [mail for key in order if key not in large for mail in kinds[key]]
    return tuple([*found, _bundle(rest)] if rest else found)


def _bundle(mails: Sequence[MailLine]) -> Bundle:
    readers: dict[str, int] = {}
    shows: dict[int, int] = {}
    for mail in mails:
        readers[mail.owner] = readers.get(mail.owner, 0) + 1
        for place in mail.shows:
            shows[place] = shows.get(place, 0) + 1
    return Bundle(len(mails), readers, shows, sum(mail.alert for mail in mails))


def _middle(weights: Iterable[tuple[int, int]]) -> float:
    pairs = list(weights)
    total = sum(number for _, number in pairs)
    return sum(row * number for row, number in pairs) / total if total else 0.0


def _spread(count: int, body: float) -> list[float]:
    return [_TOP + body * (row + 0.5) / count for row in range(count)]


def _right(groups: Sequence[str], body: float) -> tuple[list[float], list[tuple[float, str]]]:
    """Heights of values, and of a heading above each group; what is left over lies between groups."""
    kinds = list(dict.fromkeys(groups))
    room = (body - len(groups) * _ROW - len(kinds) * _HEADING) / max(len(kinds), 1)
    values: list[float] = []
    headings: list[tuple[float, str]] = []
    y = _TOP + room / 2
    for kind in kinds:
        headings.append((y + _HEADING / 2 + 3, kind))
        y += _HEADING
        for _ in range(groups.count(kind)):
            values.append(y + _ROW / 2)
            y += _ROW
        y += room
    return values, headings


def _head() -> list[str]:
    return [
        f'<text class="head" x="{_LEFT}" y="16" text-anchor="end">Sent to</text>',
        f'<text class="head" x="{_MIDDLE}" y="16" text-anchor="middle">Mails that are alike</text>',
        f'<text class="head" x="{_RIGHT - 4}" y="16">What they share</text>',
        f'<line class="grid" x1="0" x2="{WIDTH}" y1="28" y2="28"/>',
    ]


def _lines(
    plan: Plan, readers_y: Sequence[float], bundles_y: Sequence[float], values_y: Sequence[float]
) -> list[str]:
    row_of = {address: row for row, address in enumerate(plan.readers)}
    most = max(bundle.mails for bundle in plan.bundles)
    parts: list[str] = []
    for bundle, y in zip(plan.bundles, bundles_y, strict=True):
        rows: dict[int, int] = {}
        for address, number in bundle.readers.items():
            row = row_of.get(address, len(plan.readers))
            rows[row] = rows.get(row, 0) + number
        reach = _radius(bundle.mails, most)
        parts += [
            _curve(_LEFT, readers_y[row], _MIDDLE - reach, y, number, most)
            for row, number in sorted(rows.items())
        ]
        parts += [
            _curve(_MIDDLE + reach, y, _RIGHT, values_y[row], bundle.shows[place], most)
            for row, place in enumerate(plan.values)
            if place in bundle.shows
        ]
    return parts


def _curve(x1: float, y1: float, x2: float, y2: float, number: int, most: int) -> str:
    bend = (x2 - x1) * 0.5
    width = 1 + 5 * math.sqrt(number / most)
    return (
        f'<path class="tie" d="M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}" '
        f'stroke-width="{width:.1f}"/>'
    )


def _circle(bundle: Bundle, y: float, plan: Plan) -> str:
    radius = _radius(bundle.mails, max(one.mails for one in plan.bundles))
    alerts = f", {words.count(bundle.alerts, 'alert')}" if bundle.alerts else ", no alert"
    kind = "alarm" if bundle.alerts else "calm"
    return (
        f"<g><title>{words.count(bundle.mails, 'mail')} to {words.count(len(bundle.readers), 'person', 'people')}"
        f'{alerts}</title><circle class="{kind}" cx="{_MIDDLE}" cy="{y:.1f}" r="{radius:.1f}"/>'
        f'<text class="count {kind}" x="{_MIDDLE}" y="{y + 4.2:.1f}" text-anchor="middle">{bundle.mails:,}</text></g>'
    )


def _radius(number: int, most: int) -> float:
    return 11 + 10 * math.sqrt(number / most)


def _label(one: Shared) -> str:
    if one.kind in LABELS and not one.value:
        return LABELS[one.kind]
    return f"{_KINDS.get(one.kind, '')} {value_text(one.kind, one.value, 80)}".strip()


def _fit(text: str, width: float, *, tail: int = 0) -> str:
    """A text that is no wider than this, in px of the view box, escaped; of what is cut, `tail` last letters stay."""
    room = width / _LETTER
    if sum(map(_width, text)) <= room:
        return escaped(text)
    end = text[len(text) - tail :]
    taken = 1.0 + sum(map(_width, end))
    for place, letter in enumerate(text):
        taken += _width(letter)
        if taken > room:
            return f"{escaped(text[: max(1, place)].rstrip())}…{escaped(end)}"
    return escaped(text)


def _width(letter: str) -> float:
    """About how many letters' room this one takes."""
    return 1.9 if unicodedata.east_asian_width(letter) in "WF" else 1.25 if letter.isupper() else 1.0
