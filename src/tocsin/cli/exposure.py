"""`tocsin exposure`: what mails could have shown their sender about each reader."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from tocsin.cli.stores import JSON, opened, settings_of, store_options

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("exposure")
@click.argument("subject", metavar="CAMPAIGN|MESSAGE")
@click.option("--person", "persons", multiple=True, metavar="ADDRESS", help="Only this person; repeatable.")
@click.option(
    "--log", "logs", multiple=True, type=_FILE, help="A log of proxy, firewall or resolver; repeatable."
)
@click.option("--people", type=_FILE, help="The people: what they read mail with, who reads along.")
@click.option("--mandate", metavar="TEXT", help="On whose behalf; recorded.")
@JSON
@store_options
def command(
    subject: str,
    persons: tuple[str, ...],
    logs: tuple[Path, ...],
    people: Path | None,
    mandate: str | None,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Say for each reader of a CAMPAIGN or MESSAGE what it could have shown. docs/exposure.md.

    Four steps are kept apart: delivered, displayed by somebody, the beacon could have fired, it was fetched.
    """
    from tocsin.app.deciding import DecisionError
    from tocsin.app.exposure import LogError
    from tocsin.app.notices import NoticeError
    from tocsin.app.notify import chosen_exposures, people_for
    from tocsin.app.people import PeopleError, load_people
    from tocsin.render.exposure import exposure_line, exposure_text

    settings = settings_of(config, store=store, people=people)
    try:
        listed = load_people(settings.people) if settings.people is not None else None
    except PeopleError as error:
        raise click.UsageError(str(error)) from error
    with opened(store, config, people=people, mandate=mandate) as (found, settings):
        try:
            readers = people_for(found, listed)
            now_s = time.time()
            shown = chosen_exposures(
                found, readers, subject, persons, logs, now_s=now_s, mandate=settings.mandate
            )
        except (NoticeError, DecisionError, LogError) as error:
            raise click.UsageError(str(error)) from error
        exercise = found.exercise
    if as_json:
        sys.stdout.buffer.writelines(map(exposure_line, shown))
        return
    if exercise:
        sys.stdout.write("EXERCISE: fictional people, outlets and actors\n")
    for one in shown:
        sys.stdout.write(exposure_text(one))
