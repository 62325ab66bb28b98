"""`tocsin actors`: published actors, what is said of their mail and by whom, and profiles of one's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from tocsin.cli.edge import EXIT_WRONG_USE, say
from tocsin.cli.stores import JSON, settings_of

if TYPE_CHECKING:
    from tocsin.app.actors import Called
    from tocsin.model.actor import Profiles

EXIT_VALID, EXIT_MISTAKES = 0, 1
_PATH = click.Path(path_type=Path)
ACTORS = click.option(
    "--actors", type=_PATH, help="Profiles of your own, beside those shipped: file or folder."
)
CONFIG = click.option("--config", type=_PATH, help="Settings in TOML.")


@click.group("actors")
def command() -> None:
    """Published actors and their mail habits, each statement with its source. docs/actors.md."""


@command.command("list")
@JSON
@ACTORS
@CONFIG
def list_command(as_json: bool, actors: Path | None, config: Path | None) -> None:
    """List all actors with their names, how much is said of them, and the newest source."""
    from tocsin.render.actor_records import actor_line
    from tocsin.render.actors import render_list
    from tocsin.render.terminal import terminal

    profiles = _profiles(actors, config)
    if as_json:
        for problem in profiles.problems:
            say(problem)
        sys.stdout.buffer.writelines(actor_line(actor) for actor in profiles.actors)
        return
    console = terminal()
    for piece in render_list(profiles):
        console.print(piece)


@command.command("show")
@click.argument("actor")
@JSON
@ACTORS
@CONFIG
def show_command(actor: str, as_json: bool, actors: Path | None, config: Path | None) -> None:
    """Show everything about ACTOR: an id of `actors list`, or any name that only one actor bears.

    A name that several actors bear lists them, with exit code 2.
    """
    from tocsin.app.actors import called
    from tocsin.render.actor_records import actor_line
    from tocsin.render.actors import render_actor
    from tocsin.render.terminal import terminal

    found = called(actor, _profiles(actors, config))
    if found.actor is None:
        _refuse(actor, found)
    if as_json:
        sys.stdout.buffer.write(actor_line(found.actor))
        return
    console = terminal()
    for piece in render_actor(found.actor):
        console.print(piece)


@command.command("check")
@click.argument("path", type=_PATH, metavar="FILE")
@JSON
def check_command(path: Path, as_json: bool) -> None:
    """Say whether FILE (or a folder) of profiles can be used, and every mistake with its place.

    Exit code: 0 it can be used; 1 there are mistakes; 2 wrong use.
    """
    from tocsin.app.actors import check_profiles
    from tocsin.render.actor_records import actor_check_line
    from tocsin.render.actors import render_checked
    from tocsin.render.terminal import terminal

    if not path.exists():
        raise click.UsageError(f"{path}: there is no such file or folder; check the path")
    checked = check_profiles(path)
    if as_json:
        sys.stdout.buffer.write(actor_check_line(checked))
    else:
        console = terminal()
        for piece in render_checked(checked):
            console.print(piece)
        console.file.flush()
    sys.exit(EXIT_MISTAKES if checked.mistakes else EXIT_VALID)


def _profiles(actors: Path | None, config: Path | None) -> Profiles:
    from tocsin.app.actors import ProfileError, load_profiles

    try:
        return load_profiles(settings_of(config, actors=actors).actors)
    except ProfileError as error:
        for line in str(error).splitlines():
            say(f"Error: {line}")
        sys.exit(EXIT_WRONG_USE)


def _refuse(written: str, found: Called) -> NoReturn:
    from tocsin.render.actors import name_line
    from tocsin.render.shown import shown

    if not found.candidates:
        hint = f"did you mean {found.close!r}?" if found.close else "tocsin actors list shows all"
        raise click.UsageError(f"no actor is called {shown(written, 100)!r}; {hint}")
    many = len(found.candidates) > 1
    said = "several actors are called so" if many else "the name says nothing by itself"
    say(f"Error: {shown(written, 100)}: {said}. Show one by its id: tocsin actors show ID")
    for actor in found.candidates:
        say(f"{actor.id}: {'; '.join(map(name_line, found.names.get(actor.id, ()))) or shown(actor.name)}")
    sys.exit(EXIT_WRONG_USE)
