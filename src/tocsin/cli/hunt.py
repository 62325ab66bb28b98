"""`tocsin hunt`: hold all kept mail against all intelligence."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.app.config import ConfigError, load_config
from tocsin.cli.edge import EXIT_ALERT, EXIT_INTERRUPTED, EXIT_UNREAD, say

if TYPE_CHECKING:
    from tocsin.model.hunt import HuntHit


@click.command("hunt")
@click.option("--store", metavar="URL", help="The store: a path or postgresql://HOST/DATABASE.")
@click.option(
    "--since", metavar="DATE", help="Only what came since then, mail or intelligence, against all else."
)
@click.option("--intel", metavar="ID", help="Only this source, or this indicator.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a hit and line on standard output.")
@click.option("--quiet", is_flag=True, help="Say nothing where nothing is new.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings in TOML.")
def command(
    store: str | None, since: str | None, intel: str | None, as_json: bool, quiet: bool, config: Path | None
) -> None:
    """Search all mail that is kept for all intelligence that is kept: who was touched, since when, by what.

    Hits are kept, and nothing alerts twice.

    Exit code: 1 a new hit alarms; 2 wrong use; 3 none does, but an indicator could not be searched for; 0 nothing new
    alarms; 4 interrupted, run it again.
    """
    if since is not None and intel is not None:
        raise click.UsageError("--since and --intel: give one of them")
    since_s = _seconds(since) if since is not None else None
    try:
        settings = load_config(config, {"store": store})
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    if not settings.store:
        raise click.UsageError("no store is named: give --store URL, TOCSIN_STORE or store in the settings")
    from tocsin.app.campaigns import update_campaigns
    from tocsin.app.hunt import chosen, hunt_new, hunt_since
    from tocsin.app.intel import IntelError
    from tocsin.app.memory import StoreError, open_store
    from tocsin.app.scan import close_network
    from tocsin.render.hunt import hit_line, render_hunt

    try:
        opened = open_store(settings.store)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    close_network(opened.sockets())
    write = sys.stdout.buffer.write

    def print_line(found: HuntHit) -> None:
        write(hit_line(found))

    report = print_line if as_json else None
    try:
        now_s = time.time()
        if since_s is not None:
            result = hunt_since(opened, since_s, now_s=now_s, report=report, threshold=settings.threshold)
        else:
            wanted = chosen(opened, intel) if intel is not None else opened.indicators()
            result = hunt_new(opened, wanted, now_s=now_s, report=report, threshold=settings.threshold)
        if result.new_alarms:  # what intelligence points at is worth linking
            update_campaigns(opened, now_s=now_s)
    except IntelError as error:
        raise click.UsageError(str(error)) from error
    except StoreError as error:
        say(f"Stopped: {error}")
        sys.exit(EXIT_INTERRUPTED)
    finally:
        opened.close()
    if as_json:
        for id, reason in result.problems:
            say(f"{id}: not searched for: {reason}")
    elif not quiet or result.new:
        from tocsin.render.terminal import terminal

        console = terminal()
        for piece in render_hunt(result):
            console.print(piece)
    sys.exit(EXIT_ALERT if result.new_alarms else EXIT_UNREAD if result.problems else 0)


def _seconds(date: str) -> float:
    try:
        at = datetime.fromisoformat(date)
    except ValueError as error:
        raise click.UsageError(f"--since {date}: expected a date such as 2026-01-31") from error
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()
