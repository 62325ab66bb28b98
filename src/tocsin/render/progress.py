"""One line on a terminal: what is being done, how fast, how long it will still take."""

from __future__ import annotations

import time
from typing import Protocol, TextIO

from tocsin.render.shown import visible

_INTERVAL_S = 0.2
_STAGES = {
    "fetching": "Fetching",
    "reading": "Reading",
    "storing": "Storing",
    "linking": "Linking",
    "comparing": "Comparing",
    "judging": "Judging",
}


class ScanProgress(Protocol):
    """What the line shows; see `app.scan.Progress`."""

    @property
    def stage(self) -> str: ...
    @property
    def mails(self) -> int: ...
    @property
    def total_mails(self) -> int: ...
    @property
    def bytes_done(self) -> int: ...
    @property
    def bytes_total(self) -> int: ...
    @property
    def elapsed_s(self) -> float: ...


class ProgressLine:
    """Draws at most five times a second, without a thread: threads and forked workers don't mix."""

    def __init__(self, stream: TextIO, *, enabled: bool) -> None:
        self._stream = stream
        self._enabled = enabled
        self._drawn_s = 0.0
        self._visible = False
        self._stage = ""
        self._stage_started_s = 0.0

    def show(self, progress: ScanProgress) -> None:
        if not self._enabled:
            return
        now = time.monotonic()
        if progress.stage != self._stage:
            self._stage, self._stage_started_s = progress.stage, now
        elif now - self._drawn_s < _INTERVAL_S:
            return
        self._drawn_s = now
        self._stream.write("\r\x1b[2K" + progress_text(progress, now - self._stage_started_s))
        self._stream.flush()
        self._visible = True

    def clear(self) -> None:
        if self._visible:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()
            self._visible = False

    def print(self, line: str) -> None:
        """Write a line above the progress line; what could steer the terminal is shown, not obeyed."""
        self.clear()
        self._stream.write(visible(line) + "\n")


def progress_text(progress: ScanProgress, stage_s: float) -> str:
    """The line itself; `stage_s` is how long this stage has run."""
    if progress.stage == "reading":
        share = progress.bytes_done / progress.bytes_total if progress.bytes_total else 0.0
    else:
        share = progress.mails / progress.total_mails if progress.total_mails else 0.0
    share = min(share, 1.0)
    rate = progress.mails / stage_s if stage_s > 0 else 0.0
    parts = [f"{_STAGES.get(progress.stage, progress.stage)} {progress.mails:,} mails"]
    if rate:
        parts.append(f"{rate:,.0f}/s")
    if share > 0:
        parts.append(f"{share:.0%}")
        if stage_s > 1 and share < 1:
            parts.append(f"{_duration(stage_s * (1 - share) / share)} left")
    return "  ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
