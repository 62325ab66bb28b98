"""The named beacon styles: where a style puts its reference in the page."""

from __future__ import annotations

import html
import random

import msgspec


class Fragment(msgspec.Struct, frozen=True):
    """What one beacon adds: to the head, to the body's top and end, and as attributes of the container."""

    head: str = ""
    top: str = ""
    end: str = ""
    attributes: str = ""


_PIXELS = (
    '<img src="{u}" width="1" height="1" alt="">',
    '<img src="{u}" alt="" width="1" height="1" border="0" style="height:1px!important;width:1px!important">',
    '<img border="0" height="1" width="1" src="{u}" alt="" style="display:none">',
    '<div style="line-height:1px;font-size:1px"><img alt="" src="{u}" width="1" height="1"></div>',
    '<img src="{u}" style="width:1px;height:1px;" />',
    "<img src='{u}' height=1 width=1>",
    '<p><img src="{u}" width="0" height="0" alt="" aria-hidden="true"></p>',
)
_HIDDEN = (
    '<img src="{u}" alt="" style="opacity:0;width:2px;height:2px;position:absolute">',
    '<div style="display:none;max-height:0;overflow:hidden"><img src="{u}" alt=""></div>',
    '<img src="{u}" alt="" style="max-height:0;max-width:0;visibility:hidden">',
    '<span style="font-size:0"><img src="{u}" width="3" height="1" alt=""></span>',
)


def fragment(style: str, url: str, rng: random.Random) -> Fragment:
    """The markup of one beacon style for this URL; `rng` picks among ways to write it.

    `receipt` adds nothing here, being a header; `cid-logo` leaves `{cid}` for the part's identifier. Raises
    KeyError for an unknown style.
    """
    u = html.escape(url, quote=True)
    if style == "pixel":
        return Fragment(end=rng.choice(_PIXELS).format(u=u))
    if style == "hidden-picture":
        return Fragment(end=rng.choice(_HIDDEN).format(u=u))
    name = rng.choice(("wrap", "frame", "sheet", "panel", "shell")) + str(rng.randrange(2, 90))
    width = rng.choice((480, 560, 600, 640))
    table = {
        "picture": Fragment(top=f'<p><img src="{u}" width="{width}" alt="" style="max-width:100%"></p>'),
        "logo": Fragment(
            end=f'<p><img src="{u}" width="{width // 5}" height="{width // 14}" alt="logo"></p>'
        ),
        "background-attribute": Fragment(
            top=f'<table width="100%" cellpadding="0" background="{u}"><tr><td height="4"></td></tr></table>'
        ),
        "css-background": Fragment(
            attributes=f" style=\"background-image:url('{u}');background-repeat:no-repeat\""
        ),
        "css-import": Fragment(head=f'<style type="text/css">@import url("{url}");</style>'),
        "css-font": Fragment(
            head=f"<style>@font-face{{font-family:'{name}';src:url('{url}') format('woff2')}}"
            f"body,td,p{{font-family:'{name}',Georgia,serif}}</style>"
        ),
        "css-escaped": Fragment(
            head=f'<style>#{name}{{width:1px;height:1px;background:\\75\\72\\6c("{url}") no-repeat}}</style>',
            end=f'<div id="{name}"></div>',
        ),
        "css-list": Fragment(
            end=f'<ul style="list-style-image:url({u});margin:0;padding:0 0 0 8px"><li></li></ul>'
        ),
        "css-link": Fragment(head=f'<link rel="stylesheet" type="text/css" href="{u}">'),
        "srcset": Fragment(end=f'<img srcset="{u} 1x, {u}&amp;d=2 2x" alt="" width="1">'),
        "picture-source": Fragment(
            end=f'<picture><source media="(min-width:1px)" srcset="{u}"><img alt="" width="1"></picture>'
        ),
        "svg": Fragment(end=f'<svg width="1" height="1"><image href="{u}" width="1" height="1"/></svg>'),
        "receipt": Fragment(),
        "cid-logo": Fragment(end='<p><img src="cid:{cid}" width="120" height="40" alt="logo"></p>'),
    }
    return table[style]
