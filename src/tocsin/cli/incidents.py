"""`tocsin incidents`: what else happened, kept for the timelines of campaigns."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from tocsin.cli.stores import AS, JSON, opened, store_options

_KINDS = "outage, postponement, intrusion, publication, arrest, election, conflict or other"


@click.group("incidents")
def command() -> None:
    """Keep what else happened: shown on timelines, and tied to nobody. docs/incidents.md."""


@command.command("add")
@click.option("--title", required=True, help="What happened, in a few words.")
@click.option("--kind", required=True, metavar="KIND", help=f"{_KINDS[0].upper()}{_KINDS[1:]}.")
@click.option(
    "--observed", required=True, metavar="DATE", help="When: a day, a month, or a time with its zone."
)
@click.option("--reported", default="", metavar="DATE", help="When it was first told publicly.")
@click.option("--place", required=True, help="Where.")
@click.option("--source", required=True, help="Who says so: a report, an article, a page.")
@click.option("--text", default="", help="More about it.")
@click.option("--tlp", default="", metavar="MARK", help="TLP 2.0, where it is not known publicly.")
@AS
@JSON
@store_options
def add_command(as_json: bool, who: str, store: str | None, config: Path | None, **given: Any) -> None:
    """Keep something that happened. Nobody can be entered as its author."""
    from tocsin.app.incidents import IncidentError, add_incident
    from tocsin.model.campaign import Incident
    from tocsin.render.campaign_records import incident_json
    from tocsin.render.campaign_words import incident_line
    from tocsin.render.shown import shown

    with opened(store, config) as (opened_store, _):
        try:
            kept = add_incident(opened_store, Incident("", **given), now_s=time.time(), who=who)
        except IncidentError as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(incident_json(kept))
        return
    sys.stdout.write(f"{kept.id}: {kept.kind}: {shown(kept.title)}\n  {incident_line(kept)}\n")


@command.command("list")
@click.option("--since", default="", metavar="DATE", help="Only what was observed then or later.")
@JSON
@store_options
def list_command(as_json: bool, since: str, store: str | None, config: Path | None) -> None:
    """List incidents in the order of time; withdrawn ones stay, marked."""
    from tocsin.app.incidents import IncidentError, load_incidents, moments
    from tocsin.render.campaign_records import incident_json
    from tocsin.render.campaigns import render_incidents
    from tocsin.render.terminal import terminal

    try:
        since_s = moments("--since", since)[0] if since else float("-inf")
    except IncidentError as error:
        raise click.UsageError(str(error)) from error
    with opened(store, config) as (opened_store, _):
        lines = [line for line in load_incidents(opened_store) if line.last_s >= since_s]
        exercise = opened_store.exercise
    if as_json:
        sys.stdout.buffer.writelines(incident_json(line.incident) for line in lines)
        return
    console = terminal()
    for piece in render_incidents(lines, exercise=exercise):
        console.print(piece)


@command.command("withdraw")
@click.argument("incident")
@click.option("--because", required=True, metavar="TEXT", help="Why it no longer holds.")
@AS
@store_options
def withdraw_command(incident: str, because: str, who: str, store: str | None, config: Path | None) -> None:
    """Mark INCIDENT as withdrawn: it stays in the list, and leaves the timelines."""
    from tocsin.app.incidents import IncidentError, withdraw_incident
    from tocsin.render.shown import shown

    with opened(store, config) as (opened_store, _):
        try:
            gone = withdraw_incident(opened_store, incident, because, now_s=time.time(), who=who)
        except IncidentError as error:
            raise click.UsageError(str(error)) from error
    sys.stdout.write(f"{gone.id}: withdrawn: {shown(gone.withdrawn_because)}\n")
