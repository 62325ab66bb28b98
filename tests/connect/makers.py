"""Mails and containers made on the spot: every address and host in them is reserved."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tocsin.connect.files import read_mail
from tocsin.connect.limits import DEFAULT_LIMITS, ReadLimits
from tocsin.model.source import RawMail, ReadError, ReadProgress

SECTOR = 512
FREE, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def mail(number: int = 1, body: str = "Hello", extra: str = "") -> bytes:
    """A plain mail, LF line ends."""
    return (
        f"From: Ann <ann@desk.example>\nTo: Bea <bea@press.example>\nSubject: Mail {number}\n"
        f"Message-ID: <{number}@desk.example>\nDate: Tue, 05 Mar 2024 10:00:00 +0000\n{extra}\n{body}\n"
    ).encode()


def mbox(mails: Iterable[bytes], line: str = "From ann@desk.example Tue Mar  5 10:00:00 2024") -> bytes:
    """An mbox of them, without any quoting."""
    return b"".join(line.encode() + b"\n" + one + b"\n" for one in mails)


def read(
    *paths: Path | str, limits: ReadLimits = DEFAULT_LIMITS, stdin: bytes | None = None
) -> list[RawMail]:
    """The mails, and nothing but mails: a ReadError fails the test."""
    mails, errors = read_all(*paths, limits=limits, stdin=stdin)
    assert errors == [], errors
    return mails


def read_all(
    *paths: Path | str, limits: ReadLimits = DEFAULT_LIMITS, stdin: bytes | None = None
) -> tuple[list[RawMail], list[ReadError]]:
    """Mails and errors, each in their order; progress is checked to grow."""
    stream = None if stdin is None else io.BytesIO(stdin)
    items = list(read_mail([str(path) for path in paths], limits=limits, stdin=stream))
    progress = [item.done for item in items if isinstance(item, ReadProgress)]
    assert progress == sorted(progress)
    return (
        [item for item in items if isinstance(item, RawMail)],
        [item for item in items if isinstance(item, ReadError)],
    )


def codes(errors: Iterable[ReadError]) -> list[str]:
    """Their codes in order."""
    return [error.code for error in errors]


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 3, 5, 10, 0, 0)), data, compression)
    return out.getvalue()


def tarred(members: Mapping[str, bytes], mode: str = "w", form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of these members; mode "w:gz" packs it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


Tree = Mapping[str, "bytes | Tree"]


def compound(tree: Tree) -> bytes:
    """A compound file (MS-CFB, 512-byte sectors) with these storages (mappings) and streams (bytes)."""
    entries: list[tuple[str, int, bytes, list[int]]] = [("Root Entry", 5, b"", [])]

    def add(parent: int, node: Tree) -> None:
        for name, value in node.items():
            at = len(entries)
            entries[parent][3].append(at)
            if isinstance(value, bytes):
                entries.append((name, 2, value, []))
            else:
                entries.append((name, 1, b"", []))
                add(at, value)

    add(0, tree)
    sectors: list[bytes] = []
    fat: list[int] = []

    def store(data: bytes) -> int:
        if not data:
            return END
        first = len(sectors)
        count = -(-len(data) // SECTOR)
        for at in range(count):
            sectors.append(data[at * SECTOR : (at + 1) * SECTOR].ljust(SECTOR, b"\0"))
            fat.append(first + at + 1 if at < count - 1 else END)
        return first

    mini, mini_fat, places = bytearray(), [], {}
    for at, (_, kind, data, _) in enumerate(entries):
        if kind != 2:
            continue
        if len(data) >= 4096:
            places[at] = store(data)
        else:
            start, count = len(mini) // 64, -(-len(data) // 64)
            places[at] = start if count else END
            mini += data.ljust(count * 64, b"\0")
            mini_fat += [start + step + 1 for step in range(count - 1)] + [END] * bool(count)
    mini_start, mini_fat_data = store(bytes(mini)), struct.pack(f"<{len(mini_fat)}I", *mini_fat)
    mini_fat_start = store(mini_fat_data.ljust(-(-len(mini_fat_data) // SECTOR) * SECTOR, b"\xff"))
    directory = bytearray()
    for at, (name, kind, data, children) in enumerate(entries):
        siblings = next((entry[3] for entry in entries if at in entry[3]), [])
        after = siblings[siblings.index(at) + 1] if at in siblings[:-1] else FREE
        encoded = (name + "\0").encode("utf-16-le")
        start, size = (mini_start, len(mini)) if kind == 5 else (places.get(at, 0), len(data))
        directory += encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded), kind, 1)
        directory += struct.pack("<III", FREE, after, children[0] if children else FREE)
        directory += bytes(16 + 4 + 16) + struct.pack("<IQ", start, size)
    directory_start = store(bytes(directory).ljust(-(-len(directory) // SECTOR) * SECTOR, b"\0"))
    fat_count = 1
    while len(fat) + fat_count > fat_count * 128:
        fat_count += 1
    fat_start = len(sectors)
    fat += [FAT_SECTOR] * fat_count
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(fat_count * SECTOR, b"\xff")
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(6)
    )
    header += struct.pack("<IIIII", 0, fat_count, directory_start, 0, 4096)
    header += struct.pack("<IIII", mini_fat_start, -(-len(mini_fat_data) // SECTOR), END, 0)
    header += struct.pack("<109I", *(fat_start + at for at in range(fat_count)), *[FREE] * (109 - fat_count))
    return header + b"".join(sectors) + table


Value = str | bytes | int | bool
Values = dict[int, Value]


def outlook_object(properties: Mapping[int, Value], header: int, storages: Tree | None = None) -> Tree:
    """One object of a .msg: its property table and streams.

    `header` is 32 at the top, 24 in an enclosed item, 8 for recipients and attachments.
    """
    table, streams = bytearray(bytes(header)), {}
    for number, value in properties.items():
        if isinstance(value, bool):
            table += struct.pack("<HHIQ", 0x0B, number, 6, value)
        elif isinstance(value, int):
            kind = 0x40 if value > 0xFFFFFFFF else 0x03
            table += struct.pack("<HHIQ", kind, number, 6, value)
        else:
            kind, data = (0x1F, value.encode("utf-16-le")) if isinstance(value, str) else (0x102, value)
            table += struct.pack("<HHIQ", kind, number, 6, len(data))
            streams[f"__substg1.0_{number:04X}{kind:04X}"] = data
    return {"__properties_version1.0": bytes(table), **streams, **(storages or {})}
