"""cab in memory: stored and MSZIP folders. Source: MS-CAB (Microsoft Cabinet Format), MS-MCI section 2."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from tocsin.mail.decompressors import Deflate
from tocsin.model.attached import Member
from tocsin.observe.files import streams
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.unpacking import Entry, NotUnpacked, Reason, text_of, tidy_name

_MSZIP = 1
_WINDOW = 32_768  # bytes that a block may hold and the next may refer to
_MOST_FOLDERS = 256


class _File(msgspec.Struct, frozen=True):
    name: str
    size: int
    start: int
    folder: int


def unpack(data: bytes, allowance: Allowance) -> Iterator[Entry]:
    """Unpack a cabinet within the allowance; folders of the methods Quantum and LZX are not read."""
    if len(data) < 36 or not data.startswith(b"MSCF"):
        yield NotUnpacked(Reason.DAMAGED)
        return
    (files_at,) = struct.unpack_from("<I", data, 16)
    folder_count, file_count, flags = struct.unpack_from("<HHH", data, 26)
    at, block_extra, folder_extra = 36, 0, 0
    if flags & 4 and len(data) >= 40:
        header_extra, folder_extra, block_extra = struct.unpack_from("<HBB", data, 36)
        at = 40 + header_extra
    for _ in range(2 * bool(flags & 1) + 2 * bool(flags & 2)):  # names of the cabinets before and after
        at = data.find(b"\x00", at) + 1 or len(data)
    folders: list[tuple[int, int, int]] = []
    for _ in range(min(folder_count, _MOST_FOLDERS)):
        if at + 8 > len(data):
            break
        folders.append(struct.unpack_from("<IHH", data, at))
        at += 8 + folder_extra
    files = list(_files(data, files_at, min(file_count, max(0, allowance.members_left) + 1)))
    if len(files) < file_count and allowance.members_left >= len(files):
        yield NotUnpacked(Reason.DAMAGED)
    for index, (first, blocks, method) in enumerate(folders):
        own = [file for file in files if file.folder == index]
        if own and method & 0xF not in (0, _MSZIP):
            yield NotUnpacked(Reason.UNKNOWN, tidy_name(own[0].name))
        elif own:
            limit = allowance.largest(min(len(data) - first, blocks * _WINDOW) if first < len(data) else 0)
            wanted = min(limit, max(file.start + file.size for file in own))
            content = _content(data, first, blocks, method & 0xF == _MSZIP, block_extra, wanted)
            yield from _members(content, own, limit, allowance)


def _members(content: bytes, own: list[_File], limit: int, allowance: Allowance) -> Iterator[Entry]:
    for file in own:
        if not allowance.take_member():
            yield NotUnpacked(Reason.OVER)
            return
        found = content[file.start : file.start + min(file.size, allowance.bytes_left)]
        allowance.take_bytes(len(found))
        if found:
            yield Member(tidy_name(file.name), found)
        if len(found) < file.size:
            over = len(content) >= limit or not allowance.bytes_left
            yield NotUnpacked(Reason.OVER if over else Reason.DAMAGED, tidy_name(file.name))


def _files(data: bytes, at: int, most: int) -> Iterator[_File]:
    for _ in range(most):
        if at + 17 > len(data):
            return
        size, start, folder = struct.unpack_from("<IIH", data, at)
        end = data.find(b"\x00", at + 16, at + 16 + 260)
        if end < 0:
            return
        yield _File(text_of(data[at + 16 : end]), size, start, folder)
        at = end + 1


def _content(data: bytes, at: int, blocks: int, packed: bool, extra: int, wanted: int) -> bytes:
    """What a folder unpacks to, at most `wanted` bytes; it ends before the first block that is damaged."""
    pieces: list[bytes] = []
    size, window = 0, b""
    for _ in range(blocks):
        if at + 8 > len(data) or size >= wanted:
            break
        length, whole = struct.unpack_from("<HH", data, at + 4)
        at += 8 + extra
        piece = data[at : at + length]
        at += length
        if packed:
            if piece[:2] != b"CK":
                break
            unpacked = streams.unpack(Deflate(dictionary=window), memoryview(piece)[2:], _WINDOW)
            piece = unpacked.data
            window = (window + piece)[-_WINDOW:]
            if unpacked.damaged:
                break
        if not piece or len(piece) != whole:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)[:wanted]
