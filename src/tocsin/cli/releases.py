"""`tocsin releases`: what sources let out of what they had marked."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from tocsin.cli.stores import AS, JSON, opened, store_options


@click.group("releases")
def command() -> None:
    """What the source of a marked fact let out, to whom, on what ground. docs/handling-caveats.md."""


@command.command("add")
@click.argument("ref")
@click.option("--audience", required=True, metavar="WHO", help="person, delegate, owner, affected or public.")
@click.option("--by", required=True, metavar="NAME", help="Who released it.")
@click.option("--ground", required=True, metavar="TEXT", help="How they said so: letter, day, reference.")
@AS
@JSON
@store_options
def add_command(
    ref: str,
    audience: str,
    by: str,
    ground: str,
    who: str,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Record that REF, as the list of what was left out names it, may be told to an audience."""
    from tocsin.app.releases import ReleaseError, add_release
    from tocsin.render.releases import release_line, release_text

    with opened(store, config) as (found, _):
        try:
            one = add_release(found, ref, audience=audience, by=by, ground=ground, now_s=time.time(), who=who)
        except ReleaseError as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(release_line(one))
        return
    sys.stdout.write(release_text(one) + "Draft the notices anew: tocsin notify CAMPAIGN.\n")


@command.command("list")
@JSON
@store_options
def list_command(as_json: bool, store: str | None, config: Path | None) -> None:
    """List all releases; those that were taken back stay, marked."""
    from tocsin.app.releases import releases
    from tocsin.render.releases import release_line, release_text

    with opened(store, config) as (found, _):
        listed = releases(found, withdrawn=True)
    for one in listed:
        if as_json:
            sys.stdout.buffer.write(release_line(one))
        else:
            sys.stdout.write(release_text(one))
    if not listed and not as_json:
        sys.stdout.write("Nothing was released.\n")


@command.command("withdraw")
@click.argument("release")
@click.option("--because", required=True, metavar="TEXT", help="Why it is taken back.")
@AS
@JSON
@store_options
def withdraw_command(
    release: str, because: str, who: str, as_json: bool, store: str | None, config: Path | None
) -> None:
    """Take RELEASE back: what it let out is left out of all that is drafted from now on."""
    from tocsin.app.releases import ReleaseError, withdraw_release
    from tocsin.render.releases import release_line, release_text

    with opened(store, config) as (found, _):
        try:
            one = withdraw_release(found, release, because, now_s=time.time(), who=who)
        except ReleaseError as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        sys.stdout.buffer.write(release_line(one))
        return
    sys.stdout.write(
        release_text(one) + "Withdraw the notices that rest on it: tocsin notices withdraw NOTICE.\n"
    )
