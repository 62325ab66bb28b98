"""The work folder of a scan: private, removed when the scan ends, kept when it is interrupted.

It is named after what is scanned (paths, sizes, modification times), how, and the version, so that the same command
run again finds it, and a changed mailbox does not. What nobody took up again is removed after `KEPT_DAYS`: it tells
who wrote to whom.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tocsin import __version__
from tocsin.app.spill import Row, StorageFailed, numbers_in, rows_in
from tocsin.model.source import RawMail, ReadError, ReadProgress

KEPT_DAYS = 7


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
    """Holds the spill files of one scan; `settings` is whatever else than the mails changes what is observed.

    `key` is what records are sealed with. Standard input cannot be read twice, so it gets a temporary folder. Raises
    StorageFailed where no folder can be made.
    """

    def __init__(self, paths: Sequence[str], settings: str = "", key: bytes = b"") -> None:
        self._key = key
        self.resumable = "-" not in paths
        self._lock = -1
        if self.resumable:
            sealed_by = hashlib.sha256(key).hexdigest() if key else ""
            parts = [__version__, settings, sealed_by, *map(_stamp, paths)]
            name = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape"))
            self.path = cache_folder() / f"scan-{name.hexdigest()[:20]}"
            _forget_old()
            self.resumable = self._claim()
        if not self.resumable:
            try:
                self.path = Path(tempfile.mkdtemp(prefix="tocsin-"))
            except OSError as error:
                raise StorageFailed(
                    f"No folder for observations can be made ({error.strerror or error}). Set TMPDIR to a "
                    "folder with room that you may write to, and run the same command again"
                ) from error

    def _claim(self) -> bool:
        """Make the folder ours; False if it cannot be made or another scan of the same input is at work."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = _locked(self.path)
        except OSError:
            return False
        return True

    def earlier(self) -> Iterator[Row]:
        """Rows that an interrupted scan of the same input left behind, each source once."""
        seen = set()
        for number in numbers_in(self.path):
            for row in rows_in(self.path, number, self._key):
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


def _locked(folder: Path) -> int:
    """Hold the folder; returns the lock's descriptor. Raises OSError if somebody else holds it."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise
    return lock


def _forget_old() -> None:
    """Remove what interrupted scans left behind long ago."""
    oldest_s = time.time() - KEPT_DAYS * 86_400
    for folder in cache_folder().glob("scan-*"):
        try:
            if folder.stat().st_mtime >= oldest_s:
                continue
            lock = _locked(folder)
        except OSError:
            continue  # gone, in use, or not ours to remove
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def with_earlier(
    found: Iterator[RawMail | ReadError | ReadProgress],
    earlier: dict[str, Row],
    held: Callable[[RawMail, str], Row | None],
) -> Iterator[RawMail | ReadError | ReadProgress | Row]:
    """Mails that an interrupted scan observed, or that the store holds, as their rows: the same bytes at the same
    place.
    """
    for item in found:
        if isinstance(item, RawMail) and not item.records:
            sha256 = hashlib.sha256(item.raw).hexdigest()
            row = earlier.get(item.source)
            if row is None or row.sha256 != sha256:
                row = held(item, sha256)
            if row is not None:
                yield row
                continue
        yield item
