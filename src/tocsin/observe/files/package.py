"""The zip of an Office document, member by member: first its start, and all of it only where that is worth it.

Source: ECMA-376 part 2 (packages); OASIS OpenDocument 1.3 part 2.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tocsin.mail.decompressors import Deflate
from tocsin.model.attached import Member
from tocsin.observe.files import kinds
from tocsin.observe.files.office_findings import ENCRYPTED, TOO_LARGE, UNREADABLE, Findings
from tocsin.observe.files.streams import unpack
from tocsin.observe.files.unpacking import Reason
from tocsin.observe.files.zip_archive import ZipEntry, entries, unpack_entry

MAX_ENTRIES = 20_000
_STORED, _DEFLATED, _AES = 0, 8, 99
_TROUBLES = {Reason.ENCRYPTED: ENCRYPTED, Reason.OVER: TOO_LARGE}


class PackagePart(msgspec.Struct, frozen=True, gc=False):
    """One member of a document: its name, what its first bytes are, and where the rest is."""

    name: str
    head: bytes
    kind: str
    entry: ZipEntry


def names(data: bytes) -> Iterator[str]:
    """Give the names of the members, with "/" between folders, at most `MAX_ENTRIES`."""
    for count, entry in enumerate(entries(data)):
        if count == MAX_ENTRIES:
            return
        yield entry.name.replace("\\", "/").lstrip("/")


def parts(data: bytes, findings: Findings) -> Iterator[PackagePart]:
    """Give the members that hold something; a document without any is said to be unreadable.

    Entries that share one place are told once: a thousand of them must not cost a thousand times as much.
    """
    seen: set[int] = set()
    count = 0
    for entry in entries(data):
        count += 1
        if count > MAX_ENTRIES:
            findings.troubles[TOO_LARGE] = None
            return
        if entry.start in seen or not entry.packed:
            continue
        seen.add(entry.start)
        if entry.method not in (_STORED, _DEFLATED):  # Office reads no others
            findings.troubles[ENCRYPTED if entry.method == _AES else UNREADABLE] = None
        elif head := _head(data, entry):
            name = entry.name.replace("\\", "/").lstrip("/")
            yield PackagePart(name, head, kinds.kind_of(head, name, ""), entry)
    if not count:
        findings.troubles[UNREADABLE] = None


def whole(data: bytes, part: PackagePart, findings: Findings) -> bytes:
    """Unpack a member as far as the allowance goes; what could not be read is said."""
    found = b""
    for entry in unpack_entry(data, part.entry, findings.allowance):
        if isinstance(entry, Member):
            found = entry.data
        elif not found or entry.reason is Reason.OVER:
            findings.troubles[_TROUBLES.get(entry.reason, UNREADABLE)] = None
    return found


def _head(data: bytes, entry: ZipEntry) -> bytes:
    if not 0 <= entry.start <= len(data):
        return b""
    if entry.method == _STORED:
        size = entry.packed if entry.packed > 0 else kinds.HEAD
        return data[entry.start : entry.start + min(kinds.HEAD, size)]
    return unpack(Deflate(), memoryview(data)[entry.start :], kinds.HEAD).data
