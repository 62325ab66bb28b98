"""tar, read once from front to back without touching the file system.

Our own reader because the standard library's keeps every member in memory and takes extended headers of any
size. Source: POSIX pax (IEEE 1003.1, "pax Interchange Format"), GNU tar manual "Basic Tar Format".
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.connect.feed import Damage, Feed
from tocsin.mail.tar_header import BLOCK, is_header, name_in, number_in, padded

_LONGEST_NAME = 1024 * 1024
_REGULAR = b"0\x007"


class TarMember(msgspec.Struct, frozen=True):
    """A regular file in a tar; its `size` bytes come next in the feed and must be consumed by the caller."""

    name: str
    size: int


def tar_members(feed: Feed) -> Iterator[TarMember | Damage]:
    """The regular files of a tar; after each, the caller leaves the feed at most `size` bytes further on.

    A block that should be a header and is not gives one Damage, and the search goes on at the next block
    that is one.
    """
    long_name, long_size, lost = "", -1, False
    while True:
        block = feed.take(BLOCK)
        if len(block) < BLOCK:
            if block.strip(b"\x00"):
                yield _damage("truncated-archive", "The archive ends inside a header", feed.position)
            return
        if not block.strip(b"\x00"):
            return
        if not is_header(block):
            if not lost:
                yield _damage("damaged-archive", "A header of the archive is damaged", feed.position - BLOCK)
            lost = True
            continue
        lost = False
        size = number_in(block[124:136])
        kind = block[156:157]
        if kind in (b"L", b"x", b"X", b"K", b"g"):
            if size > _LONGEST_NAME:
                yield _damage(
                    "damaged-archive", "A name in the archive is absurdly long", feed.position - BLOCK
                )
                feed.skip(padded(size))
                continue
            data = feed.take(padded(size))[:size]
            if kind == b"L":
                long_name = _text(data)
            elif kind in (b"x", b"X"):
                pax_name, pax_size = _pax(data)
                long_name, long_size = pax_name or long_name, pax_size
            continue
        size = long_size if long_size >= 0 else size
        name = long_name or _text(name_in(block))
        long_name, long_size = "", -1
        before = feed.position
        if kind in (b"0", b"\x00", b"7") and not name.endswith("/"):
            yield TarMember(name, size)
        feed.skip(max(0, before + padded(size) - feed.position))


def _damage(code: str, what: str, offset: int) -> Damage:
    return Damage(code, f"{what}; the rest that could be found was read. Download or copy it again.", offset)


def _text(field: bytes) -> str:
    return field.split(b"\x00", 1)[0].decode("utf-8", "surrogateescape")


def _pax(data: bytes) -> tuple[str, int]:
    name, size, at = "", -1, 0
    while at < len(data):
        space = data.find(b" ", at, at + 20)
        length = data[at:space] if space > 0 else b""
        if not length.isdigit() or int(length) < 5:
            break
        key, _, value = data[space + 1 : at + int(length) - 1].partition(b"=")
        if key == b"path":
            name = _text(value)
        elif key == b"size" and value.isdigit() and len(value) < 20:
            size = int(value)
        at += int(length)
    return name, size
