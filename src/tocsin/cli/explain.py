"""`tocsin explain`: everything known about one mail."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

import click

from tocsin.app.config import ConfigError, load_config
from tocsin.cli.edge import EXIT_ALERT, EXIT_INTERRUPTED, EXIT_UNREAD, NOTES, say
from tocsin.cli.lists import given, list_options
from tocsin.model.scan import Judged
from tocsin.model.stored import VerdictVersion

if TYPE_CHECKING:
    from tocsin.app.config import Config
    from tocsin.app.memory import Store


@click.command("explain")
@click.argument("message")
@click.option(
    "--in", "paths", multiple=True, help="Mailbox to look in (again for more) [default: those last scanned]."
)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.option(
    "--store", metavar="URL", help="Look in this store, and show what was thought of the mail over time."
)
@click.option("--mandate", metavar="TEXT", help="On whose behalf the mail of others is read; recorded.")
@list_options
@click.option("--config", type=click.Path(path_type=Path), help="Settings in TOML.")
def command(
    message: str,
    paths: tuple[str, ...],
    as_json: bool,
    store: str | None,
    mandate: str | None,
    config: Path | None,
    **lists: Any,
) -> None:
    """Show everything known about one mail.

    MESSAGE is a file, or the SHA-256 (its first 6 or more digits do) or the Message-ID of a mail in a mailbox named
    with --in. A mail is judged with the history of the mailbox it is looked up in; a file stands alone. With --store,
    a digest or Message-ID is looked up among the mails that the store keeps, as they were judged last; a file is judged
    as it is, with what the store thought of it beside.
    """
    from tocsin.app.explain import LookupFailed, find_message
    from tocsin.app.requests import RequestError, make_request

    try:
        settings = load_config(config, {**given(lists), "store": store, "mandate": mandate})
        if settings.store and not paths and message != "-" and not os.path.lexists(message):
            _explain_stored(settings, message, as_json=as_json)
        request, wanted = find_message(message, paths, lambda chosen: make_request(settings, chosen))
    except (ConfigError, RequestError, LookupFailed) as error:
        raise click.UsageError(str(error)) from error
    from tocsin.app.explain import explain
    from tocsin.app.scan import StorageFailed, WorkerFailed, close_network

    opened = _open(settings) if settings.store else None
    close_network(opened.sockets() if opened is not None else ())
    try:
        found, errors = explain(request, wanted, stdin=sys.stdin.buffer)
    except StorageFailed as error:
        say(f"Stopped: {error}.")
        sys.exit(EXIT_INTERRUPTED)
    except WorkerFailed as error:
        say(f"Stopped: no mail can be read ({error}).")
        sys.exit(EXIT_UNREAD)
    for problem in errors:
        say(f"{problem.source}: {problem.text}")
    unread = any(problem.code not in NOTES for problem in errors)
    if not found:
        if unread:
            sys.exit(EXIT_UNREAD)  # said above: the mail may lie in what could not be read
        raise click.UsageError(f"{message}: no such mail in {', '.join(request.paths)}")
    judged = found[0] if len(found) == 1 else _ask(found)
    _print(judged, as_json=as_json, history=_history(settings, opened, judged) if opened is not None else ())
    sys.exit(
        EXIT_ALERT if judged.verdict.alert else EXIT_UNREAD if judged.verdict.not_evaluated or unread else 0
    )


def _open(settings: Config) -> Store:
    from tocsin.app.memory import StoreError, open_store

    try:
        return open_store(settings.store)
    except StoreError as error:
        raise click.UsageError(str(error)) from error


def _history(settings: Config, store: Store, judged: Judged) -> Sequence[VerdictVersion]:
    """What the store thought of a mail that was judged where it lies."""
    from tocsin.app.memory import StoreError
    from tocsin.app.recall import history_of

    try:
        return history_of(store, judged, now_s=time.time(), mandate=settings.mandate)
    except StoreError as error:
        say(f"Its history cannot be shown: {error}.")
        return ()
    finally:
        store.close()


def _explain_stored(settings: Config, message: str, *, as_json: bool) -> Never:
    """Show a mail that the store keeps, and leave."""
    from tocsin.app.memory import StoreError
    from tocsin.app.recall import stored_mails
    from tocsin.app.scan import close_network

    opened = _open(settings)
    try:
        close_network(opened.sockets())
        found = stored_mails(opened, message, now_s=time.time(), mandate=settings.mandate)
    except StoreError as error:
        say(f"Stopped: {error}.")
        sys.exit(EXIT_INTERRUPTED)
    finally:
        opened.close()
    if not found:
        raise click.UsageError(
            f"{message}: the store {opened.url} keeps no such mail; give a file, 8 digits or more of a SHA-256, or a "
            "Message-ID"
        )
    mails = [judged for judged, _ in found]
    judged = mails[0] if len(mails) == 1 else _ask(mails)
    history = next(history for one, history in found if one is judged)
    _print(judged, as_json=as_json, history=history)
    sys.exit(EXIT_ALERT if judged.verdict.alert else EXIT_UNREAD if judged.verdict.not_evaluated else 0)


def _ask(found: Sequence[Judged]) -> Judged:
    """Let the user choose among several mails; without a terminal, list them and stop."""
    from tocsin.render.explanation import choice_line

    for number, judged in enumerate(found[:50], 1):
        say(f"{number:3}  {choice_line(judged)}")
    if len(found) > 50:
        say(f"     and {len(found) - 50} more")
    if not sys.stdin.isatty():
        raise click.UsageError(f"{len(found)} mails fit; name one by its SHA-256 (first column)")
    number = click.prompt("Which one", type=click.IntRange(1, min(len(found), 50)), err=True)
    return found[number - 1]


def _print(judged: Judged, *, as_json: bool, history: Sequence[VerdictVersion] = ()) -> None:
    if as_json:
        from tocsin.render.records import full_line

        sys.stdout.buffer.write(full_line(judged, history))
        return
    from tocsin.render.explanation import render_explanation
    from tocsin.render.terminal import terminal

    console = terminal()
    for piece in render_explanation(judged, history):
        console.print(piece)
