"""What of arriving mail must outlast a crash: originals of what was changed, held or alarmed, and records on their way
into the store.

An original is on the disk when `seal` returns. Records go to segments, files of frames that are appended to; a closed
segment waits until the store has taken it. A frame that a crash cut off ends its segment, nothing before it is lost.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tocsin.model.arrival import Arrival
from tocsin.respond.sealed import SUFFIX, seal

_LENGTH = struct.Struct("<I")
_ORIGINALS, _SEGMENTS = "originals", "arrivals"
_OPEN, _CLOSED = ".open", ".segment"
SEGMENT_BYTES = 4 * 1024 * 1024
SEGMENT_S = 5.0
_LARGEST_FRAME_BYTES = 256 * 1024 * 1024
_DAY_S = 86_400

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Arrival)


class JournalFailed(OSError):
    """The disk takes nothing; the message says where, why, and what to do."""


class Journal:
    """A folder that its owner alone may enter. Raises JournalFailed where it cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: tuple[int, Path, float] | None = None
        self._written_bytes = 0
        try:
            for name in (_ORIGINALS, _SEGMENTS):
                (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _failed(folder, error) from error

    def seal(self, raw: bytes, arrived_s: float) -> str:
        """Keep the original of a mail; returns the path of the sealed file, which is on the disk by then.

        The same bytes are kept once a day. Raises JournalFailed; then there is no file.
        """
        day = time.strftime("%Y-%m-%d", time.gmtime(arrived_s))
        folder = self.folder / _ORIGINALS / day
        path = folder / f"{hashlib.sha256(raw).hexdigest()}.eml{SUFFIX}"
        if path.exists():
            return str(path)
        draft = folder / f".{secrets.token_hex(8)}.part"
        try:
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
                _sync(folder.parent)
            fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                _write(fd, seal(raw))
                os.fsync(fd)
            finally:
                os.close(fd)
            os.replace(draft, path)
            _sync(folder)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise _failed(folder, error) from error
        return str(path)

    def append(self, arrival: Arrival) -> None:
        """Note a mail that was let on its way. Raises JournalFailed; then nothing is noted."""
        record = _encoder.encode(arrival)
        try:
            fd, _, _ = self._open or self._begin()
            before = os.fstat(fd).st_size
            try:
                _write(fd, _LENGTH.pack(len(record)) + record)
            except OSError:
                os.ftruncate(fd, before)
                raise
        except OSError as error:
            raise _failed(self.folder / _SEGMENTS, error) from error
        self._written_bytes += len(record)
        if self._written_bytes > SEGMENT_BYTES:
            self.close_segment()

    def close_old(self) -> None:
        """Close the segment if it has been open for a while, so that what it holds gets into the store."""
        if self._open is not None and time.monotonic() - self._open[2] > SEGMENT_S:
            self.close_segment()

    def _begin(self) -> tuple[int, Path, float]:
        path = self.folder / _SEGMENTS / f"{time.time_ns():020d}-{os.getpid()}{_OPEN}"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        self._open = (fd, path, time.monotonic())
        self._written_bytes = 0
        return self._open

    def close_segment(self) -> None:
        """Hand the segment that is being written over to whoever fills the store."""
        if self._open is None:
            return
        fd, path, _ = self._open
        self._open = None
        os.replace(path, path.with_suffix(_CLOSED))
        os.close(fd)

    def segments(self) -> list[Path]:
        """Closed segments, the oldest first; those of a writer that has ended count as closed."""
        found: list[Path] = []
        for path in sorted((self.folder / _SEGMENTS).iterdir()):
            if path.suffix == _CLOSED:
                found.append(path)
            elif path.suffix == _OPEN:
                try:
                    if not _writes(path):
                        found.append(path.replace(path.with_suffix(_CLOSED)))
                except FileNotFoundError:  # its writer has just closed it
                    continue
        return found

    def expire(self, now_s: float, keep_days: int) -> int:
        """Remove the originals of days that are longer ago; returns how many mails."""
        removed = 0
        last = time.strftime("%Y-%m-%d", time.gmtime(now_s - keep_days * _DAY_S))
        for folder in (self.folder / _ORIGINALS).iterdir():
            if folder.name < last:
                for path in folder.iterdir():
                    path.unlink()
                    removed += 1
                folder.rmdir()
        return removed


def read_segment(path: Path) -> Iterator[Arrival]:
    """The arrivals of a segment; what a crash has cut off at its end is left out."""
    with path.open("rb") as file:
        while len(head := file.read(_LENGTH.size)) == _LENGTH.size:
            (length,) = _LENGTH.unpack(head)
            if length > _LARGEST_FRAME_BYTES:
                return
            record = file.read(length)
            if len(record) < length:
                return
            try:
                yield _decoder.decode(record)
            except msgspec.DecodeError:
                return


def _writes(path: Path) -> bool:
    """Whether a process still holds this segment open for writing: the lock goes with the process."""
    fd = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _write(fd: int, data: bytes) -> None:
    with memoryview(data) as view:
        written = 0
        while written < len(view):
            written += os.write(fd, view[written:])


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _failed(folder: Path, error: OSError) -> JournalFailed:
    return JournalFailed(
        f"{folder}: cannot be written ({error.strerror or error}); make room there, or name another folder as spool"
    )
