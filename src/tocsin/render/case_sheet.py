"""A case laid out for paper: a front page, then annexes; values for the page setter, no decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tocsin.model.case import CaseView
from tocsin.model.notice import Notice
from tocsin.render.records import rfc3339
from tocsin.render.shown import shown

_MARK = "EXERCISE: fictional people, outlets and actors"
_LONG = 220


def case_sheet(view: CaseView, notices: Sequence[Notice]) -> dict[str, Any]:
    """What the page setter draws: `sections` of a title, lines, one table and framed texts. Codes are in none."""
    file = view.file
    about = f"campaign {view.campaign}" if view.campaign else f"the mail {file.case.subject}"
    told = [one for one in view.people if one.told_s is not None and not one.reader]
    people = [one for one in view.people if not one.reader]
    front = [
        f"About {about}. Opened {_moment(file.case.opened_s)} by {shown(file.case.opened_by, 60)}.",
        f"State: {file.state}. Looked after by {shown(file.owner, 80) or 'nobody yet'}.",
        f"Told: {len(told)} of {len(people)} people."
        + (
            f" From first mail to word: {view.median_days:,.0f} days (median)."
            if view.median_days is not None
            else ""
        ),
        *([f"Closed: {shown(file.closed_because, 400)}."] if file.closed_because else []),
        *([f"THE LOG DOES NOT HOLD TOGETHER: {file.broken}."] if file.broken else []),
        *(f"Waits: {shown(one, 400)}." for one in view.reminders),
    ]
    sections = [
        _section("The case", front),
        _section(
            "People and delivery",
            [],
            ("Reader", "Organisation", "State", "First mail", "Told", "Days"),
            (3, 3, 1.4, 1.6, 1.6, 0.9),
            [
                (
                    shown(one.name, 80) + (" (reads along)" if one.reader else ""),
                    shown(one.organisation, 80),
                    one.state,
                    _day(one.first_mail_s),
                    _day(one.told_s),
                    f"{one.days:,.0f}" if one.days is not None else "",
                )
                for one in view.people
            ]
            + [
                (
                    shown(one.name, 80),
                    f"affected by {shown(one.incident, 80)}",
                    "told" if one.told_s is not None else "to be told",
                    "",
                    _day(one.told_s),
                    "",
                )
                for one in file.affected
            ],
        ),
        _section(
            "Clocks and tasks",
            ["A clock runs because a person started it; whether a rule applies is for people to decide."],
            ("What", "From or due", "State"),
            (4, 2, 2),
            [
                (
                    f"{clock.title}: {each.what}",
                    _moment(each.due_s),
                    "stopped" if clock.stopped_s is not None else "due",
                )
                for clock in file.clocks
                for each in clock.deadlines
            ]
            + [
                (shown(task.text, _LONG), _moment(task.due_s), "done" if task.done_s is not None else "open")
                for task in file.tasks
            ],
        ),
        _section(
            "Annex A: timeline",
            [],
            ("When (UTC)", "Kind", "What"),
            (1.7, 1.1, 6),
            [(_moment(one.at_s), one.kind, shown(one.text, _LONG)) for one in view.timeline],
            page=True,
        ),
        _section(
            "Annex B: custody of the mails",
            ["SHA-256 of each mail's bytes as sent, and whether what is kept still gives it."],
            ("SHA-256", "Mailbox", "Stored (UTC)", "Bytes", "Looked at"),
            (5.2, 3, 1.8, 1.1, 0.9),
            [
                (one.sha256, shown(one.person, 80), _moment(one.stored_s), one.raw, str(one.looks))
                for one in view.custody
            ],
            page=True,
        ),
        _section(
            "Annex C: log of the case",
            ["Each entry bears the digest of the one before; the last one stands for all."],
            ("No.", "When (UTC)", "By", "Entry", "Digest"),
            (0.6, 1.8, 1.8, 4, 2.6),
            [
                (
                    str(one.number),
                    _moment(one.at_s),
                    shown(one.by, 60),
                    f"{one.kind}: {shown(one.text.replace(chr(10), ', '), _LONG)}",
                    one.digest,
                )
                for one in file.log
            ],
            page=True,
        ),
    ]
    if notices:
        texts = ["\n".join(shown(line, 400) for line in one.text.splitlines()) for one in notices]
        sections.append(
            _section("Annex D: notices as they were drafted, without codes", [], blocks=texts, page=True)
        )
    mark = _MARK if file.case.exercise else ""
    return {"title": f"{file.case.id}: {shown(file.case.title, 120)}", "mark": mark, "sections": sections}


def _section(
    title: str,
    lines: Sequence[str],
    head: Sequence[str] = (),
    widths: Sequence[float] = (),
    rows: Sequence[Sequence[str]] = (),
    *,
    blocks: Sequence[str] = (),
    page: bool = False,
) -> dict[str, Any]:
    return {
        "title": title,
        "lines": list(lines),
        "head": list(head),
        "widths": list(widths),
        "rows": [list(row) for row in rows],
        "blocks": list(blocks),
        "page": page,
    }


def _moment(time_s: float | None) -> str:
    return (rfc3339(time_s) or "").replace("T", " ").replace("Z", "")


def _day(time_s: float | None) -> str:
    return (rfc3339(time_s) or "")[:10]
