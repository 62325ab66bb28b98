"""The edge of the process: streams that may be closed or full, signals, and faults that nobody foresaw.

Whatever ends a command early leaves by an exit code of the contract and one line, never by a traceback: the
interpreter's own code for an uncaught fault is 1, which scripts read as an alert.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Never

EXIT_ALERT, EXIT_WRONG_USE, EXIT_UNREAD, EXIT_INTERRUPTED = 1, 2, 3, 4


# Said, but no fault of the input: a folder may hold other files than mail.
NOTES = frozenset({"skipped-files"})


def prepare() -> None:
    """Make closed standard streams harmless, let no character stop the output, treat SIGTERM like Ctrl-C."""
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:  # else the next file that is opened would take the stream's place
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> Never:
    raise KeyboardInterrupt


def silence(name: str) -> None:
    """Send what is still buffered for "stdout" or "stderr" nowhere: its reader has gone or its disk is full."""
    stream = getattr(sys, name)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def say(line: str) -> None:
    """One line on standard error, as people may see it; if that is closed or full, nobody is told."""
    from tocsin.render.shown import visible

    try:
        sys.stderr.write(visible(line) + "\n")
        sys.stderr.flush()
    except OSError:
        silence("stderr")


def guarded(command: Callable[[], None]) -> int:
    """Run a command and return its exit code, whatever happens."""
    import click

    try:
        command()
        sys.stdout.flush()
        return 0
    except SystemExit as stop:
        return _flushed(stop.code if isinstance(stop.code, int) else EXIT_WRONG_USE)
    except click.UsageError as error:
        if error.ctx is not None:
            sys.stderr.write(error.ctx.get_usage() + "\n")
        say(f"Error: {error.format_message()}")
        return EXIT_WRONG_USE
    except click.ClickException as error:
        say(f"Error: {error.format_message()}")
        return EXIT_WRONG_USE
    except (KeyboardInterrupt, click.Abort):
        say("Interrupted.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        silence("stdout")
        return EXIT_INTERRUPTED
    except OSError as error:
        silence("stdout")
        say(f"Stopped: {error.filename or 'standard output'}: {error.strerror or error}.")
        return EXIT_INTERRUPTED
    except Exception as error:  # noqa: BLE001  (the command's edge)
        say(
            f"Tocsin itself failed ({type(error).__name__}: {str(error)[:300]}). This is a fault in Tocsin, not in "
            f"your mail: please report it with this place: {_place(error)}."
        )
        return EXIT_UNREAD


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        silence("stdout")
    return code


def _place(error: BaseException) -> str:
    """File and line where it happened, without the user's folders."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return "unknown"
    return f"{os.path.basename(traceback.tb_frame.f_code.co_filename)}:{traceback.tb_lineno}"
