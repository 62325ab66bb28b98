"""A stream of bytes that ends instead of raising, and says why it ended.

Readers of mail see the end of a damaged file as its end, hand over what they have, and whoever opened the stream
reports `Feed.damage`. That way a truncated gzip or a bad disk costs nobody the mails before the damage.
"""

from __future__ import annotations

from typing import BinaryIO, Protocol

import msgspec

BLOCK = 256 * 1024


class Damage(msgspec.Struct, frozen=True):
    """Why a stream ended early; `offset` in bytes of the file that was read, or None."""

    code: str
    text: str
    offset: int | None = None


class Damaged(Exception):
    """Raised by whatever a `Feed` reads from, caught by the feed."""

    def __init__(self, code: str, text: str, offset: int | None = None) -> None:
        super().__init__(text)
        self.damage = Damage(code, text, offset)


class Readable(Protocol):
    """Anything that gives at most `n` bytes, and b"" only at its end."""

    def read(self, n: int, /) -> bytes: ...


class Counter:
    """Bytes and files consumed so far, over all inputs of one call."""

    def __init__(self) -> None:
        self.bytes = 0
        self.files = 0
        self.unpacked = 0
        self.members = 0


class FileBytes:
    """The bytes of an open file, counted."""

    def __init__(self, file: BinaryIO, counter: Counter) -> None:
        self.file = file
        self._counter = counter

    def read(self, n: int, /) -> bytes:
        data = self.file.read(n)
        self._counter.bytes += len(data)
        return data


class Feed:
    """Bytes to read once, in order, with a look ahead.

    `file` is the open file below when the feed is a plain file at offset 0 (for formats that must seek), else None.
    """

    def __init__(self, source: Readable, file: BinaryIO | None = None, position: int = 0) -> None:
        self._source = source
        self._ahead = b""
        self._ended = False
        self.file = file
        self.position = position  # of the next byte that `read` gives
        self.damage: Damage | None = None

    def peek(self, n: int) -> bytes:
        """The next `n` bytes without consuming them, fewer only at the end."""
        while len(self._ahead) < n and not self._ended:
            self._ahead += self._pull(n - len(self._ahead))
        return self._ahead[:n]

    def read(self, n: int, /) -> bytes:
        """At most `n` bytes; b"" at the end."""
        if self._ahead:
            data, self._ahead = self._ahead[:n], self._ahead[n:]
        else:
            data = self._pull(n)
        self.position += len(data)
        return data

    def take(self, n: int) -> bytes:
        """Exactly `n` bytes, fewer only at the end."""
        data = self.read(n)
        if len(data) == n:
            return data
        parts = [data]
        missing = n - len(data)
        while missing and data:
            data = self.read(min(missing, 16 * BLOCK))
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def skip(self, n: int) -> int:
        """Pass over `n` bytes; gives how many there were."""
        left = n
        while left:
            data = self.read(min(left, BLOCK))
            if not data:
                break
            left -= len(data)
        return n - left

    def _pull(self, n: int) -> bytes:
        if self._ended:
            return b""
        try:
            data = self._source.read(n)
        except Damaged as error:
            self.damage, data = error.damage, b""
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self.damage = Damage(
                "read-failed", f"Reading stopped: {reason}. Copy the file again and scan the copy."
            )
            data = b""
        if not data:
            self._ended = True
            if self.damage is not None and self.damage.offset is None:
                at = self.position + len(self._ahead)
                self.damage = Damage(self.damage.code, self.damage.text, at)
        return data
