"""Writes compound files (MS-CFB version 3) for tests: streams and storages, nothing else."""

from __future__ import annotations

import struct
from itertools import pairwise

_SECTOR = 512
_FREE, _CHAIN_END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def compound_file(streams: dict[str, bytes]) -> bytes:
    """Give a compound file with these streams, by path ("ObjectPool/_1/\\x01Ole").

    Every stream is padded with zeros to 4,096 bytes, below which it would lie in the small stream.
    """
    names: list[str] = [""]
    children: dict[str, list[str]] = {"": []}
    for path in streams:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            name = "/".join(parts[:depth])
            if name not in names:
                names.append(name)
                children.setdefault("/".join(parts[: depth - 1]), []).append(name)
    sectors: list[bytes] = []
    fat: list[int] = []

    def store(data: bytes) -> int:
        start = len(sectors)
        pieces = [data[at : at + _SECTOR].ljust(_SECTOR, b"\0") for at in range(0, len(data), _SECTOR)]
        sectors.extend(pieces)
        fat.extend([*range(start + 1, start + len(pieces)), _CHAIN_END])
        return start

    starts = {path: store(data.ljust(4_096, b"\0")) for path, data in streams.items()}
    index = {name: number for number, name in enumerate(names)}
    siblings: dict[str, str] = {}
    for group in children.values():
        siblings.update(pairwise(group))
    directory = b""
    for name in names:
        own = (name.rpartition("/")[2] or "Root Entry").encode("utf-16-le") + b"\0\0"
        kind = 5 if not name else 2 if name in streams else 1
        inside = children.get(name, [])
        size = max(4_096, len(streams[name])) if name in streams else 0
        directory += own.ljust(64, b"\0") + struct.pack("<HBB", len(own), kind, 1)
        directory += struct.pack(
            "<III", _FREE, index.get(siblings.get(name, "?"), _FREE), index[inside[0]] if inside else _FREE
        )
        directory += bytes(36) + struct.pack("<IQ", starts.get(name, 0 if name else _CHAIN_END), size)
    directory_start = store(directory.ljust(-(-len(directory) // _SECTOR) * _SECTOR, b"\0"))
    fat_sectors = 1
    while fat_sectors * 128 < len(fat) + fat_sectors:
        fat_sectors += 1
    fat_start = len(sectors)
    fat += [_FAT] * fat_sectors
    fat += [_FREE] * (fat_sectors * 128 - len(fat))
    table = struct.pack(f"<{len(fat)}I", *fat)
    places = [fat_start + number for number in range(fat_sectors)] + [_FREE] * (109 - fat_sectors)
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(6) + struct.pack(
        "<IIIIIIIII", 0, fat_sectors, directory_start, 0, 4_096, _CHAIN_END, 0, _CHAIN_END, 0
    )
    header += struct.pack("<109I", *places)
    return header + b"".join(sectors) + table
