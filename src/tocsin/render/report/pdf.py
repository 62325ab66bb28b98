"""A report as data for the layout in data/report.typ; texts are handed over as data and never as markup."""

from __future__ import annotations

from typing import Any

import msgspec

from tocsin.render.report.values import Line, Quote, Report, Section, Table

# Who stands beside whom on the first page; what is not named has a row of its own.
_ROWS = (("reached", "who"), ("time", "links"), ("limits", "next"))
_STYLE = (
    "<style>text{font-family:'Libertinus Serif'}.bar{fill:#9c3210}.base{stroke:#575e68;stroke-width:.8}"
    ".grid{stroke:#dedbd3;stroke-width:.8}.axis{font-size:10.5px;fill:#575e68}.name{font-size:11px;fill:#1d2126}"
    ".head{font-size:11px;fill:#1d2126;font-weight:bold}.count{font-size:10.5px;fill:#1d2126}"
    ".inside{font-size:10.5px;fill:#fff;font-weight:bold}.dot{fill:#575e68}"
    ".tie{fill:none;stroke:#7d8894;stroke-opacity:.6}.mark{fill:#fff;stroke:#1d2126;stroke-width:1.1}</style>"
)


def layout_data(report: Report, *, annex: bool = True) -> bytes:
    """The report as JSON for the layout; without `annex` the first page alone."""
    return msgspec.json.encode(
        {
            "language": report.language,
            "made": [int(part) for part in report.day.split("-")],
            "mark": report.mark.text if report.mark else "",
            "eyebrow": report.eyebrow.text,
            "title": report.title.text,
            "front": [[_section(one) for one in row] for row in _rows(report.front)],
            "annex": [_section(one) for one in report.annex] if annex else [],
            "footer": _texts(report.footer),
        }
    )


def _rows(sections: tuple[Section, ...]) -> list[list[Section]]:
    rows: list[list[Section]] = []
    for one in sections:
        beside = next((pair for pair in _ROWS if one.id in pair), None)
        if beside and rows and rows[-1][-1].id in beside and len(rows[-1]) < len(beside):
            rows[-1].append(one)
        else:
            rows.append([one])
    return rows


def _section(one: Section) -> dict[str, Any]:
    return {
        "title": one.title.text,
        "strong": _texts(one.strong),
        "lines": _texts(one.lines),
        "points": _texts(one.points),
        "numbered": bool(one.picture),
        "quotes": [_quote(each) for each in one.quotes],
        "tables": [_table(each) for each in one.tables],
        "picture": one.picture.replace("</title>", f"</title>{_STYLE}", 1),
        "described": one.described.text if one.described else "",
    }


def _quote(one: Quote) -> dict[str, Any]:
    return {
        "intro": one.intro.text,
        "words": one.words,
        "language": one.language if one.language.isalpha() and len(one.language) in (2, 3) else "",
        "translation": one.translation.text if one.translation else "",
        "notes": _texts(one.notes),
        "answers": [_quote(each) for each in one.answers],
    }


def _table(one: Table) -> dict[str, Any]:
    return {
        "caption": one.caption.text,
        "columns": [2 if place in one.wide else 0 for place in range(len(one.head))],
        "head": _texts(one.head),
        "rows": [_texts(row) for row in one.rows],
    }


def _texts(lines: tuple[Line, ...]) -> list[str]:
    return [one.text for one in lines]
