"""`tocsin scan`: read mailboxes, judge every mail, explain the alerts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.app.config import ConfigError, load_config
from tocsin.model.scan import Judged, Summary
from tocsin.model.source import ReadError

if TYPE_CHECKING:
    from tocsin.app.scan import ScanRequest

EXIT_CLEAN, EXIT_ALERT, EXIT_UNREAD, EXIT_INTERRUPTED = 0, 1, 3, 4

# Said, but no fault of the input: a folder may hold other files than mail.
NOTES = frozenset({"skipped-files"})

# Alerts past this number are counted on the terminal; the page and JSON hold them all.
SHOWN_ALERTS = 20


@click.command("scan")
@click.argument("paths", nargs=-1, required=True, metavar="PATH... | -")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a mail on standard output.")
@click.option("--html", "page", type=click.Path(dir_okay=False, path_type=Path), help="Write a page to FILE.")
@click.option("--people", type=click.Path(path_type=Path), help="Who is protected: people.toml.")
@click.option(
    "--vendors", type=click.Path(path_type=Path), help="Your own list of mail services beside ours."
)
@click.option("--jobs", type=click.IntRange(1, 256), help="Observing processes [default: one a core].")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Alert above this likelihood [default: 0.5].")
@click.option("--config", type=click.Path(path_type=Path), help="Settings in TOML.")
@click.option("--quiet", is_flag=True, help="No progress, no summary, no errors on standard error.")
def command(
    paths: tuple[str, ...],
    as_json: bool,
    page: Path | None,
    people: Path | None,
    vendors: Path | None,
    jobs: int | None,
    threshold: float | None,
    config: Path | None,
    quiet: bool,
) -> None:
    """Read mailboxes: .eml, mbox, Maildir, .msg, .pst, .html, zip, tar, folders of them, or - for standard input.

    Exit code: 1 at least one alert; 2 wrong use; 3 no alert, but something could not be read or evaluated;
    0 everything was read and nothing alarmed; 4 interrupted, run the same command again to go on.
    """
    from tocsin.app.requests import RequestError, make_request

    try:
        settings = load_config(
            config, {"people": people, "vendors": vendors, "jobs": jobs, "threshold": threshold}
        )
        request = make_request(settings, paths)
    except (ConfigError, RequestError) as error:
        raise click.UsageError(str(error)) from error
    if page is not None and not page.absolute().parent.is_dir():
        raise click.UsageError(f"--html {page}: that folder does not exist; make it first")
    sys.exit(_run(request, as_json=as_json, page=page, quiet=quiet))


def _run(request: ScanRequest, *, as_json: bool, page: Path | None, quiet: bool) -> int:
    from tocsin.app.explain import remember_scanned
    from tocsin.app.scan import Scan, close_network
    from tocsin.render.progress import ProgressLine
    from tocsin.render.records import error_line, json_line

    close_network()
    progress = ProgressLine(sys.stderr, enabled=not quiet and sys.stderr.isatty())
    scan = Scan(request, stdin=sys.stdin.buffer, report=progress.show)
    alerts: list[Judged] = []
    output = sys.stdout.buffer
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
        output.flush()
    except KeyboardInterrupt:
        progress.clear()
        go_on = (
            "run the same command again to go on" if scan.resumable else "standard input cannot be resumed"
        )
        sys.stderr.write(f"Interrupted; {go_on}.\n")
        return EXIT_INTERRUPTED
    finally:
        progress.clear()
        scan.close()
    remember_scanned(request.paths)
    summary = scan.summary()
    alerts.sort(key=alert_order)
    if page is not None:
        _write_page(page, summary, alerts)
    if not as_json or not quiet:
        _print(summary, alerts, to_stderr=as_json, page=page)
    return exit_code(summary)


def alert_order(judged: Judged) -> tuple[bool, float, float]:
    """Reconnaissance first, then by likelihood."""
    verdict = judged.verdict
    return verdict.class_ != "reconnaissance", -verdict.likelihood, -verdict.phishing


def exit_code(summary: Summary) -> int:
    """The code that scripts depend on: an alert outranks what could not be read."""
    if summary.alerts:
        return EXIT_ALERT
    unread = any(error.code not in NOTES for error in summary.errors)
    if unread or summary.not_evaluated or not summary.mails:
        return EXIT_UNREAD
    return EXIT_CLEAN


def _write_page(page: Path, summary: Summary, alerts: list[Judged]) -> None:
    from tocsin.render.page import render_page

    # A page cut off by a full disk must not pass for a whole one.
    draft = page.with_name(f".{page.name}.part")
    draft.write_text(render_page(summary, alerts), encoding="utf-8")
    draft.replace(page)


def _print(summary: Summary, alerts: list[Judged], *, to_stderr: bool, page: Path | None) -> None:
    from rich.console import Console

    from tocsin.render.text import render_scan

    console = Console(stderr=to_stderr, highlight=False, soft_wrap=False)
    for piece in render_scan(summary, alerts, 0 if to_stderr else SHOWN_ALERTS):
        console.print(piece)
    if page is not None:
        console.print(f"\nPage: {page.absolute()}")
