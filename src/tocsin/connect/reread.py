"""One mail again, from the place that it was found in."""

from __future__ import annotations

import os
import re

from tocsin.connect.feed import Counter, Feed, FileBytes
from tocsin.connect.files import read_file
from tocsin.connect.folder_names import path_of
from tocsin.connect.kinds import HEAD_BYTES, Kind, recognise
from tocsin.connect.limits import DEFAULT_LIMITS, ReadLimits
from tocsin.connect.mbox import read_mbox
from tocsin.connect.place import place_of_file
from tocsin.connect.reading import Reading
from tocsin.model.source import RawMail

_OFFSET = re.compile(r"#@([0-9]{1,15})")


def reread(source: str, *, limits: ReadLimits = DEFAULT_LIMITS) -> bytes:
    """The bytes of the mail at a `RawMail.source`, the same that `read_mail` gave.

    A mail in an mbox is found by its offset; for archives, compressed files and PSTs the file is read up to
    it. LookupError when the file is gone, no longer holds a mail there, or was standard input.
    """
    if source == "-" or source.startswith("-#"):
        raise LookupError(
            "The mail came from standard input and cannot be read again. Save the input to a file and "
            "scan that."
        )
    path, member = _split(source)
    offset = _OFFSET.fullmatch(member)
    if offset:
        raw = _at_offset(path, int(offset[1]), limits)
        if raw is not None:
            return raw
    # The member tells which source is wanted; labels start with the path as it was written then.
    for item in read_file(path, place_of_file(path, given=True), Reading(limits, wanted=source)):
        if isinstance(item, RawMail) and (item.source == source or not member):
            return item.raw
    raise LookupError(f"{source}: there is no mail at this place any more. Scan the file again.")


def _split(source: str) -> tuple[str, str]:
    """The path of the file and "#member", taking the longest path that exists since "#" may be part of a
    name."""
    end = len(source)
    while end > 0:
        path = path_of(source[:end])
        if os.path.isfile(path):
            return path, source[end:]
        end = source.rfind("#", 0, end)
    raise LookupError(f"{source}: the file is no longer there. Point to where it was moved.")


def _at_offset(path: str, offset: int, limits: ReadLimits) -> bytes | None:
    try:
        with open(path, "rb", buffering=0) as file:
            if recognise(file.read(HEAD_BYTES)) is not Kind.MBOX:
                return None
            file.seek(offset)
            feed = Feed(FileBytes(file, Counter()), position=offset)
            if feed.peek(5) != b"From ":
                return None
            for item in read_mbox(feed, place_of_file(path), limits, only_first=True):
                return item.raw if isinstance(item, RawMail) else None
    except OSError as error:
        raise LookupError(f"{path}: {error.strerror or error}") from error
    return None
