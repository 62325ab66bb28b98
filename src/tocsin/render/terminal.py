"""The console that people read, on standard output or standard error."""

from __future__ import annotations

from typing import Never

from rich.console import Console


class _Terminal(Console):
    def on_broken_pipe(self) -> Never:
        """Let the command decide: rich itself would exit with 1, the code of an alert."""
        raise BrokenPipeError


def terminal(*, to_stderr: bool = False) -> Console:
    """A console that colours only what it is told to."""
    return _Terminal(stderr=to_stderr, highlight=False, soft_wrap=False)
