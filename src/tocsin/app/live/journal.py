"""What arrived, on disk until it is in the store: sealed originals, and records of arrivals.

An original is durable when `seal` returns: the file is written whole and synced before it gets its name. A record is
with the system when `append` returns, so that a killed process loses none. Writers append to segments of their own,
each under a lock for as long as it takes; whoever reads takes a segment away by giving it another name, and its writer
then begins a new one. What a crash cut off at the end of a segment is left out. Records are sealed for the store where
that is encrypted: anybody with the folder's public key can write them, and only who opens the store can read them.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import struct
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tocsin.app.live.journal_key import Closing, Opening, closing_for
from tocsin.model.arrival import Arrival
from tocsin.respond.sealed import SUFFIX
from tocsin.respond.sealed import seal as sealed_bytes

_HEAD = struct.Struct("<II")  # length, CRC-32
_LARGEST_RECORD_BYTES = 256 * 1024 * 1024
_SEGMENT_BYTES = 4 * 1024 * 1024
_MAGIC = b"TOCSIN ARRIVALS 1\n"
_OPEN, _TAKEN, _UNREADABLE = ".open", ".taken", ".unreadable"
_DAY_S = 86_400.0

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Arrival).decode


class JournalFailed(OSError):
    """The journal's folder takes nothing or cannot be used; the message says where, why, and what to do."""


class JournalFull(JournalFailed):
    """There is no room left where the journal lies; nothing half-done was kept."""


class Journal:
    """The folder of originals and arrivals; made where there is none, for its owner alone.

    Raises JournalFailed where it cannot be made or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._originals = self.folder / "originals"
        self._arrivals = self.folder / "arrivals"
        self._segment: _Segment | None = None
        self._durable: set[str] = set()  # folders of originals that this process has seen to
        try:
            for path in (self.folder, self._originals, self._arrivals):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(self._arrivals, os.W_OK | os.X_OK):
                raise PermissionError(13, os.strerror(13))
        except OSError as error:
            raise _failed(self.folder, error) from error

    # Originals ------------------------------------------------------------------------------------------

    def seal(self, raw: bytes, arrived_s: float) -> str:
        """Keep a mail's bytes under seal; returns the file, which is durable by then. The same bytes lie there once.

        Raises JournalFailed.
        """
        digest = hashlib.sha256(raw).hexdigest()
        folder = self._originals / digest[:2]
        path = folder / f"{digest}{SUFFIX}"
        try:
            if not path.exists():
                if not folder.is_dir():
                    self._durable.discard(folder.name)
                    folder.mkdir(mode=0o700, exist_ok=True)
                _write_whole(path, sealed_bytes(raw))
                if folder.name not in self._durable:
                    _sync_folder(self._originals)
                    self._durable.add(folder.name)
            os.utime(path, (arrived_s, arrived_s))  # kept for so long after it last came
            _sync_folder(folder)
        except OSError as error:
            raise _failed(self.folder, error) from error
        return str(path)

    def expire(self, now_s: float, keep_days: int) -> int:
        """Remove originals that came more than so many days ago, and leftovers of crashes; returns how many."""
        removed = 0
        try:
            for path in self._originals.glob("??/*"):
                kept_s = keep_days * _DAY_S if path.name.endswith(SUFFIX) else _DAY_S
                if path.stat().st_mtime < now_s - kept_s:
                    path.unlink(missing_ok=True)
                    removed += 1
        except OSError as error:
            raise _failed(self.folder, error) from error
        return removed

    # Arrivals: writing ----------------------------------------------------------------------------------

    def append(self, arrival: Arrival) -> None:
        """Note an arrival. Raises JournalFailed, with nothing of it noted."""
        record = _packed(arrival)
        try:
            while self._segment is None or not self._segment.append(record):
                self._segment = _Segment(self._arrivals)
        except OSError as error:
            raise _failed(self.folder, error) from error

    def close(self) -> None:
        """End the segment at hand; what was noted waits for whoever reads."""
        if self._segment is not None:
            self._segment.end()
        self._segment = None

    # Arrivals: reading, by whoever opens the store --------------------------------------------------------

    def take(self) -> Iterator[Path]:
        """Segments with arrivals, the oldest first, those taken before included; nothing is written to them any more.

        For one process at a time (`reader`). Raises JournalFailed.
        """
        try:
            for path in sorted(self._arrivals.glob(f"*{_OPEN}")):
                _take(path)
            yield from sorted(self._arrivals.glob(f"*{_TAKEN}"))
        except OSError as error:
            raise _failed(self.folder, error) from error

    def peek(self, opening: Opening) -> Iterator[Arrival]:
        """All arrivals that wait, the oldest first, left where they are."""
        for path in sorted((*self._arrivals.glob(f"*{_TAKEN}"), *self._arrivals.glob(f"*{_OPEN}"))):
            try:
                yield from read_segment(path, opening)
            except (OSError, UnreadableSegment):  # found in the store, or by the keeper
                continue

    def reader(self) -> int | None:
        """A descriptor that makes this process the one that reads, None where another one is; closing it ends that."""
        try:
            fd = os.open(self.folder / "reader.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _failed(self.folder, error) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        return fd


class UnreadableSegment(ValueError):
    """What is in a segment beyond some place cannot be read; the message says why."""


def read_segment(path: Path, opening: Opening) -> Iterator[Arrival]:
    """The arrivals of a segment, to its end or to where a crash cut it off.

    Raises UnreadableSegment after the last one that could be read, where more than a cut end is wrong.
    """
    data = path.read_bytes()
    head, _, rest = data.partition(b"\n")
    if len(data) < len(_MAGIC):
        return
    if head + b"\n" != _MAGIC:
        raise UnreadableSegment("it is no journal of arrivals")
    opened = opening.of(rest)
    if opened is None:
        raise UnreadableSegment("it was sealed for another store")
    if not opened.whole:
        return
    offset = opened.start
    while offset + _HEAD.size <= len(rest):
        length, sum_ = _HEAD.unpack_from(rest, offset)
        start = offset + _HEAD.size
        body = rest[start : start + length]
        if not length or length > _LARGEST_RECORD_BYTES or len(body) < length:
            return  # what a crash left
        if zlib.crc32(body) != sum_:
            raise UnreadableSegment(f"its record at byte {len(_MAGIC) + offset} is damaged")
        try:
            yield _decode(opened.open(body))
        except (msgspec.DecodeError, ValueError) as error:
            raise UnreadableSegment(
                f"its record at byte {len(_MAGIC) + offset} is damaged ({error})"
            ) from error
        offset = start + length


def set_aside(path: Path) -> Path:
    """Give a segment that cannot be read a name under which nobody tries again."""
    aside = path.with_suffix(_UNREADABLE)
    path.rename(aside)
    return aside


class _Segment:
    """The segment that one process appends to."""

    def __init__(self, folder: Path) -> None:
        self._closing: Closing = closing_for(folder.parent)
        # named so that names sort by time; two processes never share one
        self.path = folder / f"{time.time_ns():020d}-{os.getpid()}{_OPEN}"
        self._fd = os.open(
            self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        self._written = 0
        try:
            self._write(_MAGIC + self._closing.preamble)
        except OSError:
            self.path.unlink(missing_ok=True)
            self.end()
            raise

    def append(self, record: bytes) -> bool:
        """Add a record whole; False where the segment has been taken or is full, and another one is to be begun."""
        if self._fd < 0:
            return False
        body = self._closing.close(record)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # it is being taken right now
            self.end()
            return False
        try:
            if self._written > _SEGMENT_BYTES or not self._is_ours():
                self.end()
                return False
            self._write(_HEAD.pack(len(body), zlib.crc32(body)) + body)
        finally:
            if self._fd >= 0:
                fcntl.flock(self._fd, fcntl.LOCK_UN)
        return True

    def _is_ours(self) -> bool:
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            return False
        mine = os.fstat(self._fd)
        return (found.st_ino, found.st_dev) == (mine.st_ino, mine.st_dev)

    def _write(self, data: bytes) -> None:
        """All of it, or nothing."""
        written = 0
        try:
            while written < len(data):
                written += os.write(self._fd, memoryview(data)[written:])
        except OSError:
            os.ftruncate(self._fd, self._written)
            raise
        self._written += len(data)

    def end(self) -> None:
        """Append nothing more."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1


def _take(path: Path) -> None:
    """Take a segment from its writer, which begins a new one with its next record."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # its writer could not begin it after all
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)  # held by writers for one record at a time
        path.rename(path.with_suffix(_TAKEN))
    finally:
        os.close(fd)


def _packed(arrival: Arrival) -> bytes:
    try:
        return _encode(arrival)
    except UnicodeEncodeError:  # lone surrogates, which msgpack cannot hold: as what they stand for in bytes
        return _encode(msgspec.convert(_without_surrogates(msgspec.to_builtins(arrival)), Arrival))


def _without_surrogates(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _without_surrogates(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(one) for one in value]
    return value


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name, sync it, and give it its name; leaves nothing where that fails."""
    fd, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)  # mode 0600
    try:
        try:
            with memoryview(data) as view:
                written = 0
                while written < len(view):
                    written += os.write(fd, view[written:])
            os.fsync(fd)
        finally:
            os.close(fd)
        os.rename(name, path)
    except BaseException:  # an interrupt leaves nothing either; raised again
        Path(name).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _failed(folder: Path, error: OSError) -> JournalFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return JournalFull(
            f"{folder}: there is no room for what arrives ({error.strerror}); nothing of this mail was kept. Make "
            "room, or name another folder as spool"
        )
    return JournalFailed(
        f"{folder}: what arrives cannot be kept there ({error.strerror or error}). Check the disk and who may write "
        "there, or name another folder as spool"
    )
