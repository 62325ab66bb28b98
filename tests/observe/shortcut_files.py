"""Makes Windows shortcuts (.lnk, MS-SHLLINK) and property lists for tests."""

from __future__ import annotations

import plistlib
import struct

_CLASS = b"\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
_BLOCKS = {"target": 0xA0000001, "icon": 0xA0000007}


def link(
    *,
    ids: bytes | None = None,
    share: str = "",
    suffix: str = "",
    working_directory: str = "",
    arguments: str = "",
    icon: str = "",
    variables: tuple[str, str] = ("", ""),
) -> bytes:
    """A shortcut; `variables` is ("target" or "icon", path) for the block whose path may hold variables."""
    flags = 0x80 | (ids is not None) | 2 * bool(share) | 0x10 * bool(working_directory)
    flags |= 0x20 * bool(arguments) | 0x40 * bool(icon)
    data = struct.pack("<I", 76) + _CLASS + struct.pack("<I", flags) + bytes(52)
    if ids is not None:
        items = struct.pack("<H", len(ids) + 2) + ids + b"\x00\x00"
        data += struct.pack("<H", len(items)) + items
    if share:
        network = share.encode("cp1252") + b"\x00"
        network = struct.pack("<IIIII", 20 + len(network), 2, 20, 0, 0x20000) + network
        rest = suffix.encode("cp1252") + b"\x00"
        size = 28 + len(network) + len(rest)
        data += struct.pack("<IIIIIII", size, 28, 2, 0, 0, 28, 28 + len(network)) + network + rest
    for text in (working_directory, arguments, icon):
        if text:
            data += struct.pack("<H", len(text)) + text.encode("utf-16-le")
    kind, path = variables
    if kind:
        narrow = path.encode("cp1252", "replace").ljust(260, b"\x00")
        data += struct.pack("<II", 788, _BLOCKS[kind]) + narrow + path.encode("utf-16-le").ljust(520, b"\x00")
    return data + bytes(4)


def network_item(path: str) -> bytes:
    """An item of a target's list that names a share."""
    return b"\xc3\x01\xc5" + path.encode("cp1252") + b"\x00Microsoft Network\x00\x00\x02\x00"


def property_list(url: str, *, binary: bool = False) -> bytes:
    """What macOS writes into a `.webloc`."""
    form = plistlib.FMT_BINARY if binary else plistlib.FMT_XML
    return plistlib.dumps({"URL": url}, fmt=form)
