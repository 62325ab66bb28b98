"""`tocsin restore`: give back the original of a mail that was defused."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tocsin.cli.edge import EXIT_INTERRUPTED, EXIT_UNREAD, say, silence


@click.command("restore")
@click.argument("source", type=click.Path(path_type=Path), metavar="SEALED | -")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True,
    help="Write to FILE, - for standard output.",
)  # fmt: skip
def command(source: Path, output: Path) -> None:
    """Give back a sealed mail, byte for byte; its digest is checked first.

    What comes back phones home again when it is opened.

    Exit code: 0 written; 2 wrong use; 3 the sealed file cannot be read or is damaged; 4 the output cannot be written.
    """
    from tocsin.app.defusing import STANDARD, Unreadable, Unusable, Unwritable, restore_file
    from tocsin.app.scan import close_network

    close_network()
    try:
        head = restore_file(source, output, stdin=sys.stdin.buffer, stdout=sys.stdout.buffer)
    except Unusable as error:
        raise click.UsageError(str(error)) from error
    except Unreadable as error:
        say(str(error))
        sys.exit(EXIT_UNREAD)
    except Unwritable as error:
        if output == STANDARD:
            silence("stdout")
        say(str(error))
        sys.exit(EXIT_INTERRUPTED)
    say(f"{output}: {head.size} bytes, SHA-256 {head.sha256}.")
    for line in head.authentication:
        say(f"Recorded when it came: {line[:300]}")
