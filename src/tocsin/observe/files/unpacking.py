"""What the readers of archives have in common: what they yield, and names as they may be shown."""

from __future__ import annotations

from enum import Enum

import msgspec

from tocsin.model.attached import Member

_LONGEST = 100  # characters of a name


class Reason(Enum):
    """Why a file, or an archive from some place on, was not unpacked."""

    ENCRYPTED = "encrypted"
    OVER = "over"  # the limits of the allowance
    DAMAGED = "damaged"
    UNKNOWN = "unknown"  # a format or method that we cannot read


class NotUnpacked(msgspec.Struct, frozen=True, gc=False):
    """Something that was not unpacked, wholly or in part; `name` is "" for the archive as a whole."""

    reason: Reason
    name: str = ""


Entry = Member | NotUnpacked


def tidy_name(name: str, longest: int = _LONGEST) -> str:
    """Give a name from hostile hands in one line, without what reorders or hides; the end of long ones stays.

    The end is kept because it says which program opens the file.
    """
    cut = name[-4 * longest :]
    if not cut.isprintable():
        cut = "".join(c if c.isprintable() else "_" for c in cut)
    return cut.strip()[-longest:]


def text_of(name: bytes) -> str:
    """Give a name of unknown encoding as text: UTF-8 where it is that, else the DOS code page."""
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError:
        return name.decode("cp437")
