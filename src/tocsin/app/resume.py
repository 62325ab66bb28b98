"""The work folder of a scan: private, removed when the scan ends, kept when it is interrupted.

It is named after what is scanned (paths, sizes, modification times) and the version, so that the same command run
again finds it, and a changed mailbox does not.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tocsin import __version__
from tocsin.app.spill import Row, numbers_in, rows_in


def cache_folder() -> Path:
    """Where work folders lie: below XDG_CACHE_HOME, or the user's own cache."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "tocsin"


def _stamp(path: str) -> str:
    try:
        status = os.stat(path)
    except OSError:
        return path
    return f"{os.path.abspath(path)}\0{status.st_size}\0{status.st_mtime_ns}"


class WorkFolder:
    """Holds the spill files of one scan. Standard input cannot be read twice, so it gets a temporary folder."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.resumable = "-" not in paths
        self._lock = -1
        if self.resumable:
            key = hashlib.sha256(
                "\n".join([__version__, *map(_stamp, paths)]).encode("utf-8", "surrogateescape")
            )
            self.path = cache_folder() / f"scan-{key.hexdigest()[:20]}"
            self.resumable = self._claim()
        if not self.resumable:
            self.path = Path(tempfile.mkdtemp(prefix="tocsin-"))

    def _claim(self) -> bool:
        """Make the folder ours; False if it cannot be made or another scan of the same input is at work."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def earlier(self) -> Iterator[Row]:
        """Rows that an interrupted scan of the same input left behind, each source once."""
        seen = set()
        for number in numbers_in(self.path):
            for row in rows_in(self.path, number):
                if row.source not in seen:
                    seen.add(row.source)
                    yield row

    def next_number(self) -> int:
        """The first spill number that is free."""
        return max(numbers_in(self.path), default=-1) + 1

    def keep(self) -> None:
        """Leave what was observed for the next run of the same scan."""
        self._unlock()

    def _unlock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def remove(self) -> None:
        self._unlock()
        shutil.rmtree(self.path, ignore_errors=True)
