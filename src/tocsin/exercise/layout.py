"""Whole HTML documents: the layouts that mail of each kind comes in."""

from __future__ import annotations

import html
import random

import msgspec

from tocsin.exercise.beacon import Fragment
from tocsin.exercise.page import Look

_FONTS = (
    "Arial,Helvetica,sans-serif",
    "Georgia,'Times New Roman',serif",
    "Verdana,Geneva,sans-serif",
    "'Segoe UI',Tahoma,sans-serif",
    "Calibri,Arial,sans-serif",
    "'Trebuchet MS',sans-serif",
)
_COLOURS = ("#1155cc", "#0b5394", "#a61c00", "#38761d", "#674ea7", "#b45f06", "#222222")
_PAPERS = ("#ffffff", "#f4f4f4", "#fafafa", "#eef2f5", "#f7f3ec")
_PLAIN_PARAGRAPHS = ("div", "p", 'p class="MsoNormal"', 'div dir="auto"')
_STYLED_PARAGRAPHS = ("p", "p", 'p style="margin:0 0 14px"')

_LETTER = """\
{opening}<body style="{style}">{preheader}<div{attributes}>{top}
{inner}
{pictures}</div>{footer}{end}</body></html>
"""
_ARTICLE = """\
{opening}<body style="margin:0;background:{paper};{style}">{preheader}
<div style="max-width:{width}px;margin:0 auto;background:#fff;padding:18px"><div{attributes}>{top}{masthead}
{inner}
{pictures}</div>{footer}</div>{end}</body></html>
"""
_CARD = """\
{opening}<body bgcolor="{paper}">{top}<center><table width="{width}" cellpadding="12" border="0">
<tr><td style="background:{colour};color:#fff;{style}"><b>{title}</b></td></tr>
<tr><td style="{style}"><div{attributes}>{masthead}{inner}</div></td></tr><tr><td>{pictures}</td></tr>
<tr><td style="font-size:11px;color:#777">{footer}</td></tr></table></center>{end}</body></html>
"""
_RECEIPT = """\
{opening}<body style="{style};color:#333">{top}
<table role="presentation" align="center" width="{width}" cellpadding="8" style="border:1px solid #ddd">
<tr><td>{banner}</td></tr><tr><td{attributes}>{inner}</td></tr></table>{pictures}{footer}{end}</body></html>
"""
_NEWSLETTER = """\
{opening}<body style="margin:0;padding:0;background-color:{paper}">{preheader}{top}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">
<table width="{width}" cellpadding="0" cellspacing="0" style="background:#ffffff;{style}">
<tr><td align="center" style="padding:20px">{banner}</td></tr>
<tr><td style="padding:16px 24px"><div{attributes}>{inner}</div></td></tr>
{cells}<tr><td style="padding:20px;font-size:11px;color:#888888;text-align:center">{footer}</td></tr></table>
</td></tr></table>{end}</body></html>
"""
_LAYOUTS = {
    "letter": _LETTER,
    "article": _ARTICLE,
    "card": _CARD,
    "receipt": _RECEIPT,
    "newsletter": _NEWSLETTER,
}


class Furniture(msgspec.Struct, frozen=True):
    """What stands around the prose: title and preheader as text, pictures and footer as HTML."""

    title: str
    masthead: str = ""
    preheader: str = ""
    footer: str = ""
    decorations: tuple[str, ...] = ()


def look(rng: random.Random, layout: str) -> Look:
    """A house style drawn from the stream; keep the stream to the sender and the style stays."""
    plain = layout in ("bare", "letter")
    return Look(
        font=rng.choice(_FONTS),
        colour="" if layout == "bare" else rng.choice(_COLOURS),
        paper=rng.choice(_PAPERS),
        width=rng.choice((520, 560, 600, 640)),
        heading=rng.choice(("h3", "b") if plain else ("h1", "h2", "h3")),
        paragraph=rng.choice(_PLAIN_PARAGRAPHS if plain else _STYLED_PARAGRAPHS),
        size=rng.choice((13, 14, 15, 16)),
    )


def document(
    layout: str,
    inner: str,
    furniture: Furniture,
    house: Look,
    beacons: tuple[Fragment, ...],
    rng: random.Random,
) -> str:
    """The HTML document of this layout around `inner`, with the beacons' fragments where they belong."""
    head = "".join(b.head for b in beacons)
    top = "".join(b.top for b in beacons)
    end = "".join(b.end for b in beacons)
    attributes = "".join(b.attributes for b in beacons)
    if rng.random() < 0.3:
        top, end = top + (end if "<img" in end else ""), "" if "<img" in end else end
    style = f"font-family:{house.font};font-size:{house.size}px"
    if layout == "bare":
        wrapper = f"<div{attributes}>" if attributes else rng.choice(('<div dir="ltr">', "<div>"))
        if not head and rng.random() < 0.5:
            return f"{wrapper}{top}{inner}</div>{furniture.footer}{end}\n"
        meta = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        inside = f"{wrapper}{top}{inner}</div>{furniture.footer}{end}"
        return f"<html><head>{meta}{head}</head><body>{inside}</body></html>\n"
    title = html.escape(furniture.title)
    named = "" if layout == "letter" else f"<title>{title}</title>"
    cell = '<tr><td align="center" style="padding:10px">{}</td></tr>\n'
    return _LAYOUTS[layout].format(
        opening=f'<!DOCTYPE html>\n<html><head><meta charset="utf-8">{named}{head}</head>\n',
        style=style,
        preheader=_preheader(furniture),
        attributes=attributes,
        top=top,
        inner=inner,
        end=end,
        footer=furniture.footer,
        paper=house.paper,
        width=house.width,
        colour=house.colour,
        title=title,
        masthead=furniture.masthead,
        banner=furniture.masthead or title,
        pictures="\n".join(furniture.decorations),
        cells="".join(cell.format(picture) for picture in furniture.decorations),
    )


def _preheader(furniture: Furniture) -> str:
    if not furniture.preheader:
        return ""
    text = html.escape(furniture.preheader)
    hidden = "display:none;max-height:0;overflow:hidden;mso-hide:all"
    return f'<div style="{hidden}">{text}&#8203;&nbsp;&#8203;&nbsp;</div>'
