"""Cases for the people who look after them: on the terminal, and as a list to call by."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.model.case import CaseFile, CaseView, PersonState, Rule, Step
from tocsin.render.records import rfc3339
from tocsin.render.shown import shown

# From the first mail to the day on which the member of parliament of 2021 was told: 6 January 2021 to 17 February 2023.
DAYS_OF_2021 = 772
_MOST = 40


def case_text(one: CaseFile) -> str:
    """One line of a list."""
    owner = f", {shown(one.owner, 60)}" if one.owner else ", nobody's yet"
    broken = f"  LOG BROKEN: {one.broken}" if one.broken else ""
    day = (rfc3339(one.case.opened_s) or "")[:10]
    about = f"{shown(one.case.subject[:16], 20)}  {shown(one.case.title, 80)}"
    return f"{one.case.id}  {one.state:<8} {about} (opened {day}{owner}){broken}\n"


def rule_text(one: Rule) -> str:
    """A rule with what speaks against it."""
    steps = "; ".join(f"{each.what}: {_after(each)}" for each in one.steps)
    doubt = f"\n    But: {one.doubt}" if one.doubt else ""
    source = f"\n    {one.source}" if one.source else ""
    return f"{one.id}: {one.title}\n    {one.about}{doubt}\n    {steps}{source}\n"


def _after(one: Step) -> str:
    if one.months:
        return "one month" if one.months == 1 else f"{one.months} months"
    return f"{one.hours:g} hours"


def view_text(view: CaseView) -> str:
    """A case on the terminal: what waits first, then people, clocks, tasks and the timeline."""
    file = view.file
    mark = ["EXERCISE: fictional people, outlets and actors"] if file.case.exercise else []
    lines = [*mark, f"{file.case.id}: {shown(file.case.title, 160)}"]
    about = f"campaign {view.campaign}" if view.campaign else f"mail {file.case.subject[:16]}"
    lines.append(
        f"  About      {about}; {file.state}, {shown(file.owner, 80) or 'nobody looks after it yet'}"
    )
    lines.append(f"  Told       {_told(view)}")
    if file.closed_because:
        lines.append(f"  Closed     {shown(file.closed_because, 300)}")
    lines += [f"  Waits      {shown(one, 400)}" for one in view.reminders]
    lines += ["", "People"]
    lines += [f"  {_state(one)}" for one in view.people]
    lines += [
        f"  {shown(one.name, 80)}: affected by {shown(one.incident, 80)}; "
        + (f"told {_day(one.told_s)} by {shown(one.how, 40)}" if one.told_s is not None else "not told yet")
        for one in file.affected
    ]
    if file.clocks:
        lines += ["", "Clocks that somebody started (whether a rule applies is for people to decide)"]
        for clock in file.clocks:
            ended = f"; stopped {_moment(clock.stopped_s)}" if clock.stopped_s is not None else ""
            lines.append(f"  {clock.id}  {clock.title}, from {_moment(clock.started_s)}{ended}")
            lines += [f"      {_moment(each.due_s)}  {each.what}" for each in clock.deadlines]
    if file.tasks:
        lines += ["", "Tasks"]
        for task in file.tasks:
            due = f" until {_moment(task.due_s)}" if task.due_s is not None else ""
            done = f"done {_moment(task.done_s)}" if task.done_s is not None else f"open{due}"
            lines.append(f"  {task.id}  {shown(task.text, 200)} ({done})")
    lines += ["", "Timeline"]
    skipped = max(0, len(view.timeline) - _MOST)
    if skipped:
        lines.append(f"  {skipped} earlier entries: --json has all")
    lines += [
        f"  {_moment(one.at_s)}  {one.kind:<12} {shown(one.text, 160)}" for one in view.timeline[skipped:]
    ]
    lines += ["", "Mails"]
    for each in view.custody[:_MOST]:
        bytes_ = {"kept": "bytes kept", "changed": "BYTES CHANGED", "not-kept": "record alone"}[each.raw]
        lines.append(
            f"  {each.sha256[:16]}  {shown(each.person, 60)}; {bytes_}; looked at {each.looks} times"
        )
    return "\n".join(lines) + "\n"


def _told(view: CaseView) -> str:
    people = [one for one in view.people if not one.reader]
    told = [one for one in people if one.told_s is not None]
    said = f"{len(told)} of {len(people)}"
    if view.median_days is None or view.worst_days is None:
        return f"{said}; the case of 2021 took {DAYS_OF_2021} days from first mail to word"
    return (
        f"{said}; from first mail to word {view.median_days:,.0f} days (median), {view.worst_days:,.0f} at most; the "
        f"case of 2021 took {DAYS_OF_2021}"
    )


def _state(one: PersonState) -> str:
    reader = f" (reads the mailbox of {shown(one.person, 80)})" if one.reader else ""
    days = f", {one.days:,.0f} days after the first mail" if one.days is not None else ""
    when = f" {_day(one.told_s)}" if one.told_s is not None else ""
    notice = f" [{one.notice}]" if one.notice else ""
    return f"{shown(one.name, 60)}{reader}, {shown(one.organisation, 60)}: {one.state}{when}{days}{notice}"


def call_list(view: CaseView, rows: Sequence[PersonState] | None = None) -> str:
    """A list to print and call by, as plain text: boxes to tick, no code beside a number."""
    wanted = rows if rows is not None else [one for one in view.people if one.told_s is None]
    mark = "EXERCISE\n" if view.file.case.exercise else ""
    head = f"{mark}Call list of {view.file.case.id}, {_moment(view.now_s)}\n{len(wanted)} readers to tell\n"
    parts = [head, "Codes are not on this list: print each notice, and read its code from there.\n"]
    organisation = None
    for one in wanted:
        if one.organisation != organisation:
            organisation = one.organisation
            parts.append(f"\n{shown(organisation, 80) or 'no organisation'}\n")
        who = f"{shown(one.name, 60)}" + (
            f", reads the mailbox of {shown(one.person, 80)}" if one.reader else ""
        )
        ways = "; ".join(shown(way, 80) for way in one.ways) or "no way outside the mailbox is known"
        parts.append(
            f"[ ] {who} ({one.language or 'language not known'}; {one.notice or 'no notice yet'})\n"
            f"    {ways}\n    day and time: ____________  told [ ]  not reached [ ]  does not want it [ ]\n"
        )
    parts += [
        f"[ ] {shown(each.name, 60)}, affected by {shown(each.incident, 80)}\n    {shown(each.reach, 120)}\n"
        for each in view.file.affected
        if each.told_s is None
    ]
    return "".join(parts)


def _moment(time_s: float | None) -> str:
    return (rfc3339(time_s) or "an unknown time").replace("T", " ").replace("Z", " UTC")


def _day(time_s: float | None) -> str:
    return (rfc3339(time_s) or "")[:10]
