"""`tocsin rules check`: prove one's own rules before they judge anybody's mail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin.app.config import ConfigError, load_config
from tocsin.cli.edge import EXIT_INTERRUPTED, EXIT_UNREAD, NOTES, say

if TYPE_CHECKING:
    from tocsin.model.rule_check import Checked

EXIT_PROVEN, EXIT_FAILED = 0, 1
_PATH = click.Path(path_type=Path)


@click.group("rules")
def command() -> None:
    """Rules of your own in YAML and YARA. Format: docs/rules.md."""


@command.command("check")
@click.argument("paths", nargs=-1, type=_PATH, metavar="[PATH]...")
@click.option(
    "--benign", type=_PATH, help="Count each rule's hits in this folder (or mailbox) of benign mail."
)
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.option("--jobs", type=click.IntRange(1, 256), help="Observing processes [default: one a core].")
@click.option("--config", type=_PATH, help="Settings in TOML.")
def check_command(
    paths: tuple[Path, ...], benign: Path | None, as_json: bool, jobs: int | None, config: Path | None
) -> None:
    """Prove the examples of your rules, and count what they hit in benign mail.

    PATH is a rule file or a folder of them; without one, the rules of the settings are checked.

    Exit code: 0 every example holds; 1 one does not; 2 wrong use, or a rule that cannot be read; 3 some of the benign
    mail could not be read; 4 interrupted.
    """
    from tocsin.app.requests import RequestError, make_request
    from tocsin.app.rules import RulesError, load_rules

    try:
        settings = load_config(config, {"jobs": jobs})
        chosen = paths or ((settings.rules,) if settings.rules else ())
        if not chosen:
            raise click.UsageError("name a rule file or a folder of them, or set rules in the settings")
        if benign is not None and str(benign) == "-":
            raise click.UsageError(
                "--benign -: name a folder or a mailbox; standard input cannot be measured on"
            )
        rules = load_rules(chosen)
        request = make_request(settings, [str(benign)] if benign else [], rules)
    except (ConfigError, RequestError, RulesError) as error:
        raise click.UsageError(str(error)) from error
    from tocsin.app.rule_check import check
    from tocsin.app.scan import StorageFailed, WorkerFailed, close_network
    from tocsin.render.progress import ProgressLine

    close_network()
    progress = ProgressLine(sys.stderr, enabled=sys.stderr.isatty())
    try:
        checked = check(
            rules,
            request if benign else None,
            request.weights,
            request.threshold,
            request.mail_time_s,
            progress.show,
        )
    except StorageFailed as error:
        say(f"Stopped: {error}.")
        sys.exit(EXIT_INTERRUPTED)
    except WorkerFailed as error:
        say(f"Stopped: no mail can be read ({error}).")
        sys.exit(EXIT_UNREAD)
    finally:
        progress.clear()
    _print(checked, as_json=as_json, benign=benign is not None)
    sys.exit(exit_code(checked))


def exit_code(checked: Checked) -> int:
    """The code that scripts depend on: an example that fails outranks mail that could not be read."""
    if not checked.proven:
        return EXIT_FAILED
    if checked.unread or any(error.code not in NOTES for error in checked.errors):
        return EXIT_UNREAD
    return EXIT_PROVEN


def _print(checked: Checked, *, as_json: bool, benign: bool) -> None:
    from tocsin.render.rules import render_check, rule_check_line

    if as_json:
        for error in checked.errors:
            say(f"{error.source}: {error.text}")
        sys.stdout.buffer.write(rule_check_line(checked))
        return
    from tocsin.render.terminal import terminal

    console = terminal()
    for piece in render_check(checked, benign=benign):
        console.print(piece)
    console.file.flush()
