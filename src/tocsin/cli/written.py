"""Writes what leaves by a file: whole or not at all, for the user's eyes alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from tocsin.cli.edge import EXIT_INTERRUPTED, say


def check_place(output: Path) -> None:
    """Refuse, before any work, a place that no file can have."""
    if output.is_dir() or not output.absolute().parent.is_dir():
        raise click.UsageError(
            f"-o {output}: is a folder, or lies in none; name a file in a folder that exists"
        )


def write_private(data: bytes, output: Path | None) -> None:
    """Write to a file that nobody but the user may read, or to standard output; ends with code 4 if it cannot."""
    try:
        if output is None:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        draft = output.with_name(f".{output.name}.{os.getpid()}.part")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
            draft.replace(output)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        where = output or "standard output"
        say(f"{where}: cannot be written ({error.strerror or error}); make room and run again.")
        sys.exit(EXIT_INTERRUPTED)
