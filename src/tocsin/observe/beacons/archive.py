"""Archives, packed files and disk images: what lies in them is taken out and looked into in its turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tocsin.model.attached import AttachedFile, FileReading, Member
from tocsin.model.message import Defect
from tocsin.observe.beacons.technique import VISIT, Technique
from tocsin.observe.files import cabinet, disk_image, kinds, seven_zip, streams, tar_archive, zip_archive
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.unpacking import Entry, NotUnpacked, Reason, tidy_name

TECHNIQUE = "archive"

ABOUT = Technique(
    TECHNIQUE,
    "File in an archive",
    "attachment",
    VISIT,
    "Every other way, inside zip, 7z, tar, gzip, bzip2, xz, cab and disk images (iso, img), also in one another",
    "A page, document or shortcut that reports back lies in an archive, where filters that look at the "
    "attachment alone do not see it. Each finding is told under this name; what it shows is what the file inside "
    "shows when it is opened, and for some shortcuts when the folder that it was unpacked to is merely looked at. "
    "A mail attached to the mail is no archive: what it holds keeps its own name.",
    "Do not unpack it. Ask the sender, by another way than this mail, what it is.",
    "All: programs unpack archives, and Windows shows disk images as if they were drives. Files that come out of "
    "some archives and of disk images lost the mark that makes Windows and Office ask before they are opened.",
    (
        "PKWARE APPNOTE.TXT 6.3.10",
        "7-Zip, 7zFormat.txt",
        "ECMA-119, ECMA-167 (disk images)",
        "MS-CAB",
        "CVE-2022-41091, CVE-2025-0411 (marks of origin that were lost)",
        "CVE-2025-24054 (a shortcut that acts once it is unpacked)",
    ),
)

_UNPACKERS: dict[str, Callable[[bytes, Allowance], Iterator[Entry]]] = {
    kinds.ZIP: zip_archive.unpack,
    kinds.SEVEN_ZIP: seven_zip.unpack,
    kinds.TAR: tar_archive.unpack,
    kinds.ISO: disk_image.unpack,
    kinds.CAB: cabinet.unpack,
}
KINDS = frozenset({*_UNPACKERS, kinds.COMPRESSED, kinds.OTHER_ARCHIVE})
_TEXTS = {
    Reason.ENCRYPTED: ("archive-encrypted", "is protected by a password"),
    Reason.OVER: ("archive-over-limit", "unpacks to more than is unpacked for one mail"),
    Reason.DAMAGED: ("archive-damaged", "is damaged"),
    Reason.UNKNOWN: ("archive-unknown", "is packed in a way that we cannot read"),
}
_NAMED = 3  # members that a sentence names
_ENDINGS = {".tgz": ".tar", ".tbz2": ".tar", ".txz": ".tar", ".svgz": ".svg"}
_PACKED = (".gz", ".bz2", ".xz", ".lzma", ".zst", ".z")


def read(file: AttachedFile, allowance: Allowance) -> FileReading:
    """Take the files out of an archive, a packed file or a disk image, in memory and within what is allowed.

    Of a zip everything is read that any program would show: what its directory lists, what other directories
    listed, and what only stands in front of its data. What is protected by a password, damaged, larger than
    allowed, or packed by RAR, ACE, PPMd, LZX, Zstandard and the like is not looked into, and that is said.
    """
    members: list[Member] = []
    left: dict[Reason, list[str]] = {}
    for entry in _entries(file, allowance):
        if isinstance(entry, NotUnpacked):
            left.setdefault(entry.reason, []).append(entry.name)
        else:
            members.append(entry)
    name = tidy_name(file.name)
    defects, sentences = [], []
    for reason, names in left.items():
        code, what = _TEXTS[reason]
        shown = f"The archive “{name}”" if name else "An archive without a name"
        inside = list(dict.fromkeys(one for one in names if one))
        defects.append(Defect(code, f"{name or 'an archive'} {what}", file.path))
        sentences.append(f"{shown} {what}; {_those(inside)} not looked into.")
    return FileReading(members=tuple(members), defects=tuple(defects), not_evaluated=tuple(sentences))


def _entries(file: AttachedFile, allowance: Allowance) -> Iterator[Entry]:
    unpack = _UNPACKERS.get(file.kind)
    if unpack is not None:
        yield from unpack(file.data, allowance)
    elif file.kind == kinds.COMPRESSED:
        yield from _one_file(file, allowance)
    else:
        yield NotUnpacked(Reason.UNKNOWN)


def _one_file(file: AttachedFile, allowance: Allowance) -> Iterator[Entry]:
    name = _inner_name(file.name)
    if not allowance.take_member():
        yield NotUnpacked(Reason.OVER, name)
        return
    unpacked = streams.unpack_file(file.data, allowance.largest(len(file.data)))
    if unpacked is None:
        yield NotUnpacked(Reason.UNKNOWN, name)
        return
    allowance.take_bytes(len(unpacked.data))
    if unpacked.data:
        yield Member(name, unpacked.data)
    if unpacked.over:
        yield NotUnpacked(Reason.OVER, name)
    elif unpacked.damaged or not unpacked.ended:
        yield NotUnpacked(Reason.DAMAGED, name)


def _inner_name(name: str) -> str:
    """What the programs call the file that comes out: "list.csv" of "list.csv.gz", "all.tar" of "all.tgz"."""
    tidy = tidy_name(name).rstrip(". ")
    lowered = tidy.lower()
    for ending, inner in _ENDINGS.items():
        if lowered.endswith(ending):
            return tidy[: -len(ending)] + inner
    for ending in _PACKED:
        if lowered.endswith(ending):
            return tidy[: -len(ending)]
    return tidy


def _those(names: list[str]) -> str:
    if not names:
        return "what is in it was"
    listed = ", ".join(f"“{name}”" for name in names[:_NAMED])
    more = len(names) - _NAMED
    if more > 0:
        return f"{listed} and {more} more in it were"
    return f"{listed} in it {'was' if len(names) == 1 else 'were'}"
