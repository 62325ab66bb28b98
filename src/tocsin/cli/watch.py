"""`tocsin watch`: follow mailboxes on IMAP servers and judge what arrives."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tocsin.cli.edge import say
from tocsin.cli.stores import settings_of
from tocsin.model.source import ReadError

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
@click.option("--backfill", is_flag=True, help="Judge the whole account, oldest mail first, and end.")
@click.option("--since", metavar="DATE", help="With --backfill: only mail that arrived on this day or later.")
@click.option("--policy", type=_PATH, help="What is done with whose mail, in TOML.")
@click.option("--store", metavar="URL", help="The store: a path or postgresql://HOST/DATABASE.")
@click.option("--people", type=_PATH, help="Who is protected: people.toml.")
@click.option("--state", type=_PATH, help="Folder of what was seen, and of originals.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Worker processes [default: one a core].")
@click.option(
    "--poll", "poll_s", type=click.FloatRange(0.1, 3600), default=60.0, show_default=True, metavar="SECONDS",
    help="How often a server without IDLE is asked.",
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
    backfill: bool,
    since: str | None,
    policy: Path | None,
    store: str | None,
    people: Path | None,
    state: Path | None,
    jobs: int | None,
    poll_s: float,
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
        poll_s,
        ca_file,
        insecure_loopback,
    )
    if since is not None and not backfill:
        raise click.UsageError("--since goes with --backfill")
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
