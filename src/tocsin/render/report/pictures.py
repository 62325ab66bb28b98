"""Pictures of a report: when the mails came, and what ties them; sectors stand for people, nobody is named."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from tocsin.model.campaign_view import Happening
from tocsin.render.links_picture import Bundle, Plan, plan_links
from tocsin.render.report.claims import hidden
from tocsin.render.report.say import Data, day, in_a_row, line
from tocsin.render.report.values import Case, Line, Section
from tocsin.render.shown import escaped, short, shown

_WIDTH = 420
_DAY_S = 86_400.0
_STEPS_DAYS = (1, 7, 28, 91, 364, 3_640, 36_400)
_MOST_BARS = 60
_MARKS = 5
_VALUES, _BUNDLES = 7, 6
_ROW = 19.0
_LABEL = 29  # letters of a host
_BY_HOST = ("call", "road")


def incidents(case: Case) -> tuple[Happening, ...]:
    """What else happened, without an author; calendars of people and intelligence stay at the desk."""
    return tuple(one for one in case.view.happenings if one.kind == "incident")[:_MARKS]


def time_section(case: Case) -> Section | None:
    """When the mails came; None where no mail has a date."""
    say = case.wording
    members = case.view.campaign.members
    times = sorted(
        one.time_s
        for one in members
        if one.time_s is not None and (not case.person or one.owner == case.person)
    )
    if not times:
        return None
    marks = incidents(case)
    described = line(
        say,
        "time.described",
        mails=line(say, "mails", len(times)),
        first=day(say, times[0]),
        last=day(say, times[-1]),
    )
    points = [
        line(
            say,
            "time.incident",
            number=number,
            day=day(say, one.first_s),
            title=Data(hidden(case, one.title.partition(": ")[2] or one.title), 300),
        )
        for number, one in enumerate(marks, 1)
    ]
    return Section(
        "time",
        line(say, "head.time"),
        lines=(line(say, "time.note"),) if marks else (),
        points=tuple(points),
        picture=_time(case, times, marks, described),
        described=described,
    )


def _time(case: Case, times: Sequence[float], marks: Sequence[Happening], described: Line) -> str:
    say = case.wording
    first = min([times[0], *(one.first_s for one in marks)])
    last = max([times[-1], *(one.last_s for one in marks)])
    step = next(
        (days * _DAY_S for days in _STEPS_DAYS if (last - first) / (days * _DAY_S) < _MOST_BARS),
        _STEPS_DAYS[-1] * _DAY_S,
    )
    begin = (first // step) * step
    count = int(last // step - first // step) + 1
    if count < 8:
        begin, count = begin - step * ((8 - count) // 2), 8
    left, right, base = 8.0, _WIDTH - 8.0, 84.0
    slot = (right - left) / count
    bins: dict[int, int] = {}
    for time_s in times:
        at = int((time_s - begin) // step)
        bins[at] = bins.get(at, 0) + 1
    most = max(bins.values())
    parts = [f'<line class="base" x1="{left}" x2="{right}" y1="{base}" y2="{base}"/>']
    for at, number in sorted(bins.items()):
        tall = max(number / most * 58, 4)
        wide = min(max(slot * 0.7, 2), 34)
        x = left + at * slot + slot / 2
        parts.append(
            f'<rect class="bar" x="{x - wide / 2:.1f}" y="{base - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}"/>'
        )
        if count <= 24 or number == most:
            parts.append(
                f'<text class="count" x="{x:.1f}" y="{base - tall - 4:.1f}" text-anchor="middle">{number}</text>'
            )
    bottom = base
    if marks:
        bottom = base + 24
        edge = left
        for number, one in enumerate(marks, 1):
            x = max(left + ((one.first_s + one.last_s) / 2 - begin) / step * slot, edge + 9)
            x = min(x, right - 9)
            edge = x + 9
            y = base + 13
            parts.append(
                f'<path class="mark" d="M{x:.1f} {y - 9:.1f}l9 9l-9 9l-9 -9z"/>'
                f'<text class="count" x="{x:.1f}" y="{y + 3.6:.1f}" text-anchor="middle">{number}</text>'
            )
    y = bottom + 15
    parts.append(f'<text class="axis" x="{left}" y="{y:.1f}">{escaped(day(say, begin))}</text>')
    parts.append(
        f'<text class="axis" x="{right}" y="{y:.1f}" text-anchor="end">'
        f"{escaped(day(say, begin + (count - 1) * step))}</text>"
    )
    return _svg("time", y + 6, described, parts)


def links_section(case: Case) -> Section | None:
    """What ties the mails; None where nothing is shared, or for a target, who sees the own mails alone."""
    if case.audience == "target":
        return None
    say = case.wording
    view = case.view
    plain = msgspec.structs.replace(
        view,
        mails=tuple(
            msgspec.structs.replace(one, owner=case.sectors.get(one.owner, "")) for one in view.mails
        ),
    )
    plan = plan_links(plain)
    rows = _rows(case, plan)
    if not plan.bundles or not rows:
        return None
    groups = list(dict.fromkeys(view.shared[place].group for _, places in rows for place in places))
    described = line(
        say,
        "links.described",
        mails=line(say, "mails", len(view.mails)),
        shared=in_a_row(say, [line(say, f"group.{one}").text for one in groups]),
    )
    return Section(
        "links",
        line(say, "head.links"),
        picture=_links(case, plan, rows, described),
        described=described,
    )


def _rows(case: Case, plan: Plan) -> list[tuple[str, tuple[int, ...]]]:
    """What is drawn on the right: a label, and the places in `View.shared` that it stands for.

    Hosts stand by themselves, except for the press; names, subjects and texts, which may name people, as one row.
    """
    say = case.wording
    rows: dict[str, tuple[int, ...]] = {}
    for place in plan.values:
        one = case.view.shared[place]
        if f"group.{one.group}" not in say.texts:
            continue
        label = line(say, f"group.{one.group}").text
        if one.group in _BY_HOST and one.value and case.audience != "press" and _is_host(one.value):
            label = f"→ {_tail(shown(one.value))}"
        rows[label] = (*rows.get(label, ()), place)
    return list(rows.items())[:_VALUES]


def _tail(text: str) -> str:
    """The end of a host, which tells most of it; cut after it was defanged, so that no cut undoes that."""
    return text if len(text) <= _LABEL else "…" + text[1 - _LABEL :]


def _is_host(value: str) -> bool:
    return "." in value and not any(letter in value for letter in "/ @")


def _links(case: Case, plan: Plan, rows: Sequence[tuple[str, tuple[int, ...]]], described: Line) -> str:
    say = case.wording
    bundles = plan.bundles[:_BUNDLES]
    body = max(len(plan.readers), len(bundles), len(rows)) * _ROW + 8
    top, x1, x2, x3 = 26.0, 104.0, 182.0, 252.0
    most = max(one.mails for one in bundles)

    def spread(number: int) -> list[float]:
        return [top + body * (row + 0.5) / number for row in range(number)]

    readers_y, bundles_y, rows_y = spread(len(plan.readers)), spread(len(bundles)), spread(len(rows))
    parts = [
        f'<text class="head" x="{x1}" y="11" text-anchor="end">{escaped(line(say, "links.to").text)}</text>',
        f'<text class="head" x="{x2}" y="11" text-anchor="middle">{escaped(line(say, "links.alike").text)}</text>',
        f'<text class="head" x="{x3}" y="11">{escaped(line(say, "links.share").text)}</text>',
        f'<line class="grid" x1="0" x2="{_WIDTH}" y1="17" y2="17"/>',
    ]
    for bundle, y in zip(bundles, bundles_y, strict=True):
        reach = _radius(bundle, most)
        for row, name in enumerate(plan.readers):
            if name in bundle.readers:
                parts.append(_curve(x1 + 6, readers_y[row], x2 - reach, y, bundle.readers[name], most))
        for row, (_, places) in enumerate(rows):
            shows = max((bundle.shows.get(place, 0) for place in places), default=0)
            if shows:
                parts.append(_curve(x2 + reach, y, x3 - 6, rows_y[row], shows, most))
    for name, y in zip(plan.readers, readers_y, strict=True):
        label = escaped(short(_sector(case, name), 20))
        parts.append(f'<circle class="dot" cx="{x1 + 6}" cy="{y:.1f}" r="3"/>')
        parts.append(f'<text class="name" x="{x1}" y="{y + 3.6:.1f}" text-anchor="end">{label}</text>')
    for bundle, y in zip(bundles, bundles_y, strict=True):
        parts.append(f'<circle class="bar" cx="{x2}" cy="{y:.1f}" r="{_radius(bundle, most):.1f}"/>')
        parts.append(
            f'<text class="inside" x="{x2}" y="{y + 3.6:.1f}" text-anchor="middle">{bundle.mails}</text>'
        )
    for (label, _), y in zip(rows, rows_y, strict=True):
        parts.append(f'<rect class="dot" x="{x3 - 9}" y="{y - 3:.1f}" width="6" height="6"/>')
        parts.append(f'<text class="name" x="{x3}" y="{y + 3.6:.1f}">{escaped(label)}</text>')
    return _svg("links", top + body + 4, described, parts)


def _sector(case: Case, sector: str) -> str:
    key = f"sector.{sector.casefold()}" if sector else "reached.no-sector"
    return case.wording.texts[key][0] if key in case.wording.texts else short(sector, 20)


def _radius(bundle: Bundle, most: int) -> float:
    return 7 + 4 * math.sqrt(bundle.mails / most)


def _curve(x1: float, y1: float, x2: float, y2: float, number: int, most: int) -> str:
    bend = (x2 - x1) * 0.5
    width = 0.8 + 3.2 * math.sqrt(number / most)
    return (
        f'<path class="tie" d="M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} '
        f'{x2:.1f} {y2:.1f}" stroke-width="{width:.1f}"/>'
    )


def _svg(name: str, height: float, described: Line, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="drawn" viewBox="0 0 {_WIDTH} {height:.0f}" role="img" '
        f'aria-labelledby="{name}-said"><title id="{name}-said">{escaped(described.text)}</title>'
        f"{''.join(parts)}</svg>"
    )
