"""`tocsin exercise`: write labelled practice mailboxes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.cli.edge import EXIT_UNREAD, say

if TYPE_CHECKING:
    from tocsin.app.exercise import Exercise
    from tocsin.app.story import Play


@click.command("exercise")
@click.argument("scenario", required=False)
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), metavar="DIR", help="Write here."
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Same seed, same bytes.")
@click.option("--people", type=int, default=6, show_default=True, help="How many mailboxes.")
@click.option(
    "--scale", type=float, default=1.0, show_default=True, help="More or less mail for each of them."
)
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@click.option("--list", "show_list", is_flag=True, help="List the scenarios.")
@click.option(
    "--play",
    is_flag=True,
    help="Then run the commands of the whole case on it (story), and show what each says.",
)
@click.option("--json", "as_json", is_flag=True, help="Say what was written as one JSON object.")
def command(
    scenario: str | None,
    output: Path | None,
    seed: int,
    people: int,
    scale: float,
    force: bool,
    show_list: bool,
    play: bool,
    as_json: bool,
) -> None:
    """Write labelled mailboxes of fictional people, for practice and measurement. Nothing is sent.

    SCENARIO is a name from --list, `all`, or a YAML file of your own. DIR receives an mbox for each person,
    truth.jsonl (what each mail is), people.toml and README.txt. Every host in them is on a reserved domain.
    """
    import msgspec

    from tocsin.app.exercise import Request, listed, make_exercise, write_exercise
    from tocsin.app.scenarios import ExerciseError
    from tocsin.app.story import load_play
    from tocsin.render import exercise as render

    if show_list:
        rows = [
            render.ScenarioRecord(
                render.SCENARIO_SCHEMA, one.name, one.title, one.side, one.label, one.sources
            )
            for one in listed()
        ]
        for line in (
            [msgspec.json.encode(row).decode() for row in rows] if as_json else [render.scenarios_text(rows)]
        ):
            click.echo(line)
        return
    if not scenario:
        raise click.UsageError("name a SCENARIO; `tocsin exercise --list` shows them")
    if play and as_json:
        raise click.UsageError("--play prints what commands say; leave out --json")
    if play and (seed, people, scale) != (1, 6, 1.0):
        raise click.UsageError(
            "--play tells the case as it was written; leave out --seed, --people and --scale, or write other "
            "mailboxes without --play"
        )
    if output is None:
        raise click.UsageError("say where to write: -o DIR")
    try:
        exercise = make_exercise(Request(scenario, seed, people, scale))
        steps = load_play(exercise.case) if play else None
        paths = write_exercise(exercise, output, seed, force)
    except ExerciseError as error:
        raise click.UsageError(str(error)) from error
    if steps is not None:
        _play(steps, exercise, output)
        return
    if not as_json:
        click.echo(render.exercise_text(exercise.title, exercise.truth, exercise.owners, str(output)))
        return
    record = render.ExerciseRecord(
        schema=render.EXERCISE_SCHEMA,
        exercise=True,
        scenario=scenario,
        seed=seed,
        directory=str(output),
        mails=len(exercise.truth),
        labels=render.labels(exercise.truth),
        files=tuple(map(str, paths)),
    )
    click.echo(msgspec.json.encode(record).decode())


def _play(case: Play, exercise: Exercise, folder: Path) -> None:
    """Run the case and print it; a command that ends otherwise than it should ends this one with code 3."""
    from tocsin.app.scenarios import ExerciseError
    from tocsin.app.story import MADE, SHELL, missing, play, prepare
    from tocsin.render import story as render

    click.echo(render.heading(exercise.title))
    try:
        prepare(folder, exercise.case)
        for played in play(case.step, folder):
            if played.step.chapter:
                click.echo(render.chapter(played.step.chapter))
            click.echo(render.command(played.step.text, played.words, played.shown, played.more))
        if absent := missing(case, folder):
            raise ExerciseError(f"no command has written {', '.join(absent)}")
    except ExerciseError as error:
        say(f"Stopped: {error}")
        sys.exit(EXIT_UNREAD)
    paths = {str(folder / name): words for name, words in case.outcome.items()}
    click.echo(render.outcome(paths, str(folder / MADE), str(folder / SHELL)))
