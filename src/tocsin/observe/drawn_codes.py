"""Codes that a mail draws without a picture: with the cells of tables, coloured boxes or block characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import compress, groupby, islice
from math import isqrt

import msgspec
from turbohtml import Element, Node

from tocsin.observe.css_hiding import rules_in, selectors_of

LEAST_SIDE = 21  # modules of the smallest QR code
MOST_SIDE = 400  # cells: two a module for the largest code, and its margin
MOST_CELLS = 60_000  # elements of one document that are looked at
MOST_CODES = 5  # of one document
MOST_LINES = 5_000
LEAST_REPEATED = 150
_LEAST_CELLS = 200  # a row of a small code has ten runs of one shade or so
_LEAST_RUNS = 4  # of a row
_USUAL_RUNS = 6
_BOXES = ("td", "span", "div", "i", "b", "font", "em", "u", "p", "th", "a", "li")
_MOST_RULES = 40  # that colour boxes
_MOST_SHEET = 100_000

# Each character is two cells wide and two high: which of them are dark, from the upper left to the lower right.
_BLOCKS = {
    **dict.fromkeys(" \u00a0\u2002\u2003\u2007\u3000\u2591\u25a1\u25fb\u2b1c", ("00", "00")),
    **dict.fromkeys("\u2588\u2587\u2593\u25a0\u25fc\u2b1b", ("11", "11")),
    "\u2580": ("11", "00"),
    "\u2584": ("00", "11"),
    "\u258c": ("10", "10"),
    "\u2590": ("01", "01"),
    "\u2596": ("00", "10"),
    "\u2597": ("00", "01"),
    "\u2598": ("10", "00"),
    "\u259d": ("01", "00"),
    "\u2599": ("10", "11"),
    "\u259a": ("10", "01"),
    "\u259b": ("11", "10"),
    "\u259c": ("11", "01"),
    "\u259e": ("01", "10"),
    "\u259f": ("01", "11"),
}
_UPPER = str.maketrans({sign: dark[0] for sign, dark in _BLOCKS.items()})
_LOWER = str.maketrans({sign: dark[1] for sign, dark in _BLOCKS.items()})
_DARK = ("\u2588", "\u2580", "\u2584", "\u2b1b", "\u25a0", "\u25fc", "\u2593", "\u2587")
_LINE = re.compile(f"[{''.join(_BLOCKS)}]++")
_BACKGROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!}]{1,60})")
_COLOUR = re.compile(
    r"#(?:[\da-f]{8}|[\da-f]{6}|[\da-f]{3,4})\b|rgba?\([^)]{1,40}\)|[a-z]{3,20}|[\da-f]{6}\b"
)
_NUMBERS = re.compile(r"\d{1,4}(?:\.\d{1,4})?|\.\d{1,4}")
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{0,4})?")
_WIDTH = re.compile(r"(?<![-\w])width\s*:\s*([\d.]{1,6})\s*(?:px|pt|em)")
# Grey values; what else has a name is between.
_NAMED = {
    "white": 255,
    "black": 0,
    "transparent": 255,
    "none": 255,
    "inherit": 255,
    "initial": 255,
    "snow": 250,
}
_NAMED |= {
    "ivory": 250,
    "navy": 15,
    "darkblue": 15,
    "maroon": 40,
    "indigo": 40,
    "midnightblue": 30,
    "gray": 128,
}
_NAMED |= {
    "whitesmoke": 245,
    "ghostwhite": 248,
    "darkslategray": 69,
    "darkgreen": 60,
    "purple": 50,
    "blue": 29,
}


def codes_in_text(text: str) -> Iterator[str]:
    """Give what block characters draw, if it is large enough for a code.

    That are 11 lines or more of 21 such characters or more, lines that end in white space cut short included.
    Each result is rows of "0" and "1" (dark), joined by line feeds, four cells a character.
    """
    if not any(sign in text for sign in _DARK):
        return
    found = 0
    lines = (line.rstrip("\r\n") for line in text.split("\n", MOST_LINES)[:MOST_LINES])
    for drawn, group in groupby(lines, lambda line: _LINE.fullmatch(line) is not None):
        rows = list(group) if drawn else []
        if len(rows) < (LEAST_SIDE + 1) // 2 or not LEAST_SIDE <= max(map(len, rows)) <= MOST_SIDE:
            continue
        width = max(map(len, rows))
        yield "\n".join(
            half
            for row in rows[:MOST_SIDE]
            for half in (_cells(row, _UPPER, width), _cells(row, _LOWER, width))
        )
        found += 1
        if found == MOST_CODES:
            return


def _cells(row: str, table: dict[int, str], width: int) -> str:
    return row.ljust(width).translate(table)


def codes_in_markup(tree: Node, elements: Sequence[Element], tags: Sequence[str]) -> Iterator[str]:
    """Give what cells or boxes of two colours draw, if it is large enough for a code.

    `elements` are all of the document, `tags` theirs; the caller sees to it that `LEAST_REPEATED` of them follow
    one like them. A row is an element with boxes as its children, 21 cells wide or more; 21 rows of one width that
    follow each other are a drawing, and so are boxes with line breaks between them. Widths (`colspan`, `width`)
    count as so many cells. Rows are as `codes_in_text` gives them.
    """
    for tag in _BOXES:
        count = tags.count(tag)
        if count < _LEAST_CELLS or (tag in ("td", "th") and count < _USUAL_RUNS * tags.count("tr")):
            continue
        colours = _Colours(tree)
        boxes = list(islice(compress(elements, map(tag.__eq__, tags)), MOST_CELLS))
        yield from islice(_grids(boxes, colours), MOST_CODES)


class _Colours:
    """Which grey each box has."""

    def __init__(self, tree: Node) -> None:
        self.ruled: dict[Element, str] = {}
        rules = 0
        for style in tree.select("style"):
            text = style.text
            if "background" not in text or len(text) > _MOST_SHEET:
                continue
            for heads, declarations, always in rules_in(text):
                if always and (match := _BACKGROUND.search(declarations.lower())):
                    for selector in selectors_of(heads):
                        rules += 1
                        if rules > _MOST_RULES:
                            return
                        self.ruled.update(dict.fromkeys(_select(tree, selector), match[1]))

    def of(self, element: Element) -> int | None:
        style = (element.attr("style") or "").lower()
        match = _BACKGROUND.search(style)
        written = match[1] if match else element.attr("bgcolor") or self.ruled.get(element)
        return None if written is None else _grey(written.lower())


def _select(tree: Node, selector: str) -> list[Element]:
    try:
        return tree.select(selector)[:MOST_CELLS]
    except ValueError:
        return []


def _grey(written: str) -> int:
    match = _COLOUR.search(written)
    if match is None:
        return 255
    colour = match[0]
    if colour[:3] == "rgb":
        numbers = [float(number) for number in _NUMBERS.findall(colour)]
        if len(numbers) < 3 or (len(numbers) > 3 and numbers[3] == 0.0):
            return 255  # nothing is seen of it
        return min(255, int(numbers[0] * 299 + numbers[1] * 587 + numbers[2] * 114) // 1000)
    digits = colour.lstrip("#")
    if colour in _NAMED or not set(digits) <= set("0123456789abcdef"):
        return _NAMED.get(colour, 255 if colour.startswith(("light", "pale")) else 128)
    if len(digits) < 6:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
    return (red * 299 + green * 587 + blue * 114) // 1000


class _Row(msgspec.Struct, frozen=True, gc=False):
    """The boxes of one line: width and grey (None: that of what is around it); `by` says what the widths are."""

    by: str
    boxes: tuple[tuple[float, int | None], ...]


def _grids(boxes: list[Element], colours: _Colours) -> Iterator[str]:
    above: dict[Element, list[Element]] = {}
    for box in boxes:
        parent = box.parent
        if isinstance(parent, Element):
            above.setdefault(parent, []).append(box)
    rows: list[_Row] = []
    for parent, children in above.items():
        if len(children) >= _LEAST_RUNS:
            ground = colours.of(parent)
            rows.extend(_row(line, colours, ground) for line in _lines(parent, children))
    units: dict[str, float] = {}
    for row in rows:
        if row.boxes:
            units[row.by] = min(units.get(row.by, MOST_SIDE), *[width for width, _ in row.boxes])
    expanded = [_expanded(row, 1.0 if row.by == "span" else max(units.get(row.by, 1.0), 0.1)) for row in rows]
    for width, group in groupby(expanded, len):
        if LEAST_SIDE <= width <= MOST_SIDE:
            grid = list(islice(group, MOST_SIDE))
            if len(grid) >= LEAST_SIDE and (dark := _dark(grid)):
                yield dark
    for line in expanded:  # boxes that flow: as many lines as columns
        side = isqrt(len(line))
        if side >= LEAST_SIDE and side * side == len(line):
            dark = _dark([line[at : at + side] for at in range(0, len(line), side)])
            if dark:
                yield dark


def _lines(parent: Element, children: list[Element]) -> Iterator[list[Element]]:
    if parent.tag == "tr" or parent.find("br") is None:
        yield children
        return
    line: list[Element] = []
    known = set(children)
    for child in islice(parent.children, 2 * MOST_CELLS):
        if not isinstance(child, Element):
            continue
        if child.tag == "br":
            yield line
            line = []
        elif child in known:
            line.append(child)
    yield line


def _row(boxes: Sequence[Element], colours: _Colours, ground: int | None) -> _Row:
    greys = [ground if (grey := colours.of(box)) is None else grey for box in boxes]
    for by, measure in (("span", _columns), ("width", _width), ("text", _spaces)):
        widths = [measure(box) for box in boxes]
        if (any if by == "span" else all)(widths) and len(set(widths)) > 1:
            return _Row(by, tuple(zip([width or 1.0 for width in widths], greys, strict=True)))
    return _Row("count", tuple([(1.0, grey) for grey in greys]))


def _columns(box: Element) -> float:
    span = box.attr("colspan") or ""
    return float(span) if span.isdecimal() and span.isascii() and len(span) < 4 else 0.0


def _width(box: Element) -> float:
    match = _WIDTH.search((box.attr("style") or "").lower())
    written = match[1] if match else (box.attr("width") or "").removesuffix("px")
    return float(written) if _NUMBER.fullmatch(written) else 0.0


def _spaces(box: Element) -> float:
    text = box.text[: MOST_SIDE + 1]
    return 0.0 if text.strip() else float(len(text))


def _expanded(row: _Row, unit: float) -> list[int | None]:
    line: list[int | None] = []
    for width, grey in row.boxes:
        line.extend([grey] * max(1, min(round(width / unit), MOST_SIDE)))
        if len(line) > MOST_SIDE * MOST_SIDE:
            break
    return line


def _dark(grid: Sequence[Sequence[int | None]]) -> str:
    """Draw the rows in two shades, "" where all is of one."""
    greys = [[255 if grey is None else grey for grey in row] for row in grid]
    least, most = min(map(min, greys)), max(map(max, greys))
    if most - least < 40:
        return ""
    middle = (least + most) // 2
    rows = ["".join(["1" if grey <= middle else "0" for grey in row]) for row in greys]
    # A code changes at every other module or so; tables with a line of colour do not.
    changes = sum(row.count("01") + row.count("10") for row in rows)
    return "\n".join(rows) if changes >= 4 * len(rows) else ""
