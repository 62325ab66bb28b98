"""Frames between processes over pipes, of which neither side can make the other wait.

A frame is a 4-byte little-endian length and that many bytes. Pipes are read and written as files: the guard leaves them
open when it closes the network.
"""

from __future__ import annotations

import os
import select
import struct
from collections.abc import Iterator

_LENGTH = struct.Struct("<I")
_READ_BYTES = 1 << 18
LARGEST_FRAME_BYTES = 1 << 29
MOST_WAITING_BYTES = 1 << 30


class Channel:
    """One end of a pair of pipes; `closed` once the other end is gone or does not keep to the format."""

    def __init__(self, read_fd: int, write_fd: int, most_waiting_bytes: int = MOST_WAITING_BYTES) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._most_waiting = most_waiting_bytes
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self.closed = False
        os.set_blocking(read_fd, False)
        os.set_blocking(write_fd, False)

    def fileno(self) -> int:
        """What to wait for when reading."""
        return self._read_fd

    @property
    def write_fd(self) -> int:
        """What to wait for when `waiting` frames are to be written."""
        return self._write_fd

    @property
    def waiting(self) -> bool:
        """Whether something has not been written yet."""
        return bool(self._outgoing)

    def send(self, frame: bytes) -> bool:
        """Take a frame to be written as the other end reads; False where it is gone or too far behind."""
        if self.closed or len(self._outgoing) + len(frame) > self._most_waiting:
            return False
        self._outgoing += _LENGTH.pack(len(frame))
        self._outgoing += frame
        self.flush()
        return not self.closed

    def flush(self) -> None:
        """Write what can be written now."""
        written = 0
        try:
            with memoryview(self._outgoing) as view:
                while written < len(view):
                    written += os.write(self._write_fd, view[written : written + _READ_BYTES])
        except BlockingIOError:
            pass
        except OSError:
            self.closed = True
        del self._outgoing[:written]

    def received(self) -> list[bytes]:
        """All whole frames that have come, without waiting."""
        ended = False
        while not self.closed:
            try:
                piece = os.read(self._read_fd, _READ_BYTES)
            except BlockingIOError:
                break
            except OSError:
                ended = True
                break
            if not piece:
                ended = True
                break
            self._incoming += piece
            if len(self._incoming) > LARGEST_FRAME_BYTES:
                break
        frames = list(self._frames())
        self.closed = self.closed or ended
        return frames

    def _frames(self) -> Iterator[bytes]:
        start = 0
        while len(self._incoming) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._incoming, start)
            if length > LARGEST_FRAME_BYTES:
                self.closed = True
                break
            end = start + _LENGTH.size + length
            if len(self._incoming) < end:
                break
            yield bytes(self._incoming[start + _LENGTH.size : end])
            start = end
        del self._incoming[:start]

    def wait(self, timeout_s: float) -> bool:
        """Write what waits and wait until something comes, or the time is over; whether something came."""
        poll = select.poll()
        poll.register(self._read_fd, select.POLLIN)
        if self._outgoing:
            poll.register(self._write_fd, select.POLLOUT)
        events = dict(poll.poll(max(0.0, timeout_s) * 1000))
        if self._write_fd in events:
            self.flush()
        return self._read_fd in events

    def drain(self) -> None:
        """Write everything, however long the other end takes to read it."""
        while self._outgoing and not self.closed:
            poll = select.poll()
            poll.register(self._write_fd, select.POLLOUT)
            poll.poll()
            self.flush()

    def close(self) -> None:
        """Close both pipes."""
        if self._read_fd >= 0:
            os.close(self._read_fd)
            os.close(self._write_fd)
        self._read_fd = self._write_fd = -1
        self.closed = True


def pair() -> tuple[Channel, Channel]:
    """Two ends of a channel, for two processes that come of one fork; each closes the end that is not its own."""
    down_read, down_write = os.pipe()
    up_read, up_write = os.pipe()
    return Channel(up_read, down_write), Channel(down_read, up_write)
