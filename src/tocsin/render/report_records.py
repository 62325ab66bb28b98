"""A report as one JSON object; the schema is in docs/schemas."""

from __future__ import annotations

import msgspec

from tocsin.mail.plain_json import plain_json
from tocsin.render.records import rfc3339
from tocsin.render.report.values import Line, Quote, Report, Section, Table

REPORT_SCHEMA = "tocsin.report/1"


class QuotedRecord(msgspec.Struct, frozen=True):
    """A claim as it is quoted: `intro` says who and when, `words` stand in quotation marks, `answers` below it."""

    intro: str
    words: str
    language: str
    translation: str
    notes: tuple[str, ...]
    answers: tuple[QuotedRecord, ...]


class TableRecord(msgspec.Struct, frozen=True):
    """A table: its caption, the head and rows, all as text."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class SectionRecord(msgspec.Struct, frozen=True):
    """One heading and what stands under it; `lines` carries it, `points` are listed, `picture` is told in words."""

    id: str
    title: str
    lines: tuple[str, ...]
    points: tuple[str, ...]
    quotes: tuple[QuotedRecord, ...]
    tables: tuple[TableRecord, ...]
    picture: str


class ReportRecord(msgspec.Struct, frozen=True):
    """A report on one campaign for one audience: texts as people read them, hosts defanged.

    `judgement` is the id of the standing judgement that bounds it, null where none is signed; `claims` are ids of
    what it may quote. `front` is the page for decision-makers, `annex` what stands behind it.
    """

    schema: str
    campaign: str
    audience: str
    language: str
    made: str | None
    exercise: bool
    judgement: str | None
    claims: tuple[str, ...]
    title: str
    front: tuple[SectionRecord, ...]
    annex: tuple[SectionRecord, ...]


def report_line(report: Report) -> bytes:
    """The record as one line."""
    record = ReportRecord(
        REPORT_SCHEMA,
        report.campaign,
        report.audience,
        report.language,
        rfc3339(report.made_s),
        report.mark is not None,
        report.judgement or None,
        report.claims,
        report.title.text,
        tuple(map(_section, report.front)),
        tuple(map(_section, report.annex)),
    )
    return plain_json(record) + b"\n"


def _section(one: Section) -> SectionRecord:
    return SectionRecord(
        one.id,
        one.title.text,
        _texts((*one.strong, *one.lines)),
        _texts(one.points),
        tuple(map(_quote, one.quotes)),
        tuple(map(_table, one.tables)),
        one.described.text if one.described is not None else "",
    )


def _quote(one: Quote) -> QuotedRecord:
    translation = one.translation.text if one.translation is not None else ""
    answers = tuple(map(_quote, one.answers))
    return QuotedRecord(one.intro.text, one.words, one.language, translation, _texts(one.notes), answers)


def _table(one: Table) -> TableRecord:
    return TableRecord(one.caption.text, _texts(one.head), tuple(map(_texts, one.rows)))


def _texts(lines: tuple[Line, ...]) -> tuple[str, ...]:
    return tuple(one.text for one in lines)
