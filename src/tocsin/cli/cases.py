"""`tocsin cases`: who looks after a campaign or mail, what is done, what is due, who was told."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.edge import say
from tocsin.cli.stores import AS, JSON, opened, settings_of, store_options

if TYPE_CHECKING:
    from tocsin.app.config import Config
    from tocsin.app.memory import Store
    from tocsin.model.people import People

_FILE = click.Path(dir_okay=False, path_type=Path)
_CASE = click.argument("case", metavar="CASE|CAMPAIGN")
_PEOPLE = click.option("--people", type=_FILE, help="The people: names, organisations, ways to reach them.")


@click.group("cases")
def command() -> None:
    """What is done about a campaign or a mail: owner, tasks, clocks, people told, custody. docs/cases.md."""


@contextmanager
def _work(
    store: str | None, config: Path | None, people: Path | None = None
) -> Iterator[tuple[Store, Config, People]]:
    from tocsin.app.case_log import CaseError
    from tocsin.app.incidents import IncidentError
    from tocsin.app.notify import people_for
    from tocsin.app.people import PeopleError, load_people

    settings = settings_of(config, store=store, people=people)
    try:
        listed = load_people(settings.people) if settings.people is not None else None
    except PeopleError as error:
        raise click.UsageError(str(error)) from error
    with opened(store, config, people=people) as (found, settings):
        try:
            yield found, settings, people_for(found, listed)
        except (CaseError, IncidentError) as error:
            raise click.UsageError(str(error)) from error


def _noted(
    kind: str,
    case: str,
    store: str | None,
    config: Path | None,
    *,
    by: str,
    text: str = "",
    ref: str = "",
    due: str = "",
) -> None:
    from tocsin.app.case_log import add
    from tocsin.app.case_steps import checked, moment
    from tocsin.app.cases import resolve

    with _work(store, config) as (found, _, _people):
        file = resolve(found, case)
        checked(file, kind, text, ref)
        now_s = time.time()
        entry = add(
            found,
            file.case.id,
            kind,
            now_s=now_s,
            by=by,
            text=text,
            ref=ref,
            due_s=moment(due) if due else None,
        )
    sys.stdout.write(f"{file.case.id}: {kind} ({entry.number})\n")


@command.command("open")
@click.argument("subject", metavar="CAMPAIGN|MESSAGE")
@click.option("--title", default="", metavar="TEXT", help="What it is about [default: from the mails].")
@AS
@JSON
@store_options
def open_command(
    subject: str, title: str, who: str, as_json: bool, store: str | None, config: Path | None
) -> None:
    """Open a case about a CAMPAIGN or one MESSAGE."""
    from tocsin.app.case_log import open_case
    from tocsin.app.cases import subject_of
    from tocsin.render.case_records import case_line
    from tocsin.render.cases import case_text

    with _work(store, config) as (found, settings, _):
        now_s = time.time()
        id, usual = subject_of(found, subject, now_s=now_s, mandate=settings.mandate)
        file = open_case(found, id, title or usual, now_s=now_s, by=who)
    if as_json:
        sys.stdout.buffer.write(case_line(file))
    else:
        sys.stdout.write(case_text(file))


@command.command("list")
@click.option("--all", "closed", is_flag=True, help="Closed ones too.")
@JSON
@store_options
def list_command(closed: bool, as_json: bool, store: str | None, config: Path | None) -> None:
    """List cases."""
    from tocsin.app.case_log import cases
    from tocsin.render.case_records import case_line
    from tocsin.render.cases import case_text

    with _work(store, config) as (found, _, _people):
        listed = [one for one in cases(found) if closed or one.state != "closed"]
    for one in listed:
        if as_json:
            sys.stdout.buffer.write(case_line(one))
        else:
            sys.stdout.write(case_text(one))
    if not listed and not as_json:
        sys.stdout.write("No case is open: tocsin cases open CAMPAIGN.\n")


@command.command("show")
@_CASE
@_PEOPLE
@JSON
@store_options
def show_command(
    case: str, people: Path | None, as_json: bool, store: str | None, config: Path | None
) -> None:
    """Show a case whole: what waits, who was told, clocks, tasks, timeline, custody."""
    from tocsin.app.cases import view_case
    from tocsin.render.case_records import view_line
    from tocsin.render.cases import view_text

    with _work(store, config, people) as (found, settings, listed):
        view = view_case(found, case, listed, now_s=time.time(), mandate=settings.mandate)
    if as_json:
        sys.stdout.buffer.write(view_line(view))
    else:
        sys.stdout.write(view_text(view))


@command.command("assign")
@_CASE
@click.argument("owner")
@AS
@store_options
def assign_command(case: str, owner: str, who: str, store: str | None, config: Path | None) -> None:
    """Have OWNER look after a case."""
    _noted("assigned", case, store, config, by=who, text=owner)


@command.command("note")
@_CASE
@click.argument("text")
@AS
@store_options
def note_command(case: str, text: str, who: str, store: str | None, config: Path | None) -> None:
    """Add TEXT to a case's log."""
    _noted("note", case, store, config, by=who, text=text)


@command.command("wait")
@_CASE
@click.argument("text")
@AS
@store_options
def wait_command(case: str, text: str, who: str, store: str | None, config: Path | None) -> None:
    """Say that a case waits for something, and for what."""
    _noted("note", case, store, config, by=who, text=text)
    _noted("state", case, store, config, by=who, text="waiting")


@command.command("close")
@_CASE
@click.option("--because", required=True, metavar="TEXT", help="Why nothing more is to be done.")
@AS
@store_options
def close_command(case: str, because: str, who: str, store: str | None, config: Path | None) -> None:
    """Close a case."""
    _noted("closed", case, store, config, by=who, text=because)


@command.command("reopen")
@_CASE
@click.option("--because", required=True, metavar="TEXT", help="What is new.")
@AS
@store_options
def reopen_command(case: str, because: str, who: str, store: str | None, config: Path | None) -> None:
    """Open a closed case again."""
    _noted("reopened", case, store, config, by=who, text=because)


@command.command("task")
@_CASE
@click.argument("text", metavar="TEXT|TASK")
@click.option("--due", default="", metavar="TIME", help="Until when: 2021-05-01, or RFC 3339.")
@click.option("--done", is_flag=True, help="TASK, by its id, is done.")
@AS
@store_options
def task_command(
    case: str, text: str, due: str, done: bool, who: str, store: str | None, config: Path | None
) -> None:
    """Add a task, or say that one is done."""
    if done:
        _noted("task-done", case, store, config, by=who, ref=text)
        return
    from tocsin.app.case_steps import new_id

    ref = new_id("t")
    _noted("task", case, store, config, by=who, text=text, ref=ref, due=due)
    sys.stdout.write(f"{ref}\n")


@command.command("clock")
@click.argument("case", metavar="[CASE|CAMPAIGN]", required=False)
@click.argument("rule", metavar="[RULE|CLOCK]", required=False)
@click.option("--from", "start", default="", metavar="TIME", help="When it began to run [default: now].")
@click.option("--stop", default="", metavar="REASON", help="Stop CLOCK, and say why.")
@AS
@JSON
@store_options
def clock_command(
    case: str | None,
    rule: str | None,
    start: str,
    stop: str,
    who: str,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Start a rule's clock for a case, or stop one; alone, list the rules. None starts by itself."""
    from tocsin.app.clocks import rules
    from tocsin.render.case_records import rule_line
    from tocsin.render.cases import rule_text

    if case is None or rule is None:
        for one in rules():
            if as_json:
                sys.stdout.buffer.write(rule_line(one))
            else:
                sys.stdout.write(rule_text(one))
        return
    if stop:
        _noted("clock-stopped", case, store, config, by=who, text=stop, ref=rule)
        return
    from tocsin.app.case_steps import new_id

    ref = new_id("k")
    _noted("clock", case, store, config, by=who, text=rule, ref=ref, due=start)
    sys.stdout.write(f"{ref}\n")


@command.command("affected")
@_CASE
@click.argument("name")
@click.option(
    "--incident", default="", metavar="ID", help="The incident that met them (tocsin incidents list)."
)
@click.option("--reach", default="", metavar="WAY", help="How they are reached.")
@click.option("--told", default="", metavar="HOW", help="NAME, by id, was told in this way.")
@AS
@store_options
def affected_command(
    case: str,
    name: str,
    incident: str,
    reach: str,
    told: str,
    who: str,
    store: str | None,
    config: Path | None,
) -> None:
    """Note somebody whom an incident met, to be told as well; or that they were told."""
    if told:
        _noted("affected-told", case, store, config, by=who, text=told, ref=name)
        return
    from tocsin.app.case_steps import affected_text, new_id

    with _work(store, config) as (found, _, _people):
        text = affected_text(found, name, incident, reach)
    ref = new_id("p")
    _noted("affected", case, store, config, by=who, text=text, ref=ref)
    sys.stdout.write(f"{ref}\n")


@command.command("call-list")
@_CASE
@_PEOPLE
@click.option("-o", "output", type=_FILE, help="Write to FILE (0600) instead of the terminal.")
@store_options
def call_list_command(
    case: str, people: Path | None, output: Path | None, store: str | None, config: Path | None
) -> None:
    """A list to print and call by: who is to be told, in which language, by which way."""
    from tocsin.app.case_steps import write_private
    from tocsin.app.cases import view_case
    from tocsin.render.cases import call_list

    with _work(store, config, people) as (found, settings, listed):
        text = call_list(view_case(found, case, listed, now_s=time.time(), mandate=settings.mandate))
        if output is not None:
            try:
                write_private(output, text.encode())
            except OSError as error:
                raise click.UsageError(f"{output}: cannot be written ({error.strerror})") from error
    sys.stdout.write(f"{output.absolute()}\n" if output is not None else text)


@command.command("export")
@_CASE
@_PEOPLE
@click.option(
    "--format", "form", type=click.Choice(("pdf", "stix", "misp")), default="pdf", show_default=True
)
@click.option("-o", "output", required=True, type=_FILE, help="Write to FILE (0600).")
@click.option(
    "--tlp", default="AMBER", metavar="MARK", help="TLP 2.0 of STIX and MISP; nothing stricter goes in."
)
@click.option("--producer", default="", metavar="NAME", help="Who gives it out, as receivers shall see it.")
@store_options
def export_command(
    case: str,
    people: Path | None,
    form: str,
    output: Path,
    tlp: str,
    producer: str,
    store: str | None,
    config: Path | None,
) -> None:
    """Write a case as PDF with annexes for the house, or its campaign as STIX grouping or MISP event for others."""
    from tocsin.app.case_export import export_case
    from tocsin.app.case_steps import write_private
    from tocsin.app.export import ExportError

    with _work(store, config, people) as (found, settings, listed):
        try:
            data, lines = export_case(
                found, settings, listed, case, form, tlp=tlp.upper(), producer=producer, now_s=time.time()
            )
            write_private(output, data)
        except ExportError as error:
            raise click.UsageError(str(error)) from error
        except OSError as error:
            raise click.UsageError(f"{output}: cannot be written ({error.strerror})") from error
    for line in lines:
        say(line)
    sys.stdout.write(f"{output.absolute()}\n")
