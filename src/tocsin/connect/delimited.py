"""Old mailboxes whose mails lie between marks: MMDF (SCO, Sendmail) and Babyl (Emacs Rmail).

Source: mmdf(5) of mutt; "Format of Version 5 Babyl Files" in the GNU Emacs distribution.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.connect.eml import loose_mail, too_large
from tocsin.connect.feed import Feed
from tocsin.connect.limits import ReadLimits
from tocsin.connect.place import Place
from tocsin.model.source import RawMail, ReadError

_MMDF = b"\x01\x01\x01\x01\n"
_BABYL = b"\x1f"
_EOOH = b"*** EOOH ***\n"


def read_mmdf(feed: Feed, place: Place, limits: ReadLimits) -> Iterator[RawMail | ReadError]:
    """The mails between lines of four control-A."""
    for offset, piece in _pieces(feed, _MMDF, limits):
        if piece is None:
            yield too_large(_at(place, offset), limits)
        elif piece.strip():
            if piece.startswith(b"From "):
                piece = piece.partition(b"\n")[2]
            yield loose_mail(_at(place, offset), piece)


def read_babyl(feed: Feed, place: Place, limits: ReadLimits) -> Iterator[RawMail | ReadError]:
    """The mails of an Rmail file, each with its original header."""
    for number, (offset, piece) in enumerate(_pieces(feed, _BABYL, limits)):
        if piece is None:
            yield too_large(_at(place, offset), limits)
        elif number and (raw := _original(piece)):
            yield loose_mail(_at(place, offset), raw)


def _at(place: Place, offset: int) -> Place:
    return msgspec.structs.replace(place, label=place.at(offset), shelf=place.mailbox)


def _original(piece: bytes) -> bytes:
    """Undo Rmail's pruning: the full header lies before the EOOH line, the pruned one between it and the
    body."""
    _, _, mail = piece.lstrip(b"\x0c\n").partition(b"\n")  # the first line holds the labels
    before, found, after = mail.partition(_EOOH)
    if not found:
        return b""
    if not before.strip():
        return after
    body = after.partition(b"\n\n")[2]
    return before.rstrip(b"\n") + b"\n\n" + body


def _pieces(feed: Feed, mark: bytes, limits: ReadLimits) -> Iterator[tuple[int, bytes | None]]:
    """What lies between marks, with its offset; None for a piece over the limit, which is passed over."""
    buffer, base, start, scan, large = b"", feed.position, 0, 0, False
    while True:
        while (at := buffer.find(mark, scan)) >= 0:
            yield base + start, None if large else buffer[start:at]
            start = scan = at + len(mark)
            large = False
        large = large or len(buffer) - start > limits.max_mail_bytes
        if large:
            start = max(start, len(buffer) - len(mark))
        buffer, base, start = buffer[start:], base + start, 0
        scan = max(0, len(buffer) - len(mark))
        more = feed.take(max(limits.chunk_bytes, len(buffer)))
        if not more:
            break
        buffer += more
    if buffer or large:
        yield base, None if large else buffer
