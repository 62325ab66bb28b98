"""Archives: streamed member by member, never unpacked to disk, each member read as what it is.

A member's damage is said for that member; the next is read. Limits: members and unpacked bytes in all, the
ratio of each stream, archives in archives (`ReadLimits`).
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from tocsin.connect.feed import BLOCK, Damage, Damaged, Feed, FileRange, Readable, Section
from tocsin.connect.kinds import Kind
from tocsin.connect.place import Place, place_of_member
from tocsin.connect.reading import Reading
from tocsin.connect.tar_members import tar_members
from tocsin.connect.tree import is_companion
from tocsin.connect.unpack import Unpacker, deflate, unpacked
from tocsin.connect.zip_members import ZipMember, data_start, directory, next_local, skip_descriptor
from tocsin.model.source import RawMail, ReadError

Found = Iterator[RawMail | ReadError]
ReadFeed = Callable[[Feed, Place, Reading], Found]
_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_METHODS = {1: "shrink", 6: "implode", 9: "Deflate64", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}


def read_compressed(feed: Feed, kind: Kind, place: Place, reading: Reading, read_feed: ReadFeed) -> Found:
    """What a gzip, bzip2 or xz file holds, under the name of the file itself."""
    if place.packed and place.depth >= reading.limits.max_depth:
        yield _too_deep(place, reading)
        return
    inner = replace(place, packed=True, depth=place.depth + place.packed, size=0)
    yield from read_feed(unpacked(feed, kind, reading), inner, reading)


def read_tar(feed: Feed, place: Place, reading: Reading, read_feed: ReadFeed) -> Found:
    """The mails in a tar, in its order."""
    if place.depth >= reading.limits.max_depth:
        yield _too_deep(place, reading)
        return
    for member in tar_members(feed):
        if isinstance(member, Damage):
            yield ReadError(member.code, place.label, member.text, member.offset)
            continue
        if _too_many(reading):
            yield _members_error(place, reading)
            return
        inside = place_of_member(place, member.name, member.size)
        if _worth_reading(member.name) and reading.wants(inside.label):
            yield from read_feed(Feed(Section(feed, member.size)), inside, reading)


def read_zip(feed: Feed, place: Place, reading: Reading, read_feed: ReadFeed) -> Found:
    """The mails in a zip, in the order of its directory, or of its members where it cannot be searched."""
    if place.depth >= reading.limits.max_depth:
        yield _too_deep(place, reading)
        return
    refused = _Refused()
    listed = directory(feed.file, reading.counter) if feed.file is not None else None
    if listed is not None:
        yield from _by_directory(feed, listed, place, reading, read_feed, refused)
    else:
        feed.rewind_file()
        yield from _by_stream(feed, place, reading, read_feed, refused)
    yield from refused.errors(place)


class _Refused:
    """Members that cannot be unpacked, told once for the archive and not once for each."""

    def __init__(self) -> None:
        self.encrypted: list[str] = []
        self.methods: dict[int, list[str]] = {}

    def takes(self, member: ZipMember) -> bool:
        if member.encrypted:
            self.encrypted.append(member.name)
        elif member.method not in (_STORED, _DEFLATED, _BZIP2):
            self.methods.setdefault(member.method, []).append(member.name)
        else:
            return False
        return True

    def errors(self, place: Place) -> Iterator[ReadError]:
        if self.encrypted:
            yield ReadError(
                "password-protected",
                place.label,
                f"{_count(len(self.encrypted), 'member')} of this zip need a password and were not "
                "read. Unpack it with the "
                "password into a folder and scan that folder.",
            )
        for method, names in sorted(self.methods.items()):
            yield ReadError(
                "unsupported-compression",
                place.label,
                f"{_count(len(names), 'member')} of this zip are packed with "
                f"{_METHODS.get(method, f'method {method}')}, which "
                "is not supported. Unpack it into a folder and scan that folder.",
            )


def _by_directory(
    feed: Feed,
    listed: Iterator[ZipMember],
    place: Place,
    reading: Reading,
    read_feed: ReadFeed,
    refused: _Refused,
) -> Found:
    file = feed.file
    assert file is not None
    length = file.seek(0, 2)
    packed_total = 0
    for member in listed:
        if _too_many(reading):
            yield _members_error(place, reading)
            return
        packed_total += member.packed_size
        if packed_total > length:
            yield ReadError(
                "archive-bomb",
                place.label,
                "The members of this zip lie over one another, as in a file made to fill disks: "
                "reading it was stopped.",
            )
            return
        inside = place_of_member(place, member.name, member.size)
        if not _worth_reading(member.name) or not reading.wants(inside.label) or refused.takes(member):
            continue
        start = data_start(file, member)
        if start is None:
            yield ReadError(
                "damaged-archive",
                inside.label,
                "This member of the zip is not where its directory says. Download or copy the zip again.",
                member.offset,
            )
            continue
        packed = Feed(FileRange(file, start, member.packed_size, reading.counter))
        yield from read_feed(Feed(_Checked(_open(packed, member, reading), member)), inside, reading)


def _by_stream(feed: Feed, place: Place, reading: Reading, read_feed: ReadFeed, refused: _Refused) -> Found:
    while (member := next_local(feed)) is not None:
        if isinstance(member, Damage):
            below, feed.damage = feed.damage, None
            told = below or member
            yield ReadError(told.code, place.label, told.text, told.offset)
            return
        if _too_many(reading):
            yield _members_error(place, reading)
            return
        inside = place_of_member(place, member.name, member.size)
        wanted = _worth_reading(member.name) and reading.wants(inside.label) and not refused.takes(member)
        if member.packed_size >= 0:
            section = Section(feed, member.packed_size)
            if wanted:
                content = Feed(_Checked(_open(Feed(section), member, reading), member))
                yield from read_feed(content, inside, reading)
            if feed.skip(section.left) < section.left and not wanted:
                yield ReadError(
                    "truncated-archive", inside.label, "The zip ends inside this member.", feed.position
                )
        elif member.method == _DEFLATED and not member.encrypted:
            content = Feed(Unpacker(feed, deflate, reading))
            if wanted:
                yield from read_feed(content, inside, reading)
            while content.read(BLOCK):
                pass
            skip_descriptor(feed)
        else:
            yield ReadError(
                "unsupported-archive",
                inside.label,
                "The zip states no size for this member, so the rest can only be read from a file. "
                "Save the zip to disk, or "
                "unpack it, and scan that.",
                member.offset,
            )
            return


def _open(packed: Feed, member: ZipMember, reading: Reading) -> Readable:
    if member.method == _STORED:
        return packed
    return Unpacker(packed, deflate if member.method == _DEFLATED else bz2.BZ2Decompressor, reading)


class _Checked:
    """A member's content; raises Damaged at the end when size or checksum are not those that the zip
    states."""

    def __init__(self, content: Readable, member: ZipMember) -> None:
        self._content, self._member = content, member
        self._crc = self._size = 0

    def read(self, n: int, /) -> bytes:
        data = self._content.read(n)
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        if not data:
            below = self._content.damage if isinstance(self._content, Feed) else None
            if below is not None:
                raise Damaged(below.code, below.text, below.offset)
            if self._crc != self._member.crc or self._size != self._member.size:
                raise Damaged(
                    "damaged-archive",
                    "The checksum of this member is wrong: it was changed or damaged. It was read as "
                    "it is; compare with the "
                    "original, or download the zip again.",
                    self._member.offset,
                )
        return data


def _worth_reading(name: str) -> bool:
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    return bool(base) and not is_companion(base) and not name.startswith("__MACOSX/")


def _too_many(reading: Reading) -> bool:
    reading.counter.members += 1
    return reading.counter.members > reading.limits.max_members


def _members_error(place: Place, reading: Reading) -> ReadError:
    return ReadError(
        "archive-too-large",
        place.label,
        f"More than {reading.limits.max_members} members: reading was stopped. Unpack the archive and "
        "scan the folder.",
    )


def _too_deep(place: Place, reading: Reading) -> ReadError:
    return ReadError(
        "archive-too-deep",
        place.label,
        f"Archives lie in one another more than {reading.limits.max_depth} deep: this one was not "
        "opened. Unpack the outer "
        "ones and scan the folder.",
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
