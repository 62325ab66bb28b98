"""Bytes as the open file that libraries ask for, without a file."""

from __future__ import annotations


class InMemory:
    """Reads bytes from a place that moves, as an open file does."""

    closed = False

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def read(self, size: int | None = -1) -> bytes:
        """Give the next `size` bytes, all that are left if it is negative or None."""
        end = len(self._data) if size is None or size < 0 else self._at + size
        piece = self._data[self._at : end]
        self._at += len(piece)
        return piece

    def readinto(self, buffer: memoryview) -> int:
        """Fill `buffer` with the next bytes; returns how many there were."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place, counted from the start (0), from here (1) or from the end (2)."""
        self._at = max(0, offset + (0, self._at, len(self._data))[whence])
        return self._at

    def tell(self) -> int:
        """Give the place in bytes from the start."""
        return self._at

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read from any place."""
        return True

    def close(self) -> None:
        """Leave the bytes as they are: there is nothing to close."""
