"""QR codes that a mail draws itself: with tables, boxes and block characters; and drawings that are none."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tests.observe.code_pictures import WEB, code

SAMPLES = Path(__file__).parents[1] / "samples" / "qr"
_HALVES = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def modules(text: str = WEB) -> list[list[bool]]:
    """The modules of a code with some margin, True for dark."""
    picture = code(text, scale=1)
    return [
        [picture.getpixel((x, y)) == 0 for x in range(2, picture.width - 2)]
        for y in range(2, picture.height - 2)
    ]


def runs(row: list[bool]) -> list[tuple[bool, int]]:
    """The row as runs of one shade."""
    return [(dark, len(list(run))) for dark, run in groupby(row)]


def full_blocks(grid: list[list[bool]], dark: str = "██", light: str = "  ") -> str:
    """Each module two characters wide."""
    return "\n".join("".join(dark if one else light for one in row) for row in grid)


def half_blocks(grid: list[list[bool]]) -> str:
    """Two modules a character, one above the other."""
    grid = [*grid, [False] * len(grid[0])] if len(grid) % 2 else grid
    pairs = zip(grid[::2], grid[1::2], strict=True)
    return "\n".join("".join(_HALVES[pair] for pair in zip(*two, strict=True)) for two in pairs)


def _table(rows: list[str], attributes: str = "") -> str:
    return f"<table cellspacing=0 {attributes}>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def drawn_markup() -> Iterator[tuple[str, str]]:
    """Name and body of mails that draw a code."""
    grid = modules()
    cells = [["#000000" if dark else "#ffffff" for dark in row] for row in grid]
    yield (
        "bgcolor",
        _table(["".join(f"<td width=4 height=4 bgcolor={c}></td>" for c in row) for row in cells]),
    )
    yield "style", _table(["".join(f"<td style='background:{c}'>&nbsp;</td>" for c in row) for row in cells])
    yield (
        "colours",
        _table(
            [
                "".join(f"<td style='background-color:{'navy' if d else 'RGB(250,240,230)'}'>" for d in row)
                for row in grid
            ]
        ),
    )
    yield (
        "dark-cells-alone",
        _table(["".join("<td bgcolor=#123>" if d else "<td>" for d in row) for row in grid]),
    )
    yield (
        "light-cells-alone",
        _table(
            ["".join("<td>" if d else "<td bgcolor=white>" for d in row) for row in grid],
        ).replace("<tr>", "<tr bgcolor=black>"),
    )
    yield (
        "class",
        "<style>td{padding:0} .d, .e{background:#111}</style>"
        + _table(["".join(f"<td class={'d' if d else 'l'}>" for d in row) for row in grid]),
    )
    yield (
        "colspan",
        _table(
            [
                "".join(f"<td colspan={n} bgcolor={'black' if d else 'white'}>" for d, n in runs(row))
                for row in grid
            ]
        ),
    )
    yield (
        "row-tables",
        "".join(
            _table(["".join(f"<td width={5 * n} bgcolor={'#000' if d else '#fff'}>" for d, n in runs(row))])
            for row in grid
        ),
    )
    yield (
        "nested-row-tables",
        _table(
            [
                "<td>" + _table(["".join(f"<td bgcolor={'#000' if d else '#fff'}>" for d in row)]) + "</td>"
                for row in grid
            ]
        ),
    )
    box = "<span style='display:inline-block;width:4px;height:4px;background:{}'></span>"
    yield "spans", "".join("<div>" + "".join(box.format(c) for c in row) + "</div>" for row in cells)
    yield (
        "spans-and-breaks",
        "<p>" + "<br>".join("".join(box.format(c) for c in row) for row in cells) + "</p>",
    )
    yield (
        "flowing",
        "<div style='width:116px'>" + "".join(box.format(c) for row in cells for c in row) + "</div>",
    )
    yield (
        "spaces",
        "<pre>"
        + "\n".join(
            "<div>"
            + "".join(f"<b style='background:{'#000' if d else '#fff'}'>{'  ' * n}</b>" for d, n in runs(row))
            + "</div>"
            for row in grid
        ),
    )
    yield "block-characters", f"<p>Scan</p><pre>{half_blocks(grid)}</pre>"
    yield "block-entities", "<pre>" + full_blocks(grid).replace("█", "&#9608;") + "</pre>"
    yield "no-break-spaces", full_blocks(grid, light="&nbsp;&nbsp;").replace("\n", "<br>")


def drawn_texts() -> Iterator[tuple[str, str]]:
    """Name and text of mails that draw a code."""
    grid = modules()
    yield "full", full_blocks(grid)
    yield "half", half_blocks(grid)
    yield "light-on-dark", half_blocks([[not dark for dark in row] for row in grid])
    yield "squares", full_blocks(grid, "⬛", "⬜")
    yield "shades", full_blocks(grid, "▓▓", "░░")
    yield (
        "cut-lines",
        "Scan this:\n\n" + "\n".join(row.rstrip() for row in full_blocks(grid).split("\n")) + "\n\nbye",
    )


def plain_markup() -> Iterator[tuple[str, str]]:
    """Name and body of mails that draw something else, or a code that holds no address."""
    words = [["#000" if dark else "#fff" for dark in row] for row in modules("Table 12, second floor")]
    yield "words", _table(["".join(f"<td bgcolor={c}>" for c in row) for row in words])
    yield "grid-of-figures", _table(["".join(f"<td bgcolor=#eee>{n * 7}</td>" for n in range(25))] * 25)
    yield (
        "chessboard",
        _table(
            [
                "".join(f"<td bgcolor={'#000' if (x + y) % 2 else '#fff'}>" for x in range(24))
                for y in range(24)
            ]
        ),
    )
    yield "bars", "<pre>" + "\n".join("█" * (n * 7 % 40 + 1) for n in range(40)) + "</pre>"
    yield "small", _table(["".join(f"<td bgcolor={'#000' if x % 2 else '#fff'}>" for x in range(20))] * 20)


def write_samples() -> None:
    """Write the sample mails: python -c 'from tests.observe.drawn_codes import write_samples; write_samples()'."""
    markup, texts, plain = dict(drawn_markup()), dict(drawn_texts()), dict(plain_markup())
    mails = {
        **{f"hit-drawn-{name}": ("html", markup[name]) for name in ("colspan", "class")},
        "hit-drawn-half-blocks-in-markup": ("html", markup["block-characters"]),
        "hit-drawn-half-blocks": ("plain", texts["half"]),
        "hit-drawn-squares": ("plain", texts["squares"]),
        **{f"near-drawn-{name}": ("html", plain[name]) for name in ("words", "chessboard", "bars")},
    }
    for name, (subtype, body) in mails.items():
        head = (
            "From: Paul Renard <p.renard@lettre-du-parc.example>\nTo: Claire Masson <claire.masson@assemblee.example>\n"
            f"Subject: Entry to the spring meeting\nDate: Wed, 12 Mar 2025 08:32:00 +0100\n"
            f"Message-ID: <{name}@lettre-du-parc.example>\nMIME-Version: 1.0\n"
            f"Content-Type: text/{subtype}; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        )
        encoded = base64.encodebytes(body.encode()).decode()
        (SAMPLES / f"{name}.eml").write_text(head + encoded, newline="\n")
