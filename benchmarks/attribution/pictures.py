"""Reliability and risk–coverage as SVG, readable without colour, on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

_SIDE, _LEFT, _TOP = 300, 60, 30  # px: the plot, and the room for labels
_INK, _SOFT = "#1f2430", "#8a90a0"


def reliability_picture(parts: Sequence[tuple[float, float, int]], title: str) -> str:
    """Stated probability against the share that was right; a dot's area goes with the number of cases."""
    most = max((count for *_, count in parts), default=1)
    marks = [_line(0, 0, 1, 1, dashed=True)]
    for said, true, count in parts:
        radius = 3 + 9 * (count / most) ** 0.5
        marks.append(
            f'<circle cx="{_x(said):.1f}" cy="{_y(true):.1f}" r="{radius:.1f}" fill="{_INK}" fill-opacity="0.55">'
            f"<title>stated {said:.2f}, right {true:.2f}, {count} cases</title></circle>"
        )
    return _drawn(marks, title, "stated probability", "share that was right", 1.0)


def risk_picture(
    lines: Sequence[tuple[str, Sequence[tuple[float, float]]]], title: str, top: float = 0.2
) -> str:
    """Coverage against the share of wrong names among those given, up to `top`; the first line is drawn in full."""
    marks = []
    for number, (name, points) in enumerate(lines):
        path = " ".join(f"{_x(across):.1f},{_y(min(up / top, 1.0)):.1f}" for across, up in points)
        dash = ' stroke-dasharray="5 4"' if number else ""
        marks.append(
            f'<polyline points="{path}" fill="none" stroke="{_INK}" stroke-width="1.6"{dash}>'
            f"<title>{escape(name)}</title></polyline>"
        )
    return _drawn(marks, title, "coverage", "share of names that were wrong", top)


def _drawn(marks: Sequence[str], title: str, across: str, up: str, top: float) -> str:
    width, height = _LEFT + _SIDE + 20, _TOP + _SIDE + 50
    grid = []
    for step in range(6):
        share = step / 5
        grid += [_line(0, share, 1, share), _line(share, 0, share, 1)]
        grid.append(
            f'<text x="{_x(share):.0f}" y="{_TOP + _SIDE + 16}" text-anchor="middle">{share:.1f}</text>'
        )
        grid.append(
            f'<text x="{_LEFT - 6}" y="{_y(share) + 4:.0f}" text-anchor="end">{share * top:.2f}</text>'
        )
    middle = _TOP + _SIDE / 2
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    letters = f'font-family="sans-serif" font-size="11" fill="{_INK}"'
    turned = f'transform="rotate(-90 14 {middle:.0f})"'
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {letters}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="18" font-size="13">{escape(title)}</text>',
        *grid,
        *marks,
        f'<text x="{_LEFT + _SIDE / 2:.0f}" y="{height - 12}" text-anchor="middle">{escape(across)}</text>',
        f'<text x="14" y="{middle:.0f}" text-anchor="middle" {turned}>{escape(up)}</text>',
        "</svg>",
        "",
    ]
    return "\n".join(drawn)


def _line(x1: float, y1: float, x2: float, y2: float, *, dashed: bool = False) -> str:
    style = f'stroke="{_INK}" stroke-dasharray="4 3"' if dashed else f'stroke="{_SOFT}" stroke-width="0.4"'
    return f'<line x1="{_x(x1):.1f}" y1="{_y(y1):.1f}" x2="{_x(x2):.1f}" y2="{_y(y2):.1f}" {style}/>'


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _TOP + _SIDE - share * _SIDE
