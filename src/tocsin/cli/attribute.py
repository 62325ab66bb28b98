"""`tocsin attribute`: who may be behind a campaign, how sure anyone can be, and what would change that."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from tocsin.cli.stores import JSON, opened, store_options


@click.command("attribute")
@click.argument("campaign")
@click.option(
    "--actor-names", is_flag=True, default=None, help="Show which actors the machine means; for analysts."
)
@click.option("--actors", type=click.Path(path_type=Path), help="Profiles of your own beside those shipped.")
@click.option(
    "--technique", "techniques", multiple=True, metavar="ID",
    help="A technique of ATT&CK that an investigation found beyond mail (T1059.001); several times.",
)  # fmt: skip
@click.option("--mandate", metavar="TEXT", help="On whose behalf; recorded.")
@JSON
@store_options
def command(
    campaign: str,
    actor_names: bool | None,
    actors: Path | None,
    techniques: tuple[str, ...],
    mandate: str | None,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Weigh who may be behind CAMPAIGN: hypotheses, evidence for and against, limits; judgements and claims beside.

    The machine names no actor unless --actor-names (or actor_names in the settings) asks for it, and never a state.

    Exit code: 0 told; 2 wrong use; 4 the store went away.
    """
    from tocsin.app.actors import ProfileError
    from tocsin.app.attribute import attribute
    from tocsin.app.calibrated import TechniqueError
    from tocsin.app.deciding import DecisionError
    from tocsin.render.assessment import render_assessment
    from tocsin.render.assessment_records import assessment_line, assessment_record
    from tocsin.render.beside import judgement_records, quote_records
    from tocsin.render.terminal import terminal

    with opened(store, config, actors=actors, actor_names=actor_names, mandate=mandate) as (found, settings):
        try:
            told = attribute(found, campaign, settings, techniques, now_s=time.time())
        except (DecisionError, ProfileError, TechniqueError) as error:
            raise click.UsageError(str(error)) from error
    judgements, claims = judgement_records(told.standing), quote_records(told.claims)
    if as_json:
        record = assessment_record(told.assessment, judgements, claims, names_shown=told.names_shown)
        sys.stdout.buffer.write(assessment_line(record))
        return
    console = terminal()
    for piece in render_assessment(told.assessment, judgements, claims, names_shown=told.names_shown):
        console.print(piece)
