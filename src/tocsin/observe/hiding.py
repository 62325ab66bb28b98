"""Whether a person can see an element, by its attributes and one style."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

_NUMERIC = re.compile(  # on styles without white space
    r"opacity:0*\.?0*(?:[;!]|$)|max-(?:height|width):0*\.?0*(?:px|pt|em)?(?:[;!]|$)"
    r"|(?:left|top|right|bottom|text-indent|margin-left|margin-top):-\d{3,}"
    r"|clip:rect\(0|transform:[^;]{0,100}scale\(0[,)]"
)
_SIZE = re.compile(r"(?:^|[;\s{])(width|height)\s*:\s*(-?[\d.]+)\s*(px|pt|em|rem|in|cm|mm|%)?")
_LEADING_NUMBER = re.compile(r"\s*\+?(\d+(?:\.\d*)?|\.\d+)\s*(%)?")
_SEEN_AT_MOST_PX = 2.0
_PX = {None: 1.0, "px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78}


def conceals(style: str) -> bool:
    """Tell whether an inline style (lower-case) takes the element and all that is in it out of sight."""
    if not (
        "none" in style
        or "hid" in style
        or "opacity" in style
        or "max-" in style
        or "-9" in style
        or ":-" in style
        or ": -" in style
        or "(0" in style
        or "collapse" in style
    ):
        return False  # most styles
    compact = "".join(style.split())
    if (
        "display:none" in compact
        or "visibility:hidden" in compact
        or "visibility:collapse" in compact
        or "mso-hide:all" in compact
    ):
        return True
    if (
        "opacity:0" in compact
        or "-height:0" in compact
        or "-width:0" in compact
        or ":-" in compact
        or "(0" in compact
    ) and _NUMERIC.search(compact):
        return True
    if "overflow" in style and "hidden" in style:
        return any(size == 0.0 for size in _style_sizes(style).values())
    return False


def is_small(style: str) -> bool:
    """Tell whether a style (lower-case) makes one side of a picture too small for a person to notice."""
    return ("width" in style or "height" in style) and any(
        size <= _SEEN_AT_MOST_PX for size in _style_sizes(style).values()
    )


def is_unseen(attributes: Mapping[str, str]) -> bool:
    """Tell whether a picture or frame with these attributes is drawn too small for a person to notice.

    Unseen is: one side zero, or both sides at most 2 pixels, or one side at most 2 pixels and the other not
    given. A line of 600 by 1 is seen. Inline style outranks the `width` and `height` attributes, as in
    browsers.
    """
    if "hidden" in attributes:
        return True
    width, height, style = attributes.get("width"), attributes.get("height"), attributes.get("style")
    if not width and not height and not style:
        return False
    if len(style or "") < _WORTH_KEEPING:
        return _known(width, height, style)
    return _is_unseen(width, height, style)


def _is_unseen(width: str | None, height: str | None, style: str | None) -> bool:
    sizes: dict[str, float] = {}
    for side, value in (("width", width), ("height", height)):
        if not value:
            continue
        if value.isdecimal() and value.isascii():
            sizes[side] = float(value)
        elif (number := _LEADING_NUMBER.match(value)) and (not number[2] or float(number[1]) == 0):
            sizes[side] = float(number[1])
    if style:
        lowered = style.lower()
        if conceals(lowered):
            return True
        if "width" in lowered or "height" in lowered:
            sizes |= _style_sizes(lowered)
    if not sizes:
        return False
    return 0.0 in sizes.values() or max(sizes.values()) <= _SEEN_AT_MOST_PX


_WORTH_KEEPING = 500  # characters of a style: pictures of one newsletter share theirs
_known = lru_cache(maxsize=4096)(_is_unseen)


def _style_sizes(style: str) -> dict[str, float]:
    """Give width and height in CSS pixels where the style states them absolutely (or as zero)."""
    sizes: dict[str, float] = {}
    for side, number, unit in _SIZE.findall(style):
        try:
            value = float(number)
        except ValueError:  # "1.2.3"
            continue
        if unit == "%" and value != 0:
            sizes[side] = float("inf")
        else:
            sizes[side] = value * _PX.get(unit or None, 1.0)
    return sizes
