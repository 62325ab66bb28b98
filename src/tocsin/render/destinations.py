"""Where mails phone home to: known services beside all others, as SVG bars on one scale."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.model.scan import SiteCount
from tocsin.render import words
from tocsin.render.chart import patterns
from tocsin.render.shown import escaped, short

SHOWN_SITES = 8
_ROW = 40  # px
_BAR = 12


def sides(sites: Sequence[SiteCount]) -> tuple[list[SiteCount], list[SiteCount]]:
    """Known services and other sites, those with alerts never left out, most frequent first."""
    return _most([site for site in sites if site.vendor]), _most([site for site in sites if not site.vendor])


def _most(sites: Sequence[SiteCount]) -> list[SiteCount]:
    chosen = sorted(sites, key=lambda site: (not site.alerts, -site.mails, site.site, site.vendor))[
        :SHOWN_SITES
    ]
    return sorted(chosen, key=lambda site: (-site.mails, -site.alerts, site.site, site.vendor))


def site_name(site: SiteCount, limit: int) -> str:
    """The service's name or the site, as it is shown."""
    return short(site.vendor or site.site, limit) or "not named"


def draw_sites(sites: Sequence[SiteCount], top: int, name: str, title: str) -> str:
    """Horizontal bars as one SVG element; `top` mails fill the width; "" without sites."""
    if not sites:
        return ""
    parts = [
        (
            f'<svg class="chart" width="100%" height="{len(sites) * _ROW}" role="img" '
            f'aria-labelledby="{name}-title {name}-desc">'
        ),
        f'<title id="{name}-title">{escaped(title)}</title>',
        f'<desc id="{name}-desc">{escaped(_describe(sites))}</desc>',
        patterns(name),
    ]
    for row, site in enumerate(sites):
        y = row * _ROW
        parts.append(f'<text class="name" x="0" y="{y + 13}">{escaped(site_name(site, 34))}</text>')
        number = f"{site.mails:,}{_marked(site)}"
        parts.append(f'<text class="value" x="100%" y="{y + 13}" text-anchor="end">{number}</text>')
        parts += _bars(site, y + 19, top, name)
    parts.append("</svg>")
    return "".join(parts)


def _marked(site: SiteCount) -> str:
    return f'<tspan class="mark" dx="8">▲{site.alerts:,}</tspan>' if site.alerts else ""


def _bars(site: SiteCount, y: float, top: int, name: str) -> list[str]:
    familiar = site.mails if site.vendor else min(site.own, site.mails)
    parts = []
    left = 0.0
    for value, style in ((site.mails - familiar, f'fill="url(#{name}-hatch)" class="stranger"'),
                         (familiar, 'class="known"')):  # fmt: skip
        if value:
            wide = max(value / max(top, 1) * 99, 0.8)
            wide = min(wide, 99.2 - left)
            parts.append(f'<rect {style} x="{left:.2f}%" y="{y}" width="{wide:.2f}%" height="{_BAR}"/>')
            left += wide
    return parts


def _describe(sites: Sequence[SiteCount]) -> str:
    rows = []
    for site in sites:
        text = f"{site_name(site, 60)}: {words.count(site.mails, 'mail')}"
        if site.own:
            text += f", {site.own:,} of them sent by that site itself"
        rows.append(text + (f", {words.count(site.alerts, 'alert')}" if site.alerts else ""))
    return "; ".join(rows) + "."
