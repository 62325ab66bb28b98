"""Whole HTML documents: the layouts that mail of each kind comes in."""

from __future__ import annotations

import html
import random

import msgspec

from tocsin.exercise.beacon import Fragment
from tocsin.exercise.page import Look

_FONTS = ("Arial,Helvetica,sans-serif", "Georgia,'Times New Roman',serif", "Verdana,Geneva,sans-serif",
          "'Segoe UI',Tahoma,sans-serif", "Calibri,Arial,sans-serif", "'Trebuchet MS',sans-serif")  # fmt: skip
_COLOURS = ("#1155cc", "#0b5394", "#a61c00", "#38761d", "#674ea7", "#b45f06", "#222222")
_PAPERS = ("#ffffff", "#f4f4f4", "#fafafa", "#eef2f5", "#f7f3ec")


class Furniture(msgspec.Struct, frozen=True):
    """What stands around the prose: name on the masthead, its pictures, the preheader and the footer, as HTML."""

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
        paragraph=rng.choice(("div", "p", 'p class="MsoNormal"', 'div dir="auto"') if plain else ("p", "p", 'p style="margin:0 0 14px"')),
        size=rng.choice((13, 14, 15, 16)),
        sections=rng.choice(("table", "div")),
    )  # fmt: skip


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
        return f"<html><head>{meta}{head}</head><body>{wrapper}{top}{inner}</div>{furniture.footer}{end}</body></html>\n"
    opening = f'<!DOCTYPE html>\n<html><head><meta charset="utf-8">{_title(furniture, layout)}{head}</head>\n'
    if layout == "letter":
        return (
            f'{opening}<body style="{style}">{_preheader(furniture)}<div{attributes}>{top}\n{inner}\n</div>'
            f"{furniture.footer}{end}</body></html>\n"
        )
    pictures = "\n".join(furniture.decorations)
    if layout == "article":
        return (
            f'{opening}<body style="margin:0;background:{house.paper};{style}">{_preheader(furniture)}'
            f'<div style="max-width:{house.width}px;margin:0 auto;background:#fff;padding:18px"><div{attributes}>{top}'
            f"{furniture.masthead}\n{inner}\n{pictures}</div>{furniture.footer}</div>{end}</body></html>\n"
        )
    if layout == "card":
        return (
            f'{opening}<body bgcolor="{house.paper}">{top}<center><table width="{house.width}" cellpadding="12" border="0">'
            f'<tr><td style="background:{house.colour};color:#fff;{style}"><b>{html.escape(furniture.title)}</b></td></tr>'
            f'<tr><td style="{style}"><div{attributes}>{furniture.masthead}{inner}</div></td></tr><tr><td>{pictures}</td></tr>'
            f'<tr><td style="font-size:11px;color:#777">{furniture.footer}</td></tr></table></center>{end}</body></html>\n'
        )
    if layout == "receipt":
        return (
            f'{opening}<body style="{style};color:#333">{top}<table role="presentation" align="center" width="{house.width}" '
            f'cellspacing="0" cellpadding="8" style="border:1px solid #ddd"><tr><td>{furniture.masthead or html.escape(furniture.title)}'
            f"</td></tr><tr><td{attributes}>{inner}</td></tr></table>{pictures}{furniture.footer}{end}</body></html>\n"
        )
    cells = "".join(
        f'<tr><td align="center" style="padding:10px">{picture}</td></tr>\n'
        for picture in furniture.decorations
    )
    return (
        f'{opening}<body style="margin:0;padding:0;background-color:{house.paper}">{_preheader(furniture)}{top}'
        f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center">'
        f'<table width="{house.width}" cellpadding="0" cellspacing="0" style="background:#ffffff;{style}">\n'
        f'<tr><td align="center" style="padding:20px">{furniture.masthead or html.escape(furniture.title)}</td></tr>\n'
        f'<tr><td style="padding:16px 24px"><div{attributes}>{inner}</div></td></tr>\n{cells}'
        f'<tr><td style="padding:20px;font-size:11px;color:#888888;text-align:center">{furniture.footer}</td></tr></table>'
        f"</td></tr></table>{end}</body></html>\n"
    )


def _title(furniture: Furniture, layout: str) -> str:
    return "" if layout == "letter" else f"<title>{html.escape(furniture.title)}</title>"


def _preheader(furniture: Furniture) -> str:
    if not furniture.preheader:
        return ""
    text = html.escape(furniture.preheader)
    return f'<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">{text}&#8203;&nbsp;&#8203;&nbsp;</div>'
