"""`tocsin exercise`: write labelled practice mailboxes."""

from __future__ import annotations

from pathlib import Path

import click


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
@click.option("--json", "as_json", is_flag=True, help="Say what was written as one JSON object.")
def command(
    scenario: str | None,
    output: Path | None,
    seed: int,
    people: int,
    scale: float,
    force: bool,
    show_list: bool,
    as_json: bool,
) -> None:
    """Write labelled mailboxes of fictional people, for practice and measurement. Nothing is sent.

    SCENARIO is a name from --list, `all`, or a YAML file of your own. DIR receives an mbox for each person,
    truth.jsonl (what each mail is), people.toml and README.txt. Every host in them is on a reserved domain.
    """
    import msgspec

    from tocsin.app.exercise import Request, listed, make_exercise, write_exercise
    from tocsin.app.scenarios import ExerciseError
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
    if output is None:
        raise click.UsageError("say where to write: -o DIR")
    try:
        exercise = make_exercise(Request(scenario, seed, people, scale))
        paths = write_exercise(exercise, output, seed, force)
    except ExerciseError as error:
        raise click.UsageError(str(error)) from error
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
