"""The time of a campaign, drawn: its mails as bars, and what else happened in lanes of their own, numbered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from tocsin.model.campaign_view import Happening, View
from tocsin.render import words
from tocsin.render.campaign_words import KIND_TITLE, NO_AUTHOR
from tocsin.render.shown import escaped

WIDTH = 860
_LEFT, _RIGHT = 96.0, 852.0
_BARS, _LANE, _APART = 96.0, 24.0, 21.0
_TOP = 20.0
_ROWS = 5  # of marks that would lie on each other in one lane
_DAY_S = 86_400.0
_STEPS_DAYS = (1, 2, 7, 14, 28, 91, 182, 364, 1_820, 18_200, 182_000)
_LANES = (
    ("incident", "Incidents"),
    ("event", "Calendar"),
    ("intelligence", "Intelligence"),
    ("claim", "Claims"),
)
_MOST_STEPS = 60


def draw_time(view: View, name: str = "time") -> str:
    """The picture as one SVG element; "" where no mail has a date. Numbers are those of `View.happenings`, from 1."""
    times = sorted(mail.time_s for mail in view.campaign.members if mail.time_s is not None)
    if not times:
        return ""
    first = min([times[0], *(one.first_s for one in view.happenings)])
    last = max([times[-1], *(one.last_s for one in view.happenings)])
    step = next(
        (days * _DAY_S for days in _STEPS_DAYS if (last - first) / (days * _DAY_S) < _MOST_STEPS - 2),
        _STEPS_DAYS[-1] * _DAY_S,
    )
    begin, count = (first // step) * step, int(last // step - first // step) + 1
    begin, count = (begin - step, count + 2) if count < 12 else (begin, count)
    slot = (_RIGHT - _LEFT) / count

    def across(time_s: float) -> float:
        return _LEFT + (time_s - begin) / step * slot

    bins: dict[int, int] = {}
    for time_s in times:
        at = int((time_s - begin) // step)
        bins[at] = bins.get(at, 0) + 1
    most = max(bins.values())
    base = _TOP + _BARS
    parts = [f'<line class="base" x1="{_LEFT}" x2="{_RIGHT}" y1="{base}" y2="{base}"/>']
    parts.append(f'<text class="axis" x="0" y="{base - _BARS / 2 + 4}">Mails</text>')
    for at, number in sorted(bins.items()):
        tall = max(number / most * (_BARS - 16), 4)
        wide = min(max(slot * 0.78, 2), 40)
        x = _LEFT + at * slot + slot / 2
        parts.append(
            f"<g><title>{escaped(_span(begin + at * step, step))}: {words.count(number, 'mail')}</title>"
            f'<rect class="alarm" x="{x - wide / 2:.1f}" y="{base - tall:.1f}" width="{wide:.1f}" height="{tall:.1f}"/>'
        )
        if count <= 30 or number == most:
            parts.append(
                f'<text class="axis" x="{x:.1f}" y="{base - tall - 5:.1f}" text-anchor="middle">{number:,}</text>'
            )
        parts.append("</g>")
    y = base + 14
    for kind, title in _LANES:
        marks = [
            (number, one)
            for number, one in enumerate(view.happenings, 1)
            if one.kind == kind or (kind == "intelligence" and one.kind == "known")
        ]
        if marks:
            drawn, rows = _marks(
                marks,
                [across((one.first_s + one.last_s) / 2) for _, one in marks],
                [(one.last_s - one.first_s) / step * slot for _, one in marks],
                y,
            )
            parts.append(f'<text class="axis" x="0" y="{y + 15:.1f}">{title}</text>')
            parts += drawn
            y += rows * _LANE + 6
            parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y - 2:.1f}" y2="{y - 2:.1f}"/>')
    parts += _ticks(begin, step, count, slot, y + 14)
    height = y + 22
    head = (
        f'<svg class="links" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">When the mails came, and what else happened</title>'
        f'<desc id="{name}-desc">{escaped(_describe(view, times))}</desc>'
    )
    return head + "".join(parts) + "</svg>"


def _marks(
    marks: Sequence[tuple[int, Happening]], places: Sequence[float], spans: Sequence[float], top: float
) -> tuple[list[str], int]:
    """Numbered marks, in as many rows as keep them apart; and the number of rows."""
    ends: list[float] = []
    parts: list[str] = []
    ordered = sorted(zip(marks, places, spans, strict=True), key=lambda each: (each[1], each[0][0]))
    for (number, one), x, wide in ordered:
        x = min(max(x, _LEFT + 9), _RIGHT - 9)
        row = next((row for row, end in enumerate(ends) if x - end >= _APART), len(ends))
        if row >= _ROWS:
            continue  # the list below has it
        if row == len(ends):
            ends.append(x)
        ends[row] = x
        y = top + row * _LANE + 10
        if wide > 2 * _APART and one.last_s - one.first_s > 1.5 * _DAY_S:
            left, right = max(x - wide / 2, _LEFT), min(x + wide / 2, _RIGHT)
            parts.append(f'<line class="base" x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        shape = {
            "incident": f'<path class="mark-shape" d="M{x:.1f} {y - 10:.1f}l10 10l-10 10l-10 -10z"/>',
            "event": f'<rect class="mark-shape" x="{x - 9:.1f}" y="{y - 9:.1f}" width="18" height="18"/>',
        }.get(one.kind, f'<circle class="mark-shape" cx="{x:.1f}" cy="{y:.1f}" r="9.5"/>')
        parts.append(
            f"<g><title>{number}. {escaped(KIND_TITLE[one.kind])}</title>{shape}"
            f'<text class="count" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{number}</text></g>'
        )
    return parts, max(1, len(ends))


def _ticks(begin: float, step: float, count: int, slot: float, y: float) -> list[str]:
    every = max(1, -(-count // 7))
    parts: list[str] = []
    for at in range(every // 2, count, every):
        x = min(_LEFT + at * slot + slot / 2, _RIGHT - 34)  # room for half a label
        text = escaped(_tick(begin + at * step, step))
        parts.append(f'<text class="axis" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{text}</text>')
    return parts


def _tick(time_s: float, step: float) -> str:
    if step < 28 * _DAY_S:
        return words.day(time_s)
    try:
        return datetime.fromtimestamp(time_s, UTC).strftime("%b %Y" if step < 364 * _DAY_S else "%Y")
    except (ValueError, OverflowError, OSError):
        return ""


def _span(begin_s: float, step_s: float) -> str:
    return words.span(begin_s, begin_s + step_s - 1)


def _describe(view: View, times: Sequence[float]) -> str:
    kinds = [
        words.count(sum(one.kind == kind for one in view.happenings), one, many)
        for kind, one, many in (
            ("incident", "incident", "incidents"),
            ("event", "day of the calendar", "days of the calendar"),
            ("intelligence", "date of intelligence", "dates of intelligence"),
            ("claim", "claim", "claims"),
        )
        if any(one.kind == kind for one in view.happenings)
    ]
    claimed = {bool(one.claimed) for one in view.happenings if one.kind == "incident"}
    which = "incidents that no claim names" if True in claimed else "incidents"
    who = "" if claimed == {True} else f"; of {which}, {NO_AUTHOR}"
    besides = f" In the same time: {', '.join(kinds)}{who}." if kinds else ""
    return f"{words.count(len(times), 'mail')}, {words.span(times[0], times[-1])}.{besides} The list below names them."
