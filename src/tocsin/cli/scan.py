"""`tocsin scan`: read mailboxes, judge every mail, explain the alerts."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin.app.config import ConfigError, load_config
from tocsin.cli.edge import (
    EXIT_ALERT,
    EXIT_INTERRUPTED,
    EXIT_UNREAD,
    EXIT_WRONG_USE,
    NOTES,
    say,
    silence,
)
from tocsin.cli.lists import given, list_options
from tocsin.model.scan import Judged, Summary
from tocsin.model.source import ReadError

if TYPE_CHECKING:
    from tocsin.app.config import Config
    from tocsin.app.memory import Store
    from tocsin.app.scan import ScanRequest

EXIT_CLEAN = 0

# Alerts past this number are counted on the terminal; the page and JSON hold them all.
SHOWN_ALERTS = 20


@click.command("scan")
@click.argument("paths", nargs=-1, required=True, metavar="PATH... | -")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a mail on standard output.")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page to FILE.")
@list_options
@click.option("--jobs", type=click.IntRange(1, 256), help="Observing processes [default: one a core].")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Alert above this likelihood [default: 0.5].")
@click.option("--budget", type=click.IntRange(0), help="Alerts to put first; hides none [default: all].")
@click.option("--store", metavar="URL", help="Keep what is seen: a path or postgresql://HOST/DATABASE.")
@click.option("--plain", is_flag=True, default=None, help="Make the store without encryption.")
@click.option("--practice", is_flag=True, help="Make a store for practice mail, which holds nothing else.")
@click.option("--mandate", metavar="TEXT", help="On whose behalf the mail of others is read; recorded.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings in TOML.")
@click.option("--quiet", is_flag=True, help="No progress, no summary, no errors on standard error.")
def command(
    paths: tuple[str, ...],
    as_json: bool,
    page: Path | None,
    jobs: int | None,
    threshold: float | None,
    budget: int | None,
    store: str | None,
    plain: bool | None,
    practice: bool,
    mandate: str | None,
    config: Path | None,
    quiet: bool,
    **lists: Any,
) -> None:
    """Read mailboxes: .eml, mbox, Maildir, .msg, .pst, .html, zip, tar, folders of them, or - for standard input.

    Exit code: 1 at least one alert; 2 wrong use; 3 no alert, but something could not be read or evaluated;
    0 everything was read and nothing alarmed; 4 interrupted, run the same command again to go on.
    """
    from tocsin.app.requests import RequestError, make_request

    try:
        flags = {"jobs": jobs, "threshold": threshold, "budget": budget, "store": store, "plain": plain}
        settings = load_config(config, {**given(lists), **flags, "mandate": mandate})
        request = make_request(settings, paths)
    except (ConfigError, RequestError) as error:
        raise click.UsageError(str(error)) from error
    if page is not None:
        _check_page(page, paths)
    opened, made = None, False
    if settings.store:
        opened, made = _open_store(settings, practice=practice, quiet=quiet)
    code = EXIT_INTERRUPTED
    try:
        code = _run(request, as_json=as_json, page=page, quiet=quiet, store=opened, made=made)
    finally:
        if opened is not None:
            _close(opened, unused=made and code == EXIT_WRONG_USE)
    sys.exit(code)


def _close(store: Store, *, unused: bool) -> None:
    """Close the store; one that this scan made and that refused its mail goes again."""
    from tocsin.app.memory import remove_made

    if not unused:
        store.close()
    elif remove_made(store):
        say(f"{store.url}: is removed again, since it holds nothing.")


def _open_store(settings: Config, *, practice: bool, quiet: bool) -> tuple[Store, bool]:
    """Open the store, or make it; its key and its server must be reached before the network is closed."""
    from tocsin.app.memory import StoreError, StoreMissing, open_store

    try:
        try:
            return open_store(settings.store, exercise=practice), False
        except StoreMissing:
            store = open_store(settings.store, create=True, plain=settings.plain, exercise=practice)
    except StoreError as error:
        raise click.UsageError(str(error)) from error
    if not quiet:
        kind = " for practice mail" if practice else ""
        how = (
            "encrypted; its key lies elsewhere: docs/store.md"
            if store.encrypted
            else "not encrypted by Tocsin"
        )
        say(f"{store.url}: made a store{kind} ({how}).")
    return store, True


def _check_page(page: Path, paths: tuple[str, ...]) -> None:
    """Refuse, before any work, what cannot or must not be written: least of all over somebody's mail."""
    said = f"--html {page}: "
    if str(page) == "-":
        raise click.UsageError("--html -: the page is written to a file; name one, like report.html")
    if not page.absolute().parent.is_dir():
        raise click.UsageError(f"{said}that folder does not exist; make it first")
    if not os.access(page.absolute().parent, os.W_OK | os.X_OK):
        raise click.UsageError(f"{said}that folder may not be written to; name another")
    if not page.exists():
        return
    if not page.is_file():
        raise click.UsageError(f"{said}this is not an ordinary file; name one, like report.html")
    from tocsin.render.page import PAGE_START

    try:
        with page.open("rb") as file:
            head = file.read(len(PAGE_START))
        ours = head in (PAGE_START.encode(), b"") and not any(
            path != "-" and page.samefile(path) for path in paths
        )
    except OSError as error:
        raise click.UsageError(f"{said}cannot be looked at ({error.strerror}); name another file") from error
    if not ours:
        raise click.UsageError(f"{said}this file is there and is no page of Tocsin's; name another file")


def _run(
    request: ScanRequest, *, as_json: bool, page: Path | None, quiet: bool, store: Store | None, made: bool
) -> int:
    from tocsin.app.explain import remember_scanned
    from tocsin.app.memory import ExerciseRefused, StoreError
    from tocsin.app.scan import Scan, StorageFailed, WorkerFailed, close_network
    from tocsin.render.progress import ProgressLine
    from tocsin.render.records import error_line, json_line, queue_line

    close_network(store.sockets() if store is not None else ())
    progress = ProgressLine(sys.stderr, enabled=not quiet and sys.stderr.isatty())
    alerts: list[Judged] = []
    output = sys.stdout.buffer
    try:
        scan = Scan(request, stdin=sys.stdin.buffer, report=progress.show, store=store, store_made=made)
    except (StorageFailed, StoreError) as error:
        say(f"Stopped: {error}.")
        return EXIT_INTERRUPTED
    stopped = ""
    code = EXIT_INTERRUPTED
    try:
        for item in scan:
            if isinstance(item, ReadError):
                if as_json:
                    output.write(error_line(item))
                if not quiet:
                    progress.print(f"{item.source}: {item.text}")
                continue
            if item.verdict.alert:
                alerts.append(item)
            if as_json:
                output.write(json_line(item))
        if as_json and request.budget:
            output.writelines(map(queue_line, scan.summary().queue))
        output.flush()
    except KeyboardInterrupt:
        stopped = f"Interrupted; {_go_on(request, scan.resumable)}."
    except ExerciseRefused as error:
        stopped, code = f"Stopped: {error}.", EXIT_WRONG_USE
    except (StorageFailed, StoreError) as error:
        stopped = f"Stopped: {error}."
    except WorkerFailed as error:
        stopped, code = f"Stopped: no mail can be read ({error}).", EXIT_UNREAD
    except BrokenPipeError:  # whoever read the output has seen enough, and will not come back for more
        silence("stdout")
        scan.forget()
        return EXIT_ALERT if alerts else EXIT_INTERRUPTED
    except OSError as error:
        silence("stdout")
        stopped = f"Stopped: standard output cannot be written ({error.strerror or error}); make room and run again."
    finally:
        progress.clear()
        scan.close()
    if stopped:
        say(stopped)
        return EXIT_ALERT if alerts else code
    remember_scanned(request.paths)
    summary = scan.summary()
    alerts.sort(key=alert_order)
    code = exit_code(summary)
    if page is not None:
        try:
            _write_page(page, summary, alerts)
        except OSError as error:
            say(
                f"{page}: the page could not be written ({error.strerror or error}). Name another place and run again."
            )
            page, code = None, code or EXIT_UNREAD
    if not as_json or not quiet:
        try:
            _print(summary, alerts, to_stderr=as_json, page=page)
        except BrokenPipeError:
            silence("stderr" if as_json else "stdout")
        except OSError as error:
            silence("stderr" if as_json else "stdout")
            say(f"Standard output cannot be written ({error.strerror or error}); make room and run again.")
            code = code or EXIT_UNREAD
    return code


def _go_on(request: ScanRequest, resumable: bool) -> str:
    if resumable:
        return "run the same command again to go on"
    if "-" in request.paths:
        return "standard input cannot be resumed: start again"
    return "what was read could not be kept: start again"


def alert_order(judged: Judged) -> tuple[bool, float, float]:
    """Reconnaissance first, then by likelihood."""
    verdict = judged.verdict
    return verdict.class_ != "reconnaissance", -verdict.likelihood, -verdict.phishing


def exit_code(summary: Summary) -> int:
    """The code that scripts depend on: an alert outranks what could not be read."""
    if summary.alerts or (summary.stored is not None and summary.stored.alarmed):
        return EXIT_ALERT
    unread = any(error.code not in NOTES for error in summary.errors)
    if unread or summary.not_evaluated or not summary.mails:
        return EXIT_UNREAD
    return EXIT_CLEAN


def _write_page(page: Path, summary: Summary, alerts: list[Judged]) -> None:
    from tocsin.render.page import render_page

    # A page cut off by a full disk must not pass for a whole one.
    draft = page.with_name(f".tocsin-{os.getpid()}.part")
    try:
        draft.write_text(render_page(summary, alerts), encoding="utf-8", errors="backslashreplace")
        draft.replace(page)
    finally:
        draft.unlink(missing_ok=True)


def _print(summary: Summary, alerts: list[Judged], *, to_stderr: bool, page: Path | None) -> None:
    from tocsin.render.shown import visible
    from tocsin.render.terminal import terminal
    from tocsin.render.text import render_scan

    console = terminal(to_stderr=to_stderr)
    for piece in render_scan(summary, alerts, 0 if to_stderr else SHOWN_ALERTS):
        console.print(piece)
    if page is not None:
        console.print(f"\nPage: {visible(str(page.absolute()))}", markup=False)
    console.file.flush()
