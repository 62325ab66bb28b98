"""A stream of bytes that ends instead of raising, and says why it ended.

Readers of mail see the end of a damaged file as its end, hand over what they have, and whoever opened the
stream reports `Feed.damage`. That way a truncated gzip or a bad disk costs nobody the mails before the
damage.
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


class Section:
    """`size` bytes of a feed, as a member of an archive has them; raises Damaged where the feed ends
    before."""

    def __init__(self, feed: Feed, size: int) -> None:
        self._feed = feed
        self.left = size

    def read(self, n: int, /) -> bytes:
        if not self.left:
            return b""
        data = self._feed.read(min(n, self.left))
        self.left -= len(data)
        if not data and n and self.left:
            below, self._feed.damage = self._feed.damage, None
            if below is not None:
                raise Damaged(below.code, below.text, below.offset)
            raise Damaged(
                "truncated-archive",
                "The archive ends in the middle of this member; what is there was read. Download or "
                "copy it again.",
                self._feed.position,
            )
        return data


class FileRange:
    """A range of an open file, with a place of its own to read on from; counted."""

    def __init__(self, file: BinaryIO, start: int, size: int, counter: Counter) -> None:
        self._file, self._at, self._left, self._counter = file, start, size, counter

    def read(self, n: int, /) -> bytes:
        self._file.seek(self._at)
        data = self._file.read(min(n, self._left))
        self._at += len(data)
        self._left -= len(data)
        self._counter.bytes += len(data)
        return data


class Feed:
    """Bytes to read once, in order, with a look ahead.

    `file` is the open file below when the feed is a plain file at offset 0 (for formats that must seek),
    else None.
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
        if n <= 0:
            return b""
        if self._ahead:
            if n >= len(self._ahead):
                data, self._ahead = self._ahead, b""
            else:
                data, self._ahead = self._ahead[:n], self._ahead[n:]
        else:
            data = self._pull(n)
        self.position += len(data)
        return data

    def rewind_file(self) -> None:
        """Set the open file back to where this feed reads on, after someone else moved in it."""
        if self.file is not None:
            self.file.seek(self.position + len(self._ahead))

    def unread(self, data: bytes) -> None:
        """Put back bytes that were read last."""
        self._ahead = data + self._ahead
        self.position -= len(data)

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
