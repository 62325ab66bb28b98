"""`tocsin report`: one campaign told to one audience, in its language, never stronger than what was signed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import click

from tocsin.cli.edge import EXIT_WRONG_USE, say
from tocsin.cli.stores import JSON, opened, store_options

_FILE = click.Path(dir_okay=False, path_type=Path)
_MOST_SUMMARY_BYTES = 64 * 1024


@click.command("report")
@click.argument("campaign")
@click.option(
    "--audience", required=True, type=click.Choice(("target", "press", "minister", "peer", "analyst"))
)
@click.option("--lang", "language", default="en", type=click.Choice(("en", "fr", "nl", "de")))
@click.option("-o", "output", type=_FILE, help="Write to FILE: .pdf, or .html.")
@click.option("--summary", type=_FILE, help="A text file of your own, checked before it is printed.")
@click.option("--person", default="", metavar="ADDRESS", help="The target whom the text is for.")
@click.option("--mandate", default="", metavar="TEXT", help="On whose behalf; recorded.")
@JSON
@store_options
def command(
    campaign: str,
    audience: str,
    language: str,
    output: Path | None,
    summary: Path | None,
    person: str,
    mandate: str,
    as_json: bool,
    store: str | None,
    config: Path | None,
) -> None:
    """Tell one CAMPAIGN to one audience, as a page (HTML) or a sheet (PDF). docs/reports.md."""
    from tocsin.app.actors import ProfileError
    from tocsin.app.deciding import DecisionError
    from tocsin.app.report import Asked, ReportError, make_report, report_pdf, shows_every_letter
    from tocsin.render.report.page import render_report_page
    from tocsin.render.report_records import report_line

    if output is not None:
        _check_output(output)
    elif not as_json:
        raise click.UsageError("name a file to write to: -o report.pdf or -o report.html (or ask for --json)")
    text = _read_summary(summary) if summary is not None else ""
    with opened(store, config) as (kept, settings):
        try:
            asked = Asked(campaign, audience, language, person, text, mandate)
            report = make_report(kept, settings, asked, now_s=time.time())
            if output is not None:
                pdf = output.suffix.lower() == ".pdf"
                data = report_pdf(report) if pdf else render_report_page(report).encode()
                _write(output, data)
                if pdf and not shows_every_letter(data):
                    say(
                        "Some letters of a quote are in no font of this system, and boxes stand for them: use HTML."
                    )
        except (DecisionError, ProfileError) as error:
            raise click.UsageError(str(error)) from error
        except ReportError as error:
            for line in str(error).splitlines():
                say(line)
            sys.exit(EXIT_WRONG_USE)
    if report.left_out:
        say(
            f"{report.left_out} claims were left out: they, what they answer, or what was said against them, may not "
            "be told to these readers (TLP; what is not marked counts as AMBER). docs/handling-caveats.md"
        )
    if report.held_back:
        say(
            f"{report.held_back} indicators were left out of the evidence, and nothing was made of them: their sources "
            "marked them for fewer readers. docs/handling-caveats.md"
        )
    if as_json:
        sys.stdout.buffer.write(report_line(report))
    elif output is not None:
        sys.stdout.write(f"{output.absolute()}\n")


def _read_summary(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_SUMMARY_BYTES + 1)
    except OSError as error:
        raise click.UsageError(
            f"--summary {path}: cannot be read ({error.strerror}); check the path"
        ) from error
    if len(data) > _MOST_SUMMARY_BYTES:
        raise click.UsageError(
            f"--summary {path}: is larger than {_MOST_SUMMARY_BYTES:,} bytes; expected a few lines"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(
            f"--summary {path}: is not UTF-8 (byte {error.start}); save it as UTF-8"
        ) from error


def _check_output(path: Path) -> None:
    """Refuse, before any work, to write where no report of ours was."""
    from tocsin.render.report.page import REPORT_START

    if path.suffix.lower() not in (".pdf", ".html"):
        raise click.UsageError(f"-o {path}: expected a name that ends in .pdf or .html")
    if not path.absolute().parent.is_dir():
        raise click.UsageError(f"-o {path}: that folder does not exist; make it first")
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            head = file.read(len(REPORT_START))
    except OSError as error:
        raise click.UsageError(f"-o {path}: cannot be written ({error.strerror}); name another") from error
    ours = head.startswith(b"%PDF-") if path.suffix.lower() == ".pdf" else head == REPORT_START.encode()
    if not ours and head:
        raise click.UsageError(f"-o {path}: is no report of Tocsin; name another, so that it is kept")


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(f".tocsin-{os.getpid()}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
