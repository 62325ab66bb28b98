"""Files that travel with a mail, and what a look into one of them gives. They are never run and never drawn."""

from __future__ import annotations

import msgspec

from tocsin.model.message import Defect
from tocsin.model.reference import Reference


class AttachedFile(msgspec.Struct, frozen=True, gc=False):
    """A file in a mail, or in another file of the mail, decoded.

    `name` is as written, "" where it has none; `media_type` what was declared, lower-case, "" if nothing was.
    `kind` is what the content is, an id of `observe.files.kinds`. `path` is where it lies: the part's path,
    then "!" and a name for every file around it ("2", "2!letter.zip!plan.docx").
    """

    data: bytes
    name: str
    media_type: str
    kind: str
    path: str


class Member(msgspec.Struct, frozen=True, gc=False):
    """A file that was found in another, unpacked."""

    name: str
    data: bytes
    media_type: str = ""


class FileReading(msgspec.Struct, frozen=True, gc=False):
    """What a look into one file gives.

    `references` carry their own technique and trigger ("attachment", or "click" where the reader must follow
    something in the opened file). `members` are looked into next. `documents` are the texts of markup that a
    browser draws when the file is opened; `mail` is the mail that the file is. `not_evaluated` are whole
    sentences for people.
    """

    references: tuple[Reference, ...] = ()
    members: tuple[Member, ...] = ()
    defects: tuple[Defect, ...] = ()
    not_evaluated: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    mail: bytes = b""
