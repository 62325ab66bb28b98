"""Where something failed that should not have, in words that repeat nothing of the mail it failed on."""

from __future__ import annotations

from pathlib import Path


def place_of(error: BaseException) -> str:
    """The kind of an error and the line of code that raised it: "TypeError at reach.py:12".

    The error's own text stays out, since it can repeat addresses and words of a mail.
    """
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    name = type(error).__name__
    return f"{name} at {Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last else name
