"""`tocsin exercise`: write labelled practice mailboxes."""

from __future__ import annotations

import json
from pathlib import Path

import click

SCHEMA = "tocsin.exercise/1"


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
    from tocsin.app.exercise import Request, listed, make_exercise, write_exercise
    from tocsin.app.scenarios import ExerciseError

    if show_list:
        _list(as_json, [(one.name, one.title, one.side, one.label) for one in listed()])
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
    labels: dict[str, int] = {}
    for line in exercise.truth:
        labels[line.label] = labels.get(line.label, 0) + 1
    counted = dict(sorted(labels.items()))
    if as_json:
        click.echo(json.dumps({
            "schema": SCHEMA, "exercise": True, "scenario": scenario, "seed": seed, "directory": str(output),
            "mails": len(exercise.truth), "labels": counted, "files": [str(path) for path in paths],
        }, ensure_ascii=False))  # fmt: skip
        return
    click.echo(f"EXERCISE  {exercise.title}")
    click.echo(f"{len(exercise.truth)} mails in {len(exercise.owners)} mailboxes under {output}")
    click.echo("  " + ", ".join(f"{count} {label}" for label, count in counted.items()))
    click.echo(f"Now: tocsin scan {output} --people {output / 'people.toml'}")


def _list(as_json: bool, rows: list[tuple[str, str, str, str]]) -> None:
    if as_json:
        for name, title, side, label in rows:
            click.echo(
                json.dumps({"schema": SCHEMA, "name": name, "title": title, "side": side, "label": label})
            )
        return
    width = max(len(name) for name, *_ in rows)
    for name, title, side, _ in rows:
        click.echo(f"{name:<{width}}  {side:<8} {title}")
