"""A mail's body that was saved without its headers."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.connect.eml import too_large
from tocsin.connect.feed import Feed
from tocsin.connect.limits import ReadLimits
from tocsin.connect.place import Place
from tocsin.model.source import RawMail, ReadError


def read_html(feed: Feed, place: Place, limits: ReadLimits) -> Iterator[RawMail | ReadError]:
    """The bytes of the file themselves, with `headers_missing`."""
    raw = feed.take(limits.max_mail_bytes + 1)
    if len(raw) > limits.max_mail_bytes:
        yield too_large(place, limits)
        return
    yield RawMail(
        source=place.label,
        mailbox=place.shelf,
        raw=raw,
        folder=place.folder,
        headers_missing=True,
        outgoing=place.outgoing,
    )
