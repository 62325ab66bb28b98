"""An assessment on the terminal: the answer, hypotheses, matrix, evidence, limits; judgements and claims apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tocsin.model.assessment import Assessment, Evidence, Hypothesis, Without
from tocsin.render import assessment_words as say
from tocsin.render import words
from tocsin.render.assessment_records import JudgementRecord, QuoteRecord
from tocsin.render.shown import short, shown
from tocsin.render.text import add_row, labelled

_EVIDENCE = 40
_COLUMNS = 8  # of the matrix
_LEAST_SHOWN = 0.01
_CLAIMS = 12
_MARK_STYLE = {
    "strongly-inconsistent": "bold red",
    "inconsistent": "red",
    "consistent": "green",
    "strongly-consistent": "bold green",
}


def render_assessment(
    one: Assessment,
    judgements: Sequence[JudgementRecord],
    claims: Sequence[QuoteRecord],
    *,
    names_shown: bool,
) -> Iterator[RenderableType]:
    """Everything `tocsin attribute` tells of one campaign."""
    if one.exercise:
        yield Text(f" {words.EXERCISE} ", style="reverse")
    yield Text.assemble("\n", ("Who is behind ", "bold"), (f"campaign {one.campaign}", "bold"), ("?", "bold"))
    yield Padding(Text("\n".join(say.answer(one))), (1, 0, 0, 3))
    yield Padding(Text(f"{say.MACHINE} Method {one.method}.", style="dim"), (0, 0, 0, 3))
    if not names_shown and any(each.kind == "actor" for each in one.hypotheses):
        yield Padding(Text(say.VEILED, style="dim"), (0, 0, 0, 3))
    yield Text("\nWhat analysts signed", style="bold")
    yield from _judgements(judgements)
    yield Text("\nWhat others claim (quoted; counts in nothing above)", style="bold")
    yield from _claims(claims)
    if one.evidence:
        yield Text("\nThe hypotheses", style="bold")
        yield Padding(_hypotheses(one), (0, 0, 0, 3))
        yield Text("\nHow the evidence lies to them", style="bold")
        yield Padding(_matrix(one), (0, 0, 0, 3))
        yield Text("\nThe evidence", style="bold")
        for each in one.evidence[:_EVIDENCE]:
            yield Padding(_evidence(each), (0, 0, 0, 3))
        if len(one.evidence) > _EVIDENCE:
            yield Text(f"   and {len(one.evidence) - _EVIDENCE} more: --json lists all", style="dim")
        yield Text("\nWithout single pieces", style="bold")
        yield from map(_bullet, without_sentences(one))
    for title, lines in (
        ("What contradicts itself", one.contradictions),
        ("What held this down", one.caps),
        ("What is missing", one.missing),
        ("What would change it", one.would_change),
    ):
        if lines:
            yield Text(f"\n{title}", style="bold")
            yield from map(_bullet, lines)


def without_sentences(one: Assessment) -> tuple[str, ...]:
    """The answer without each piece of evidence: those that change it, and how far the rest moves it."""
    titles = {each.id: short(each.title, 80) for each in one.hypotheses}
    changed = [each for each in one.without if _changes(one, each)]
    said = [
        f"without {', '.join(each.evidence[:6])}{' …' if len(each.evidence) > 6 else ''}: "
        f"{titles.get(each.leading, each.leading)} leads ({words.percent(each.probability)}), "
        f"{say.LEVEL_TITLE[each.level]}"
        for each in changed
    ]
    same = [each.probability for each in one.without if not _changes(one, each)]
    if same:
        what = "no other piece" if changed else "no single piece"
        low, high = words.percent(min(same)), words.percent(max(same))
        between = low if low == high else f"{low} to {high}"
        leading = titles.get(one.leading, one.leading)
        said.append(f"{what} of evidence changes the answer when left out: {leading} leads with {between}")
    return tuple(said)


def _changes(one: Assessment, each: Without) -> bool:
    return each.leading != one.leading or each.level != one.level


def _judgements(judgements: Sequence[JudgementRecord]) -> Iterator[RenderableType]:
    if not judgements:
        yield _bullet("nobody has signed a judgement on this campaign: tocsin judgements sign")
    for one in judgements:
        table = labelled()
        mark = "" if one.stands else " (does not count)"
        add_row(table, "Judgement", Text(f"{shown(one.title, 120)}: {one.low} to {one.high} %{mark}"))
        add_row(table, "Confidence", Text(one.confidence))
        add_row(table, "Signed", Text(f"by {shown(one.analyst, 80)}, {(one.signed or 'no date')[:10]}"))
        add_row(table, "Basis", Text(shown(one.basis, 600)))
        if one.problem:
            add_row(table, "But", Text(shown(one.problem, 300), style="yellow"))
        yield Padding(table, (0, 0, 0, 3))


def _claims(claims: Sequence[QuoteRecord]) -> Iterator[RenderableType]:
    if not claims:
        yield _bullet("no claim about this campaign is recorded: tocsin claims add, tocsin claims tie")
    for one in claims[:_CLAIMS]:
        answers = f", answering {one.answers}" if one.answers else ""
        yield _bullet(
            f"{shown(one.by, 120)}, {one.said or 'no date given'} ({one.kind}{answers}): “{shown(one.words, 400)}” "
            f"[{shown(one.source, 160)}]"
        )
    if len(claims) > _CLAIMS:
        yield _bullet(f"and {words.count(len(claims) - _CLAIMS, 'more claim')}: --json lists all")


def _hypotheses(one: Assessment) -> RenderableType:
    listed, rest = _listed(one)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for title in ("chance", "between", "against it"):
        table.add_column(title, justify="right", no_wrap=True)
    for number, each in enumerate(listed, 1):
        leads = each.id == one.leading
        mark = "" if each.calibration else " *"
        table.add_row(
            f"{number}.",
            Text(short(each.title, 80), style="bold" if leads else ""),
            f"{words.percent(each.probability)}{mark}",
            f"{words.percent(each.low)} and {words.percent(each.high)}",
            f"{each.inconsistency:.1f}",
        )
    notes = [
        Text(
            "* not calibrated: it rests on stated assumptions, and the interval on varying them", style="dim"
        )
    ]
    notes += [
        Text(f"{say.CALIBRATED[kind]}: {', '.join(short(each.title, 80) for each in some)}", style="dim")
        for kind, some in _by_calibration(listed).items()
    ]
    if rest:
        some = ", ".join(short(each.title, 40) for each in rest[:8]) + (" …" if len(rest) > 8 else "")
        notes.append(Text(f"under 1 % each: {some}", style="dim"))
    return Group(table, *notes)


def _listed(one: Assessment) -> tuple[list[Hypothesis], list[Hypothesis]]:
    """Hypotheses worth a row: those always weighed, and actors of 1 % or more; and the rest."""
    listed = [each for each in one.hypotheses if each.kind != "actor" or each.high >= _LEAST_SHOWN][:_COLUMNS]
    return listed, [each for each in one.hypotheses if each not in listed]


def _by_calibration(hypotheses: Sequence[Hypothesis]) -> dict[str, list[Hypothesis]]:
    found: dict[str, list[Hypothesis]] = {}
    for each in hypotheses:
        if each.calibration:
            found.setdefault(each.calibration, []).append(each)
    return found


def _matrix(one: Assessment) -> RenderableType:
    columns, _ = _listed(one)
    cells = {(cell.evidence, cell.hypothesis): cell for cell in one.cells}
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    table.add_column("", no_wrap=True)
    for number in range(1, len(columns) + 1):
        table.add_column(f"{number}.", justify="center", no_wrap=True)
    table.add_column("", overflow="fold")
    silent = []
    for piece in one.evidence[:_EVIDENCE]:
        marks = [
            cells[piece.id, each.id].mark if (piece.id, each.id) in cells else "none" for each in columns
        ]
        if set(marks) == {"none"}:
            silent.append(piece.id)
            continue
        row = [Text(say.MARK_SIGN[mark], style=_MARK_STYLE.get(mark, "dim")) for mark in marks]
        table.add_row(Text(piece.id), *row, Text(short(piece.text, 60), style="dim"))
    note = Text(f"tells nothing between them: {', '.join(silent)}" if silent else "", style="dim")
    return Group(table, Text("+ fits, – speaks against, doubled: strongly", style="dim"), note)


def _evidence(one: Evidence) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=4)
    table.add_column(overflow="fold")
    table.add_row(
        Text(one.id),
        Text(f"{say.KIND_TITLE[one.kind]}: {say.evidence_sentence(one, said=shown(one.text, 400))}"),
    )
    if one.places:
        first = one.places[0]
        where = f", {words.where(shown(first.where, 80))}" if first.where not in ("", "mail") else ""
        more = f", and {words.count(len(one.places) - 1, 'more mail')}" if len(one.places) > 1 else ""
        table.add_row(Text(""), Text(f"{first.sha256[:8]}{where}{more}", style="dim"))
    return table


def _bullet(text: str) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_row(Text("   •"), Text(shown(text, 1_200)))
    return table
