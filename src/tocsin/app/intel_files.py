"""The files of a source of intelligence: one file, a folder, a MISP feed's folder, compressed or in a tar archive."""

from __future__ import annotations

import hashlib
import lzma
import tarfile
import zlib
from bz2 import BZ2Decompressor
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from tocsin.exchange.entries import MAX_BYTES, UnreadableIntel
from tocsin.exchange.misp_in import manifest_of

MAX_FILES = 100_000
_NO_INTEL = frozenset({"hashes.csv", "manifest.json"})  # a MISP feed's own bookkeeping
_CHUNK = 1024 * 1024

Part = tuple[str, bytes]  # how a file is called, and what it holds


def parts_of(path: Path, seen: hashlib._Hash | None = None) -> Iterator[Part]:
    """The files of a source in a fixed order, unpacked; `seen` takes in all bytes that were read.

    Raises UnreadableIntel for a file that is missing, damaged or larger than MAX_BYTES once unpacked.
    """
    if not path.is_dir():
        yield from unpacked(path.name, _bytes_of(path), seen)
        return
    names = _of_feed(path) or sorted(
        one.relative_to(path)
        for one in path.rglob("*")
        if one.is_file() and one.name not in _NO_INTEL and not one.name.startswith(".")
    )
    if not names:
        raise UnreadableIntel(f"{path}: is an empty folder; expected files of intelligence or a MISP feed")
    if len(names) > MAX_FILES:
        raise UnreadableIntel(
            f"{path}: holds {len(names):,} files, more than {MAX_FILES:,}; name a smaller folder"
        )
    for name in names:
        yield from unpacked(str(name), _bytes_of(path / name), seen)


def unpacked(name: str, data: bytes, seen: hashlib._Hash | None = None) -> Iterator[Part]:
    """What one file holds: itself, itself decompressed (gzip, xz, bzip2), or the files of a tar archive."""
    if seen is not None:
        seen.update(name.encode("utf-8", "surrogateescape") + b"\0")
        seen.update(data)
    data = _decompressed(name, data)
    if data.startswith(b"PK\x03\x04"):
        raise UnreadableIntel(f"{name}: is a zip archive; unpack it and name the folder")
    if data[257:262] == b"ustar":
        yield from _members(name, data)
        return
    yield name, data


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise UnreadableIntel(f"{path}: there is no such file or folder; check the path") from error
    except OSError as error:
        raise UnreadableIntel(f"{path}: cannot be read ({error.strerror}); check its rights") from error
    return _bounded(str(path), data)


def _bounded(name: str, data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise UnreadableIntel(
            f"{name}: is larger than {MAX_BYTES:,} bytes; split it, or take a part of the feed"
        )
    return data


def _of_feed(folder: Path) -> list[Path]:
    """The events of a MISP feed by its manifest; [] for a folder that is none."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return []
    events = manifest_of(_bytes_of(manifest))
    if events is None:
        raise UnreadableIntel(
            f"{manifest}: is no manifest of a MISP feed; repair it, or take it out of the folder"
        )
    return [Path(f"{event}.json") for event in events]


def _decompressed(name: str, data: bytes) -> bytes:
    try:
        if data.startswith(b"\x1f\x8b"):
            reader = zlib.decompressobj(31)
            out = reader.decompress(data, MAX_BYTES + 1)
            if not reader.eof and len(out) <= MAX_BYTES:
                raise EOFError
        elif data.startswith(b"\xfd7zXZ\0"):
            with lzma.open(BytesIO(data)) as file:
                out = file.read(MAX_BYTES + 1)
        elif data.startswith(b"BZh"):
            out = BZ2Decompressor().decompress(data, MAX_BYTES + 1)
        else:
            return data
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise UnreadableIntel(f"{name}: is damaged or cut off; get it again") from error
    return _bounded(f"{name}, unpacked,", out)


def _members(name: str, data: bytes) -> Iterator[Part]:
    try:
        with tarfile.open(fileobj=BytesIO(data), mode="r:") as archive:
            for count, member in enumerate(archive):
                if count >= MAX_FILES:
                    raise UnreadableIntel(f"{name}: holds more than {MAX_FILES:,} files")
                file = archive.extractfile(member) if member.isfile() else None
                if file is None or member.name.rpartition("/")[2] in _NO_INTEL:
                    continue
                yield f"{name}#{member.name}", file.read(MAX_BYTES)
    except (tarfile.TarError, EOFError) as error:
        raise UnreadableIntel(f"{name}: is a damaged tar archive; get it again") from error
