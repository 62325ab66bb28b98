"""What arrived, on disk until it is in the store: sealed originals, and records of arrivals.

An original is durable when `seal` returns: the file is written whole and synced before it gets its name. A record is
with the system when `append` returns, so that a killed process loses none. Writers append to segments of their own,
each under a lock for as long as it takes; whoever reads takes a segment away by giving it another name, and its writer
then begins a new one. Records are sealed for the store where that is encrypted: anybody with the folder's public key
can write them, and only who opens the store can read them. Each record begins with a mark, random and the segment's
own: behind damaged bytes reading goes on at the next one. A mail cannot know it, so nothing that a mail says is ever
taken for a record.
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

MARK_BYTES = 8
_HEAD = struct.Struct("<II")  # length, CRC-32
_LARGEST_RECORD_BYTES = 256 * 1024 * 1024
_SEGMENT_BYTES = 4 * 1024 * 1024
_MAGIC, _MAGIC_WITHOUT_MARKS = b"TOCSIN ARRIVALS 2\n", b"TOCSIN ARRIVALS 1\n"
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
    """Something in a segment cannot be read; the message says what and why, `lost_bytes` how much of the file."""

    def __init__(self, why: str, lost_bytes: int) -> None:
        super().__init__(why)
        self.lost_bytes = lost_bytes


def read_segment(path: Path, opening: Opening) -> Iterator[Arrival]:
    """The arrivals of a segment, in their order: every record that is intact, whatever lies between.

    Raises OSError, and UnreadableSegment after the last one where bytes could not be read: damaged ones, or those of
    a record that a crash cut off. Zeros at the end, which some file systems leave, are nothing.
    """
    data = path.read_bytes()
    if len(data) < len(_MAGIC):
        return
    line, data = data[: len(_MAGIC)], data[len(_MAGIC) :]
    if line not in (_MAGIC, _MAGIC_WITHOUT_MARKS):
        raise UnreadableSegment("it is no journal of arrivals", len(line) + len(data))
    mark_bytes = MARK_BYTES if line == _MAGIC else 0
    opened = opening.of(data[mark_bytes:])
    if opened is None:
        raise UnreadableSegment("it was sealed for another store", len(line) + len(data))
    if not opened.whole:
        return
    start = mark_bytes + opened.start
    # the segment's mark, or where that is damaged the first record's
    mark = max((data[:mark_bytes], data[start : start + mark_bytes]), key=data.count)
    lost_bytes, why = 0, ""
    for offset, end, intact in _stretches(data, start, mark):
        try:
            if not intact:
                raise ValueError("no record that fits its length and checksum")
            yield _decode(opened.open(data[offset + mark_bytes + _HEAD.size : end]))
        except (msgspec.DecodeError, ValueError) as error:
            lost_bytes += end - offset
            why = why or f"from byte {len(line) + offset} on: {error}"
    if lost_bytes:
        raise UnreadableSegment(f"{lost_bytes:,} bytes of it cannot be read ({why})", lost_bytes)


def _stretches(data: bytes, offset: int, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Where each record begins and ends (True), and each run of bytes between that is none (False)."""
    while offset < len(data):
        end = _end_of_record(data, offset + len(mark))
        if end:
            yield offset, end, True
            offset = end
            continue
        next_ = data.find(mark, offset + 1) if mark else -1
        while next_ >= 0 and not _end_of_record(data, next_ + len(mark)):
            next_ = data.find(mark, next_ + 1)
        end = next_ if next_ >= 0 else len(data)
        if any(data[offset:end]):
            yield offset, end, False
        offset = end


def _end_of_record(data: bytes, offset: int) -> int:
    """Where the record ends whose head lies here; 0 where none does that fits its length and checksum."""
    if offset + _HEAD.size > len(data):
        return 0
    length, sum_ = _HEAD.unpack_from(data, offset)
    start = offset + _HEAD.size
    if not 0 < length <= min(_LARGEST_RECORD_BYTES, len(data) - start):
        return 0
    return start + length if zlib.crc32(memoryview(data)[start : start + length]) == sum_ else 0


def set_aside(path: Path) -> Path:
    """Give a segment that cannot be read a name under which nobody tries again."""
    aside = path.with_suffix(_UNREADABLE)
    path.rename(aside)
    return aside


class _Segment:
    """The segment that one process appends to."""

    def __init__(self, folder: Path) -> None:
        self._closing: Closing = closing_for(folder.parent)
        self._mark = os.urandom(MARK_BYTES)
        # named so that names sort by time; two processes never share one
        self.path = folder / f"{time.time_ns():020d}-{os.getpid()}{_OPEN}"
        self._fd = os.open(
            self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600
        )
        self._written = 0
        try:
            self._write(_MAGIC + self._mark + self._closing.preamble)
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
            self._write(self._mark + _HEAD.pack(len(body), zlib.crc32(body)) + body)
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
