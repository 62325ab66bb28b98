"""The timeline of beacons, drawn as SVG: whose they are, by month or longer steps, with alerts marked.

Positions across are percentages and sizes down are pixels, without a viewBox: the picture takes any width
and its letters keep their size. Fills differ in pattern, so that it reads without colour.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tocsin.model.scan import Month
from tocsin.render import words
from tocsin.render.shown import escaped

MAX_BARS = 36
_STEPS = (1, 3, 12, 24, 60, 120, 240, 600, 1200, 3600, 12_000, 120_000)  # months a bar
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip

# A forged or broken date decades away would squeeze all others into one bar: such mails are counted apart.
_FAR_MONTHS = 36
_FAR_SHARE = 0.02

_TOP, _PLOT, _FOOT = 34, 168, 26  # px: room for alert marks, the bars, the labels of the axis
_LEAST = 4.0  # px that any share is drawn with, so that one mail is never invisible beside a thousand


class Bar(msgspec.Struct, frozen=True):
    """One step of time: `title` in full, `label` for the axis or "", `mails` None where none was read."""

    title: str
    label: str
    mails: int | None
    known: int
    strangers: int
    alerts: int


class Timeline(msgspec.Struct, frozen=True):
    """Bars in order without holes, and the months far away from all others that are not drawn."""

    bars: tuple[Bar, ...]
    unit: str
    far: tuple[Month, ...]


def timeline(months: Sequence[Month]) -> Timeline:
    """Group months into at most `MAX_BARS` bars of equal length; months without mail become gaps."""
    kept, far = _without_far(sorted(months, key=_index))
    if not kept:
        return Timeline((), "", far)
    first, last = _index(kept[0]), _index(kept[-1])
    step = next(step for step in _STEPS if last // step - first // step < MAX_BARS)
    groups: dict[int, list[Month]] = {}
    for month in kept:
        groups.setdefault(_index(month) // step, []).append(month)
    keys = range(first // step, last // step + 1)
    labels = _labels(keys, step)
    return Timeline(
        tuple(_bar(key, step, labels[key], groups.get(key, [])) for key in keys), _unit(step), far
    )


def _index(month: Month) -> int:
    return int(month.month[:4]) * 12 + int(month.month[5:7]) - 1


def _without_far(months: list[Month]) -> tuple[list[Month], tuple[Month, ...]]:
    """Cut months off either end that lie far from the rest and hold next to nothing of the mail."""
    budget = sum(month.mails for month in months) * _FAR_SHARE
    far: list[Month] = []
    for end in (0, -1):
        cut: list[Month] = []
        while len(months) > len(cut) + 1:
            rest = months[len(cut) :] if end == 0 else months[: len(months) - len(cut)]
            one, other = (rest[0], rest[1]) if end == 0 else (rest[-1], rest[-2])
            cut.append(one)
            if sum(month.mails for month in cut) > budget:
                break
            if abs(_index(one) - _index(other)) > _FAR_MONTHS:
                far += cut
                budget -= sum(month.mails for month in cut)
                months = rest[1:] if end == 0 else rest[:-1]
                cut = []
    return months, tuple(sorted(far, key=_index))


def _unit(step: int) -> str:
    return {1: "month", 3: "quarter", 12: "year"}.get(step, f"{step // 12} years")


def _title(key: int, step: int) -> str:
    year, month = divmod(key * step, 12)
    if step == 1:
        return f"{_MONTHS[month]} {year}"
    if step == 3:
        return f"{_MONTHS[month]} to {_MONTHS[month + 2]} {year}"
    return f"{year}" if step == 12 else f"{year} to {year + step // 12 - 1}"


def _labels(keys: range, step: int) -> dict[int, str]:
    """Labels for at most nine bars, at round months and years."""
    labels = dict.fromkeys(keys, "")
    if step == 1:
        every = next((every for every in (1, 2, 3, 6) if len(keys) <= 6 * every), 12)
    elif step == 3:
        every = 4
    else:
        every = -(-len(keys) // 7)
    for key in keys:
        year, month = divmod(key * step, 12)
        if key % every == 0 or len(keys) == 1:
            labels[key] = f"{_MONTHS[month][:3]} {year}" if step == 1 else f"{year}"
    return labels


def _bar(key: int, step: int, label: str, months: Sequence[Month]) -> Bar:
    return Bar(
        _title(key, step),
        label,
        sum(month.mails for month in months) if months else None,
        sum(month.vendors for month in months),
        sum(month.strangers for month in months),
        sum(month.alerts for month in months),
    )


def round_above(value: int) -> int:
    """The next of 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100 … that is not below `value`."""
    power = 1
    while True:
        for digit in (1, 2, 4, 6, 8):
            if digit * power >= value:
                return digit * power
        power *= 10


def patterns(name: str) -> str:
    """The fills that tell beacons apart without colour, with ids of their own (`name`) for each picture."""
    return (
        f'<defs><pattern id="{name}-hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="paper" width="5" height="5"/>'
        '<rect class="ink" width="2.6" height="5"/></pattern></defs>'
    )


def mark(across: str, down: float, number: int, *, numbered: bool = True, anchor: str = "middle") -> str:
    """The alert mark, a triangle with the number of alerts beside or above it."""
    text = f"▲{number:,}" if numbered and number > 1 else "▲"
    return f'<text class="mark" x="{across}" y="{down:.1f}" text-anchor="{anchor}">{text}</text>'


def draw_timeline(line: Timeline, name: str = "timeline") -> str:
    """The timeline as one SVG element with a title and a description; "" without bars."""
    if not line.bars:
        return ""
    top = round_above(max(1, *(bar.known + bar.strangers for bar in line.bars)))
    base = _TOP + _PLOT
    slot = 100 / max(len(line.bars), 8)
    parts = [
        (
            f'<svg class="chart" width="100%" height="{base + _FOOT}" role="img" '
            f'aria-labelledby="{name}-title {name}-desc">'
        ),
        f'<title id="{name}-title">Mails that phone home without a click, by {escaped(line.unit)}</title>',
        f'<desc id="{name}-desc">{escaped(describe(line))}</desc>',
        patterns(name),
    ]
    for value in (top, top / 2) if top > 1 else (top,):
        y = base - value / top * _PLOT
        parts.append(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="axis" x="-6" y="{y + 4:.1f}" text-anchor="end">{value:,.0f}</text>')
    parts.append(f'<text class="axis" x="-6" y="{base + 4}" text-anchor="end">0</text>')
    for index, bar in enumerate(line.bars):
        parts += _drawn(bar, index * slot, slot, base, top, name, numbered=len(line.bars) <= 24)
    parts.append("</svg>")
    return "".join(parts)


def _drawn(
    bar: Bar, left: float, slot: float, base: float, top: int, name: str, *, numbered: bool
) -> list[str]:
    middle = f"{left + slot / 2:.3f}%"
    parts = []
    if bar.mails is None:
        parts.append(
            f'<line class="gap" x1="{left + slot * 0.1:.3f}%" x2="{left + slot * 0.9:.3f}%" y1="{base}" '
            f'y2="{base}"/>'
        )
    else:
        parts.append(f'<line class="base" x1="{left:.3f}%" x2="{left + slot:.3f}%" y1="{base}" y2="{base}"/>')
    height = base - 0.5
    for value, style in (
        (bar.strangers, f'fill="url(#{name}-hatch)" class="stranger"'),
        (bar.known, 'class="known"'),
    ):
        if value:
            tall = max(value / top * _PLOT, _LEAST)
            height -= tall
            parts.append(
                f'<rect {style} x="{left + slot * 0.15:.3f}%" y="{height:.1f}" width="{slot * 0.7:.3f}%" '
                f'height="{tall:.1f}"/>'
            )
    if bar.alerts:
        parts.append(mark(middle, height - 5, bar.alerts, numbered=numbered))
    if bar.label:
        parts.append(
            f'<text class="axis" x="{middle}" y="{base + 19}" text-anchor="middle">{bar.label}</text>'
        )
    return parts


def describe(line: Timeline) -> str:
    """The picture in words, for those who don't see it."""
    known, strangers = sum(bar.known for bar in line.bars), sum(bar.strangers for bar in line.bars)
    gaps = sum(bar.mails is None for bar in line.bars)
    alerted = [bar for bar in line.bars if bar.alerts]
    text = (
        f"{line.bars[0].title}" + (f" to {line.bars[-1].title}" if len(line.bars) > 1 else "") + ". "
        f"{words.count(known, 'mail')} with beacons of known services or of the sender's own site only, "
        f"{words.count(strangers, 'mail')} with a beacon to a stranger. "
    )
    if alerted:
        listed = [f"{bar.title}: {bar.alerts}" for bar in alerted[:12]]
        text += f"Alerts: {'; '.join(listed)}{'; and later' if len(alerted) > 12 else ''}. "
    else:
        text += "No alerts. "
    if gaps:
        text += f"{words.count(gaps, 'step')} without any mail. "
    return text + "The table below has every number."
