"""`tocsin intel`: take in what others know to be hostile, and see how it stands."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.app.config import Config, ConfigError, load_config
from tocsin.cli.edge import EXIT_ALERT, EXIT_INTERRUPTED, EXIT_UNREAD, say

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from tocsin.app.intel import Options
    from tocsin.app.intel_adding import Outcome
    from tocsin.app.memory import Store
    from tocsin.model.hunt import HuntHit

EXIT_CLEAN = 0
_PATH = click.Path(path_type=Path)
_TLPS = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
_PAPS = ("CLEAR", "GREEN", "AMBER", "RED")

_STORE = click.option("--store", metavar="URL", help="The store: a path or postgresql://HOST/DATABASE.")
_CONFIG = click.option("--config", type=_PATH, help="Settings in TOML.")
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")


@click.group("intel")
def command() -> None:
    """Intelligence: STIX, TAXII, MISP, CSV, lists, maltrail blocks. Formats and limits: docs/intelligence.md."""


@command.command("add")
@click.argument("locations", nargs=-1, required=True, metavar="FILE|URL...")
@_STORE
@click.option("--name", default="", help="What to call the source; adding the same name again renews it.")
@click.option("--grade", default="", metavar="B2", help="Admiralty grade where the source gives none.")
@click.option(
    "--tlp", type=click.Choice(_TLPS, case_sensitive=False), help="TLP 2.0 where the source is silent."
)
@click.option("--pap", type=click.Choice(_PAPS, case_sensitive=False), help="PAP where the source is silent.")
@click.option("--confidence", type=click.IntRange(0, 100), help="Confidence where the source gives none.")
@click.option("--valid-days", type=click.IntRange(1, 36_500), help="Validity from now where none is stated.")
@click.option("--replace", is_flag=True, help="Take out of force what the source no longer has.")
@click.option("--warning-lists", type=_PATH, help="Folder of MISP warning lists beside ours.")
@_JSON
@_CONFIG
def add_command(
    locations: tuple[str, ...],
    store: str | None,
    name: str,
    grade: str,
    tlp: str | None,
    pap: str | None,
    confidence: int | None,
    valid_days: int | None,
    replace: bool,
    warning_lists: Path | None,
    as_json: bool,
    config: Path | None,
) -> None:
    """Take in files, folders, feeds or collections, and hunt for them in all mail that is kept.

    The format is told by content. Addresses are fetched only from hosts in the setting intel_hosts.

    Exit code: 1 something alarmed; 2 wrong use; 3 nothing alarmed, but a source could not be read; 0 all was read and
    nothing alarmed; 4 interrupted, nothing half-done was kept.
    """
    from tocsin.app.intel import IntelError, Options, checked_grade

    try:
        grade = checked_grade(grade)
    except IntelError as error:
        raise click.UsageError(f"--grade {error}") from error
    if name and len(locations) > 1:
        raise click.UsageError("--name: one name is one source; add the files one by one")
    options = Options(
        name.strip(),
        grade,
        (tlp or "").upper(),
        (pap or "").upper(),
        confidence,
        valid_days,
        replace,
    )
    settings = _settings(config, store, warning_lists)
    _add(settings, locations, options, as_json=as_json, poll=False)


@command.command("poll")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@_STORE
@click.option("--warning-lists", type=_PATH, help="Folder of MISP warning lists beside ours.")
@_JSON
@_CONFIG
def poll_command(
    sources: tuple[str, ...],
    store: str | None,
    warning_lists: Path | None,
    as_json: bool,
    config: Path | None,
) -> None:
    """Renew the sources that have an address (all of them, or those named), and hunt for what is new.

    Exit codes are those of `intel add`.
    """
    from tocsin.app.intel import Options

    _add(_settings(config, store, warning_lists), sources, Options(), as_json=as_json, poll=True)


@command.command("list")
@_STORE
@click.option("--source", default="", metavar="ID", help="Only this source, by id or name.")
@click.option("--not-understood", "pieces", is_flag=True, help="List everything that could not be acted on.")
@_JSON
@_CONFIG
def list_command(store: str | None, source: str, pieces: bool, as_json: bool, config: Path | None) -> None:
    """Show each source: age, marks, indicators in force and not, hits, what was not understood."""
    from tocsin.app.intel import IntelError, states
    from tocsin.render.intel import render_sources
    from tocsin.render.intel_records import source_line

    opened = _open(_settings(config, store))
    try:
        now_s = time.time()
        found = states(opened, now_s, source)
    except IntelError as error:
        raise click.UsageError(str(error)) from error
    finally:
        opened.close()
    if as_json:
        sys.stdout.buffer.writelines(source_line(state, pieces=pieces) for state in found)
        return
    _print(render_sources(found, now_s, pieces=pieces))


@command.command("show")
@click.argument("indicator")
@_STORE
@_JSON
@_CONFIG
def show_command(indicator: str, store: str | None, as_json: bool, config: Path | None) -> None:
    """Show an indicator, by its id or value (defanged or not), and the mail that it met."""
    from tocsin.app.intel import IntelError, show
    from tocsin.render.intel import render_indicator
    from tocsin.render.intel_records import indicator_line

    opened = _open(_settings(config, store))
    try:
        found = show(opened, indicator)
    except IntelError as error:
        raise click.UsageError(str(error)) from error
    finally:
        opened.close()
    for state in found:
        if as_json:
            sys.stdout.buffer.write(indicator_line(state))
        else:
            _print(render_indicator(state))


@command.command("remove")
@click.argument("source")
@_STORE
@_CONFIG
def remove_command(source: str, store: str | None, config: Path | None) -> None:
    """Forget a source and its indicators; what they met stays known."""
    from tocsin.app.intel import IntelError, remove
    from tocsin.render.shown import shown

    opened = _open(_settings(config, store))
    try:
        gone, count = remove(opened, source)
    except IntelError as error:
        raise click.UsageError(str(error)) from error
    finally:
        opened.close()
    held = "1 indicator" if count == 1 else f"{count:,} indicators"
    sys.stdout.write(f"{shown(gone.name)}: removed with {held}. Hits stay.\n")


def _settings(config: Path | None, store: str | None, warning_lists: Path | None = None) -> Config:
    try:
        settings = load_config(config, {"store": store, "warning_lists": warning_lists})
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    if not settings.store:
        raise click.UsageError("no store is named: give --store URL, TOCSIN_STORE or store in the settings")
    return settings


def _open(settings: Config, *, create: bool = False, fetching: bool = False) -> Store:
    from tocsin.app.memory import StoreError, open_store
    from tocsin.app.scan import close_network

    try:
        opened = open_store(settings.store, create=create)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    if not fetching:
        close_network(opened.sockets())
    return opened


def _add(settings: Config, wanted: tuple[str, ...], options: Options, *, as_json: bool, poll: bool) -> None:
    from tocsin.app.catalogue import CatalogueError
    from tocsin.app.intel import IntelError
    from tocsin.app.intel_adding import Adding
    from tocsin.app.memory import StoreError
    from tocsin.app.warning_lists import WarningListError

    try:
        adding = Adding(settings, options, _hit_written if as_json else None)
    except (WarningListError, CatalogueError) as error:
        raise click.UsageError(str(error)) from error
    opened = _open(settings, create=not poll, fetching=True)
    try:
        outcomes = adding.poll(opened, wanted) if poll else adding.add(opened, wanted)
        code = EXIT_CLEAN
        for outcome in outcomes:
            _tell(outcome, as_json=as_json)
            if outcome.found is not None and outcome.found.new_alarms:
                code = EXIT_ALERT
            elif (
                outcome.error or (outcome.added is not None and outcome.added.problems)
            ) and code == EXIT_CLEAN:
                code = EXIT_UNREAD
        sys.stdout.flush()
    except IntelError as error:
        raise click.UsageError(str(error)) from error
    except StoreError as error:
        say(f"Stopped: {error}")
        code = EXIT_INTERRUPTED
    finally:
        opened.close()
    sys.exit(code)


def _tell(outcome: Outcome, *, as_json: bool) -> None:
    from tocsin.render.hunt import render_hunt
    from tocsin.render.intel import render_added
    from tocsin.render.intel_records import added_line

    if outcome.error:
        say(outcome.error)
    if outcome.added is None or outcome.found is None:
        return
    if as_json:
        for problem in outcome.added.problems:
            say(problem)
        for id, reason in outcome.found.problems:
            say(f"{id}: not searched for: {reason}")
        sys.stdout.buffer.write(added_line(outcome.added))
        return
    _print(render_added(outcome.added))
    _print(render_hunt(outcome.found))


def _hit_written(found: HuntHit) -> None:
    from tocsin.render.hunt import hit_line

    sys.stdout.buffer.write(hit_line(found))


def _print(pieces: Iterable[RenderableType]) -> None:
    from tocsin.render.terminal import terminal

    console = terminal()
    for piece in pieces:
        console.print(piece)
    console.file.flush()
