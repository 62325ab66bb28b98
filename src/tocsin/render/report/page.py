"""A report as one HTML page that stands alone: no script, nothing loaded, no way to a host that a mail names."""

from __future__ import annotations

from tocsin.render.report.values import Line, Quote, Report, Section, Table
from tocsin.render.shown import escaped
from tocsin.render.style import POLICY, STYLE

# How every report begins, in whichever language: by it an earlier one is told from other people's files.
REPORT_START = '<!DOCTYPE html>\n<!-- A report of Tocsin on a campaign -->\n<html lang="'
_STYLE = """
main{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:0 2.5rem}
section{margin-top:2.25rem;min-width:0}
section.whole{grid-column:1/-1}
h2{margin-bottom:.6rem}
.strong{font-weight:650;font-size:1.05rem}
section p+p,section ul,.quote{margin-top:.6rem}
.quote{padding-left:.9rem;border-left:3px solid var(--line)}
.quote .quote{border:0;padding-left:0}
.quote q{font-style:italic;quotes:none}
.quote small{display:block;color:var(--soft)}
.drawn{display:block;width:100%;height:auto;
font:11px/1 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
.drawn .bar{fill:var(--accent)}
.drawn .name,.drawn .head{fill:var(--ink);font-size:11px}
.drawn .head{font-weight:650}
.drawn .axis{font-size:10.5px}
.drawn .count{fill:var(--ink);font-size:10.5px}
.drawn .inside{fill:var(--card);font-weight:650;font-size:10.5px}
.drawn .dot{fill:var(--soft)}
.drawn .tie{fill:none;stroke:var(--known);stroke-opacity:.6}
.drawn .mark{fill:var(--card);stroke:var(--ink);stroke-width:1.1;font-weight:400}
.drawn+p,.drawn+ol{margin-top:.5rem}
.told{list-style:none;font-size:.9rem}
td{overflow-wrap:anywhere}
.scroll th:first-child,.scroll td:nth-child(2){min-width:2.5rem}
@media print{section{break-inside:avoid}section.annex{break-inside:auto}}
"""
_WHOLE = frozenset({"happened", "summary", "claims"})


def render_report_page(report: Report) -> str:
    """The whole page as HTML 5; every text is escaped, and isolated in direction where others wrote it."""
    mark = f'<p class="exercise">{escaped(report.mark.text)}</p>\n' if report.mark else ""
    title = f"{report.mark.text}: {report.title.text}" if report.mark else report.title.text
    front = "".join(_section(one, "whole" if one.id in _WHOLE else "") for one in report.front)
    annex = "".join(_section(one, "whole annex") for one in report.annex)
    footer = "".join(f"<p>{escaped(one.text)}</p>" for one in report.footer)
    return (
        f'{REPORT_START}{escaped(report.language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex, nofollow, noarchive">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escaped(title)}</title>\n<style>{STYLE}{_STYLE}</style>\n</head>\n<body>\n"
        f'<header>{mark}<p class="brand"><strong>Tocsin</strong> · {escaped(report.eyebrow.text)}</p></header>\n'
        f'<div class="alarm"><h1>{escaped(report.title.text)}</h1></div>\n<main id="main">\n{front}{annex}</main>\n'
        f"<footer>{footer}{mark}</footer>\n</body>\n</html>\n"
    )


def _section(one: Section, kind: str) -> str:
    name = f"head-{one.id}"
    parts = [
        f'<section class="{kind}" aria-labelledby="{name}"><h2 id="{name}">{escaped(one.title.text)}</h2>'
    ]
    parts += [f'<p class="strong">{escaped(each.text)}</p>' for each in one.strong]
    if one.lines:
        parts.append(f"<p>{' '.join(f'<bdi>{escaped(each.text)}</bdi>' for each in one.lines)}</p>")
    parts += [_quote(each) for each in one.quotes]
    parts.append(one.picture)
    if one.points:
        kind = "told" if one.picture else "dots"
        parts.append(f'<ul class="{kind}">{"".join(map(_point, one.points))}</ul>')
    parts += [_table(each) for each in one.tables]
    return "".join((*parts, "</section>\n"))


def _point(one: Line) -> str:
    return f"<li><bdi>{escaped(one.text)}</bdi></li>"


def _quote(one: Quote) -> str:
    words = ""
    if one.words:
        language = f' lang="{one.language}"' if one.language.isalpha() and len(one.language) in (2, 3) else ""
        words = f" <q{language}><bdi>{escaped(one.words)}</bdi></q>"
    translation = f"<br><bdi>{escaped(one.translation.text)}</bdi>" if one.translation else ""
    notes = (
        f"<small><bdi>{escaped('; '.join(each.text for each in one.notes))}</bdi></small>"
        if one.notes
        else ""
    )
    answers = "".join(map(_quote, one.answers))
    return (
        f'<div class="quote"><bdi>{escaped(one.intro.text)}</bdi>{words}{translation}{notes}{answers}</div>'
    )


def _table(one: Table) -> str:
    head = "".join(f'<th scope="col">{escaped(each.text)}</th>' for each in one.head)
    rows = "".join(
        f"<tr>{''.join(f'<td><bdi>{escaped(each.text)}</bdi></td>' for each in row)}</tr>" for row in one.rows
    )
    return (
        f'<div class="scroll" role="region" aria-label="{escaped(one.caption.text)}" tabindex="0"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
