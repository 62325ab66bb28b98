"""Windows shortcuts (.lnk). Source: MS-SHLLINK 8.0."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from tocsin.mail.charsets import decode_text
from tocsin.observe.files.shortcut_field import ShortcutField, remote, remote_inside

MAGIC = b"L\x00\x00\x00\x01\x14\x02\x00"
_HEADER = 76
_HAS_IDS, _HAS_INFO, _UNICODE, _HAS_ICON = 0x01, 0x02, 0x80, 0x40
_STRINGS = ((0x04, "description"), (0x08, "relative path"), (0x10, "working directory"), (0x20, "arguments"))
_ENVIRONMENT, _ICON_ENVIRONMENT, _PROPERTIES, _VISTA_IDS = 0xA0000001, 0xA0000007, 0xA0000009, 0xA000000C
_MOST_BLOCKS = 64
_MOST_FOUND = 50
_NARROW = re.compile(rb"(?:\\\\|https?://|file://|ftp://)[\x21-\x7e]{3,1000}", re.IGNORECASE)
_WIDE = re.compile(
    rb"(?:\\\x00\\\x00|h\x00t\x00t\x00p\x00(?:s\x00)?:\x00/\x00/\x00|f\x00i\x00l\x00e\x00:\x00/\x00/\x00)"
    rb"(?:[\x21-\x7e]\x00){3,1000}",
    re.IGNORECASE,
)


class Truncated(Exception):
    """The shortcut ends before its structure does."""


def fields_of(data: bytes) -> Iterator[ShortcutField]:
    """Give what a shortcut names on other computers; raises Truncated behind the last that can be read.

    The icon is fetched when the shortcut is shown; without an icon of its own Windows takes it from the target.
    """
    if len(data) < _HEADER:
        raise Truncated
    (flags,) = struct.unpack_from("<I", data, 20)
    at = _HEADER
    from_target = not flags & _HAS_ICON
    if flags & _HAS_IDS:
        size = _number(data, at, "<H")
        yield from _in_bytes(data[at + 2 : at + 2 + size], "target", from_target)
        at += 2 + size
    if flags & _HAS_INFO:
        size = _number(data, at, "<I")
        yield from _in_info(data[at : at + size], from_target)
        at += max(4, size)
    width = 2 if flags & _UNICODE else 1
    for bit, name in (*_STRINGS, (_HAS_ICON, "icon")):
        if not flags & bit:
            continue
        size = _number(data, at, "<H") * width
        raw = data[at + 2 : at + 2 + size]
        text = raw.decode("utf-16-le", "replace") if width == 2 else decode_text(raw, "windows-1252")
        at += 2 + size
        if name == "arguments":
            yield from (ShortcutField(name, one) for one in remote_inside(text))
        elif name != "description" and (url := remote(text)):
            yield ShortcutField(name, url, shown=name == "icon" or (from_target and name == "relative path"))
        if at > len(data):
            raise Truncated
    yield from _in_blocks(data, at, from_target)


def _in_blocks(data: bytes, at: int, from_target: bool) -> Iterator[ShortcutField]:
    for _ in range(_MOST_BLOCKS):
        if at + 8 > len(data):
            return
        size, signature = struct.unpack_from("<II", data, at)
        if size < 8:
            return
        block = data[at + 8 : at + size]
        at += size
        if signature in (_ENVIRONMENT, _ICON_ENVIRONMENT):
            icon = signature == _ICON_ENVIRONMENT
            wide = block[260:780].decode("utf-16-le", "replace").partition("\x00")[0]
            narrow = decode_text(block[:260].partition(b"\x00")[0], "windows-1252")
            for text in {wide, narrow}:
                if url := remote(text):
                    name = "icon with variables" if icon else "target with variables"
                    yield ShortcutField(name, url, shown=icon or from_target)
        elif signature == _VISTA_IDS:
            yield from _in_bytes(block, "target", from_target)
        elif signature == _PROPERTIES:
            yield from _in_bytes(block, "property", False)


def _in_info(info: bytes, shown: bool) -> Iterator[ShortcutField]:
    """The share and path of LinkInfo (MS-SHLLINK 2.3)."""
    if len(info) < 28 or not info[8] & 2:
        return
    place, suffix_at = struct.unpack_from("<II", info, 20)
    network = info[place:]
    if len(network) < 20:
        return
    (name_at,) = struct.unpack_from("<I", network, 8)
    share = _string(network, name_at)
    if name_at > 20 and len(network) >= 24:
        share = _wide_string(network, struct.unpack_from("<I", network, 20)[0]) or share
    suffix = _string(info, suffix_at)
    if struct.unpack_from("<I", info, 4)[0] >= 36 and len(info) >= 36:
        suffix = _wide_string(info, struct.unpack_from("<I", info, 32)[0]) or suffix
    url = remote(f"{share}\\{suffix}" if suffix and not share.endswith("\\") else share + suffix)
    if url:
        yield ShortcutField("network location", url, shown=shown)


def _string(data: bytes, at: int) -> str:
    return decode_text(data[at : at + 1_000].partition(b"\x00")[0], "windows-1252")


def _wide_string(data: bytes, at: int) -> str:
    return data[at : at + 2_000].decode("utf-16-le", "replace").partition("\x00")[0]


def _in_bytes(data: bytes, name: str, shown: bool) -> Iterator[ShortcutField]:
    """What looks like a path or URL in items whose inner structure differs from one name space to the next."""
    found: list[str] = []
    for match in _NARROW.finditer(data):
        found.append(match[0].decode("ascii"))
        if len(found) == _MOST_FOUND:
            break
    for match in _WIDE.finditer(data):
        found.append(match[0].decode("utf-16-le"))
        if len(found) == 2 * _MOST_FOUND:
            break
    for text in dict.fromkeys(found):
        if url := remote(text):
            yield ShortcutField(name, url, shown=shown)


def _number(data: bytes, at: int, form: str) -> int:
    if at + struct.calcsize(form) > len(data):
        raise Truncated
    return int(struct.unpack_from(form, data, at)[0])
