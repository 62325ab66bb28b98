"""What a report says, before it is drawn: sections of lines, quotes, tables and pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from tocsin.model.assessment import Assessment
from tocsin.model.campaign_view import View
from tocsin.model.claim import Claim
from tocsin.model.judgement import Judgement
from tocsin.model.wording import Wording

AUDIENCES = ("target", "press", "minister", "peer", "analyst")
DESK = ("analyst",)  # who sees the machine's hypotheses by name
DETAILED = ("peer", "analyst")  # who gets evidence, matrix and method behind the first page


class Case(msgspec.Struct, frozen=True):
    """All that a report is made of.

    `judgement` is the standing one, `analyst` the name of who signed it; `later` counts mails that came to the campaign
    since, `lost_claims` claims that it rests on and that were withdrawn since, and `disagree` tells that analysts hold
    different answers, so that none stands. `assessment` has no names of actors unless the analyst's desk may see them.
    `held_back` counts indicators that are left out of it for their marks, `quiet` mails that alarm and hold nothing
    that reports back. `claims` are those about the campaign that this audience may read. `sectors` are those of owners
    by address. `told` counts targets that were told or tried, `holders` people whose mail the store holds. `person` is
    the owner's address that a target's report is for, "" for none. `summary` are paragraphs of the author's own.
    """

    view: View
    audience: str
    wording: Wording
    made_s: float
    judgement: Judgement | None = None
    analyst: str = ""
    later: int = 0
    lost_claims: int = 0
    disagree: bool = False
    assessment: Assessment | None = None
    held_back: int = 0
    quiet: int = 0
    claims: tuple[Claim, ...] = ()
    sectors: Mapping[str, str] = {}
    told: int = 0
    holders: int = 0
    person: str = ""
    summary: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True):
    """One piece of text for people. `checked` is the same with text from mail and places left out, "" for a quote.

    `checked` is what must not be stronger than what was signed.
    """

    text: str
    checked: str = ""


class Quote(msgspec.Struct, frozen=True):
    """A claim as it is shown, all in words for people; `answers` are what others said to it."""

    intro: Line
    words: str
    language: str
    translation: Line | None
    notes: tuple[Line, ...]
    answers: tuple[Quote, ...] = ()


class Table(msgspec.Struct, frozen=True):
    """Rows under a head; `wide` marks the columns that take what room is left."""

    caption: Line
    head: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]
    wide: tuple[int, ...] = ()


class Section(msgspec.Struct, frozen=True):
    """One heading and what stands under it; `id` is fixed, `strong` the lines that carry it."""

    id: str
    title: Line
    lines: tuple[Line, ...] = ()
    strong: tuple[Line, ...] = ()
    points: tuple[Line, ...] = ()
    quotes: tuple[Quote, ...] = ()
    tables: tuple[Table, ...] = ()
    picture: str = ""  # an SVG element
    described: Line | None = None  # the picture in words


class Report(msgspec.Struct, frozen=True):
    """A whole report. `front` fills one page, `annex` what comes after it; `mark` stands on every page of an exercise.

    `day` is the day it was made, as ISO 8601. `judgement` and `claims` are ids of what it rests on; `left_out` counts
    claims that its readers may not be told, `held_back` indicators.
    """

    audience: str
    language: str
    campaign: str
    day: str
    made_s: float
    mark: Line | None
    eyebrow: Line
    title: Line
    front: tuple[Section, ...]
    annex: tuple[Section, ...]
    footer: tuple[Line, ...]
    judgement: str = ""
    claims: tuple[str, ...] = ()
    left_out: int = 0
    held_back: int = 0


def lines_of(report: Report) -> Iterator[Line]:
    """Every line of a report, in the order in which it is read."""
    yield from (report.eyebrow, report.title)
    for one in (*report.front, *report.annex):
        yield one.title
        yield from (*one.strong, *one.lines)
        for quote in one.quotes:
            yield from _quoted(quote)
        yield from one.points
        for table in one.tables:
            yield table.caption
            yield from table.head
            for row in table.rows:
                yield from row
        if one.described is not None:
            yield one.described
    yield from report.footer


def _quoted(one: Quote) -> Iterator[Line]:
    yield one.intro
    if one.translation is not None:
        yield one.translation
    yield from one.notes
    for each in one.answers:
        yield from _quoted(each)
