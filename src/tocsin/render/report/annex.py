"""What stands behind the first page for analysts and colleagues: hypotheses, matrix, evidence, mails, method."""

from __future__ import annotations

import re

from tocsin.model.assessment import Assessment, Evidence, Hypothesis
from tocsin.model.judgement import Judgement
from tocsin.render.report.say import Data, day, in_a_row, line, percent
from tocsin.render.report.values import DESK, DETAILED, Case, Line, Section, Table
from tocsin.render.shown import shown

_COLUMNS, _EVIDENCE, _MAILS, _SHARED = 8, 80, 200, 40
_HASHES = 3  # of a piece of evidence
_HASH = 12  # digits of a hash in a row
_SIGN = {
    "strongly-inconsistent": "– –",
    "inconsistent": "–",
    "none": "·",
    "consistent": "+",
    "strongly-consistent": "+ +",
}
_VEILED = re.compile(r"published actor (\d+)")


def annex(case: Case) -> tuple[Section, ...]:
    """The sections behind the first page; () for audiences that get that page alone."""
    if case.audience not in DETAILED:
        return ()
    sections = []
    if case.judgement is not None and case.audience in DESK:
        sections.append(_basis(case, case.judgement))
    if case.assessment is not None and case.assessment.evidence:
        sections += _assessment(case, case.assessment)
    return (*sections, _shared(case), _mails(case), _method(case))


def _basis(case: Case, one: Judgement) -> Section:
    say = case.wording
    points = [line(say, "basis.reasons", basis=one.basis)]
    if one.alternatives:
        points.append(line(say, "basis.alternatives", alternatives=one.alternatives))
    return Section("basis", line(say, "annex.basis"), points=tuple(points))


def _assessment(case: Case, one: Assessment) -> list[Section]:
    say = case.wording
    english = () if say.language == "en" else (line(say, "annex.machine.note"),)
    found = [
        Section(
            "hypotheses",
            line(say, "annex.hypotheses"),
            lines=(line(say, "annex.hypotheses.note"),),
            tables=(_hypotheses(case, one),),
        ),
        Section(
            "matrix",
            line(say, "annex.matrix"),
            lines=(line(say, "annex.matrix.note"),),
            tables=(_matrix(case, one),),
        ),
        _without(case, one),
        Section(
            "evidence",
            line(say, "annex.evidence"),
            lines=(line(say, "annex.evidence.note"), *_held(case), *english),
            tables=(_evidence(case, one),),
        ),
    ]
    machine = (one.because, *one.contradictions, *one.caps, *one.missing, *one.would_change)
    points = tuple(Line(shown(each, 600)) for each in machine if each)
    if points:
        found.append(Section("machine", line(say, "annex.machine"), lines=english, points=points))
    return found


def _held(case: Case) -> tuple[Line, ...]:
    return (line(case.wording, "annex.evidence.held", case.held_back),) if case.held_back else ()


def title_of(case: Case, one: Hypothesis) -> Line:
    """A hypothesis in the report's language."""
    say = case.wording
    if one.id in ("unknown", "criminal", "marketing"):
        return line(say, f"hypothesis.{one.id}")
    veiled = _VEILED.fullmatch(one.title)
    if veiled:
        return line(say, "hypothesis.veiled", number=int(veiled[1]))
    return Line(shown(one.title, 80))


def _hypotheses(case: Case, one: Assessment) -> Table:
    say = case.wording
    rows = []
    for number, each in enumerate(one.hypotheses, 1):
        between = line(say, "and", low=percent(say, each.low), high=percent(say, each.high))
        rows.append(
            (
                Line(str(number)),
                title_of(case, each),
                Line(percent(say, each.probability)),
                Line(between.text),
                Line(f"{each.inconsistency:.1f}"),
                line(say, f"calibration.{each.calibration or 'none'}"),
            )
        )
    keys = ("piece", "hypothesis", "chance", "between", "against", "rests")
    return Table(line(say, "annex.hypotheses"), _head(case, keys), tuple(rows), (1, 5))


def _matrix(case: Case, one: Assessment) -> Table:
    say = case.wording
    columns = one.hypotheses[:_COLUMNS]
    marks = {(cell.evidence, cell.hypothesis): cell.mark for cell in one.cells}
    rows = tuple(
        (
            Line(piece.id),
            says(case, piece, 90),
            *(Line(_SIGN[marks.get((piece.id, each.id), "none")]) for each in columns),
        )
        for piece in one.evidence[:_EVIDENCE]
    )
    head = (*_head(case, ("piece", "says")), *(Line(str(number)) for number in range(1, len(columns) + 1)))
    return Table(line(say, "annex.matrix"), head, rows, (1,))


def _without(case: Case, one: Assessment) -> Section:
    say = case.wording
    titles = {each.id: title_of(case, each) for each in one.hypotheses}
    points = [
        line(
            say,
            "without.leads",
            pieces=Data(in_a_row(say, each.evidence[:6]), 120),
            title=Data(titles[each.leading].text, 80) if each.leading in titles else Data(each.leading),
            share=Data(percent(say, each.probability)),
        )
        for each in one.without
        if each.leading != one.leading or each.level != one.level
    ]
    points.append(line(say, "without.same" if points else "without.none"))
    return Section("without", line(say, "annex.without"), points=tuple(points))


def _evidence(case: Case, one: Assessment) -> Table:
    say = case.wording
    keys = ("piece", "kind", "says", "seen", "grade", "copied", "hashes")
    rows = tuple(_piece(case, each) for each in one.evidence[:_EVIDENCE])
    return Table(line(say, "annex.evidence"), _head(case, keys), rows, (2,))


def _piece(case: Case, one: Evidence) -> tuple[Line, ...]:
    say = case.wording
    hashes = " ".join(place.sha256[:_HASH] for place in one.places[:_HASHES])
    more = f" +{len(one.places) - _HASHES}" if len(one.places) > _HASHES else ""
    return (
        Line(one.id),
        line(say, f"kind.{one.kind}"),
        says(case, one, 300),
        line(say, "seen", mails=one.mails, of=one.of),
        Line(one.grade),
        line(say, f"forgeable.{one.forgeability}"),
        Line(hashes + more),
    )


def says(case: Case, one: Evidence, limit: int) -> Line:
    """What a piece of evidence says, in the report's language where the catalogue has it, else in English."""
    say = case.wording
    key = "evidence.theme" if one.kind == "theme" else f"evidence.{one.value}"
    if say.language == "en" or one.kind not in ("sign", "technique", "theme") or key not in say.texts:
        return Line(shown(one.text, limit))
    return (
        line(say, key, theme=Data(one.value.replace("-", " "), limit))
        if one.kind == "theme"
        else line(say, key)
    )


def _shared(case: Case) -> Section:
    say = case.wording
    rows = dict.fromkeys(
        (
            line(say, f"group.{one.group}"),
            Line(shown(one.value, 200) or "–"),
            line(say, "seen", mails=one.mails, of=len(case.view.mails)),
        )
        for one in case.view.shared[:_SHARED]
        if f"group.{one.group}" in say.texts
        and (case.audience in DESK or one.group in ("call", "road", "form"))
    )
    table = Table(line(say, "annex.shared"), _head(case, ("kind", "value", "seen")), tuple(rows), (1,))
    return Section("shared", line(say, "annex.shared"), tables=(table,) if rows else ())


def _mails(case: Case) -> Section:
    """Hashes and days; subjects, which may name people, at the desk alone."""
    say, desk = case.wording, case.audience in DESK
    first: dict[str, tuple[Line, ...]] = {}
    for one in case.view.mails:
        row = (Line(one.sha256), Line(day(say, one.time_s)))
        first.setdefault(one.sha256, (*row, Line(shown(one.subject, 90))) if desk else row)
    rows = tuple(first.values())
    left = len({one.sha256 for one in case.view.campaign.members}) - min(len(rows), _MAILS)
    keys = ("hash", "came", "subject") if desk else ("hash", "came")
    return Section(
        "mails",
        line(say, "annex.mails"),
        lines=(line(say, "annex.mails.more", left),) if left else (),
        tables=(Table(line(say, "annex.mails"), _head(case, keys), rows[:_MAILS], (2,) if desk else (0,)),),
    )


def _method(case: Case) -> Section:
    say = case.wording
    keys = ("method.hypotheses", "method.against", "method.mail", "method.claims")
    points = [line(say, key) for key in keys]
    if case.assessment is not None:
        one = case.assessment
        points.append(line(say, "method.made", method=Data(one.method, 40), day=day(say, one.made_s)))
    return Section("method", line(say, "annex.method"), points=tuple(points))


def _head(case: Case, keys: tuple[str, ...]) -> tuple[Line, ...]:
    return tuple(line(case.wording, f"col.{key}") for key in keys)
