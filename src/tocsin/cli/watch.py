"""`tocsin watch`: follow mailboxes on IMAP servers and judge what arrives."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

import click

from tocsin.cli.edge import EXIT_ALERT, EXIT_INTERRUPTED, EXIT_UNREAD, EXIT_WRONG_USE, say
from tocsin.cli.stores import settings_of
from tocsin.model.source import ReadError

if TYPE_CHECKING:
    from tocsin.app.live.watch import WatchRequest

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("urls", nargs=-1, metavar="[imaps://USER@HOST/FOLDER]...")
@click.option("--accounts", type=_PATH, help="Accounts and what opens them: accounts.toml.")
@click.option(
    "--handle",
    "mode",
    type=click.Choice(("copy", "move", "replace")),
    help="Change mailboxes [default: never].",
)
@click.option("--alerts-folder", default="", metavar="NAME", help="Where mails are moved to.")
@click.option("--once", is_flag=True, help="Judge what came since the last time, and end.")
@click.option("--existing", is_flag=True, help="Judge also what a folder holds when it is first watched.")
@click.option("--backfill", is_flag=True, help="Judge the whole account, oldest mail first, and end.")
@click.option("--since", metavar="DATE", help="With --backfill: only mail that arrived on this day or later.")
@click.option("--html", "page", type=_PATH, help="With --backfill: write a page to FILE.")
@click.option("--keep", is_flag=True, help="With --backfill: leave what was fetched, for tocsin explain.")
@click.option("--policy", type=_PATH, help="What is done with whose mail, in TOML.")
@click.option("--store", metavar="URL", help="The store: a path or postgresql://HOST/DATABASE.")
@click.option("--people", type=_PATH, help="Who is protected: people.toml.")
@click.option("--state", type=_PATH, help="Folder of what was seen, and of originals.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Worker processes [default: one a core].")
@click.option(
    "--poll", "poll_s", type=click.FloatRange(0.1, 3600), default=60.0, show_default=True, metavar="SECONDS",
    help="How often a server without IDLE is asked.",
)  # fmt: skip
@click.option(
    "--timeout", "command_s", type=click.FloatRange(0.1, 3600), default=60.0, show_default=True, metavar="SECONDS",
    help="How long a server may take to answer.",
)  # fmt: skip
@click.option("--ca-file", type=_PATH, help="Authorities that vouch for the servers [default: the system's].")
@click.option("--insecure-loopback", is_flag=True, help="imap:// to this machine itself without encryption.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a mail on standard output.")
@click.option("--quiet", is_flag=True, help="Nothing about connections on standard error.")
@click.option("--config", type=_PATH, help="Settings in TOML.")
def command(
    urls: tuple[str, ...],
    accounts: Path | None,
    mode: str | None,
    alerts_folder: str,
    once: bool,
    existing: bool,
    backfill: bool,
    since: str | None,
    page: Path | None,
    keep: bool,
    policy: Path | None,
    store: str | None,
    people: Path | None,
    state: Path | None,
    jobs: int | None,
    poll_s: float,
    command_s: float,
    ca_file: Path | None,
    insecure_loopback: bool,
    as_json: bool,
    quiet: bool,
    config: Path | None,
) -> None:
    """Follow mailboxes by IMAP and judge each mail that arrives. Nothing in them changes unless --handle says so.

    A mail program may have loaded what a mail asks for before this has seen it: docs/watch.md. Passwords and tokens
    come from the keyring, a file, the environment or a command, never from the command line.

    Exit code: 0 stopped, or with --once nothing alarmed; 1 with --once, at least one alert; 2 wrong use; 3 something
    could not be read; 4 interrupted.
    """
    from tocsin.app.live.watch import WatchError, WatchRequest, default_state, run_watch
    from tocsin.app.live.watch_handling import Refused
    from tocsin.render.records import error_line
    from tocsin.render.watch import WatchRecord, watch_line, watch_text

    settings = settings_of(config, accounts=accounts, policy=policy, store=store, people=people, jobs=jobs)
    request = WatchRequest(
        urls,
        settings,
        state or default_state(),
        mode or "",
        alerts_folder,
        once,
        existing,
        poll_s,
        command_s,
        ca_file,
        insecure_loopback,
    )
    for name, given in (("--since", since is not None), ("--html", page is not None), ("--keep", keep)):
        if given and not backfill:
            raise click.UsageError(f"{name} goes with --backfill")
    if backfill:
        if mode is not None or once:
            raise click.UsageError("--backfill only reads; leave --handle and --once out")
        options = {"store": store, "people": people, "jobs": jobs, "config": config, "page": page}
        _backfill(request, since, as_json=as_json, quiet=quiet, keep=keep, options=options)
    output = sys.stdout.buffer

    def tell(item: WatchRecord | ReadError) -> None:
        if isinstance(item, ReadError):
            if as_json:
                output.write(error_line(item))
            say(f"{item.source}: {item.text}")
        elif as_json:
            output.write(watch_line(item))
        else:
            output.write(("\n".join(watch_text(item)) + "\n\n").encode("utf-8", "backslashreplace"))
        output.flush()

    try:
        sys.exit(run_watch(request, tell, (lambda line: None) if quiet else say))
    except (WatchError, Refused) as error:
        raise click.UsageError(str(error)) from error


def _backfill(
    request: WatchRequest,
    since: str | None,
    *,
    as_json: bool,
    quiet: bool,
    keep: bool,
    options: dict[str, Any],
) -> Never:
    """Fetch everything, scan it, and remove what was fetched; leaves with the scan's exit code."""
    from tocsin.app.live.backfill import Cut, fetch_accounts, forget
    from tocsin.app.live.watch import WatchError
    from tocsin.cli.scan import command as scan
    from tocsin.render.progress import ProgressLine

    progress = ProgressLine(sys.stderr, enabled=not quiet and sys.stderr.isatty())
    faults: list[ReadError] = []

    def tell(fault: ReadError) -> None:
        faults.append(fault)
        progress.print(f"{fault.source}: {fault.text}")

    try:
        day = date.fromisoformat(since) if since is not None else None
    except ValueError as error:
        raise click.UsageError(f"--since {since}: expected a day, as in 2026-01-31") from error
    try:
        places = fetch_accounts(request, day, tell, progress.print, progress.show)
    except WatchError as error:
        raise click.UsageError(str(error)) from error
    except Cut as error:
        say(f"Stopped: {error}.")
        sys.exit(EXIT_INTERRUPTED)
    finally:
        progress.clear()
    if not places:
        say("There is no mail to judge.")
        sys.exit(EXIT_UNREAD if faults else 0)
    code = EXIT_INTERRUPTED
    try:
        context = click.get_current_context()
        context.invoke(
            scan,
            paths=tuple(map(str, places)),
            as_json=as_json,
            quiet=quiet,
            practice=False,
            authserv_ids=(),
            **options,
        )
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else EXIT_WRONG_USE
    if code in (0, EXIT_ALERT, EXIT_UNREAD) and not keep:
        forget(places)
        if not quiet:
            say(
                "The mails that were fetched are removed from this machine; with --keep they stay, for tocsin explain."
            )
    sys.exit(code or (EXIT_UNREAD if faults else 0))
