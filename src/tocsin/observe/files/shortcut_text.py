"""Shortcuts that are text: INI files of Windows and of desktops, XML, property lists, playlists, .rdp."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from tocsin.observe.files.shortcut_field import ShortcutField, remote, remote_inside

_MOST_FIELDS = 5_000
_LONGEST_LINE = 4_000
_SHOWN = frozenset(
    (
        "iconfile",
        "icon",
        "iconresource",
        "logo",
        "wallpaper",
        "brandimage",
        "localizedresourcename",
        "infotip",
    )
) | {"iconarea_image", "iconreference", "simplelocation", "defaultvalue"}
_COMMANDS = frozenset(("exec", "tryexec", "open", "shellexecute", "command", "run", "alternate shell"))
_FOLLOWED = frozenset(
    ("url", "baseurl", "origurl", "workingdirectory", "path", "imagesrootpath", "rssfeed", "scrnsave.exe")
)
_SEARCHED = frozenset({"url"})  # of a .url: a share is asked when the file is selected (CVE-2024-43451)
_ADDRESS = re.compile(
    r"(full address|alternate full address|gatewayhostname|remoteapplicationicon):s:(.*)", re.I
)
_TEXT = re.compile(r"<([\w:.-]{1,60})(?:\s[^<>]{0,2000})?>\s*(?:<!\[CDATA\[)?([^<>]{3,4000})")
_ATTRIBUTE = re.compile(r"(?<![\w:.-])([\w:.-]{1,60}+)\s*+=\s*(?:\"([^\"<>]{3,4000})\"|'([^'<>]{3,4000})')")
_ENTITY = re.compile(r"<!ENTITY\s[^<>\"']{1,100}[\"']([^\"'<>]{3,4000})", re.IGNORECASE)
_IN_LIST = re.compile(rb"[a-z][a-z0-9+.-]{1,20}:[\x21-\x7e]{3,}", re.IGNORECASE)
_WIDE_IN_LIST = re.compile(rb"(?:\x00[\x21-\x7e]){8,}")


def ini_fields(text: str) -> Iterator[ShortcutField]:
    """Give what an INI file names: `.url`, `.website`, `.scf`, `desktop.ini`, `autorun.inf`, `.theme`, `.desktop`.

    Keys that draw an icon or picture act when the file or its folder is shown, and so does the URL of an internet
    shortcut that is a share; the others when it is opened. Keys that name nothing remote to open are left out,
    unless their value is a UNC path.
    """
    desktop = "[desktop entry]" in text[:2_000].lower()
    section = ""
    for index, line in enumerate(text.splitlines()):
        if index == _MOST_FIELDS:
            return
        if line.lstrip()[:1] == "[":
            section = line.strip().lower()
            continue
        shown_key, separator, value = line[:_LONGEST_LINE].partition("=")
        shown_key = shown_key.strip()
        if not separator or not shown_key or shown_key[0] in "[;#":
            continue
        key = shown_key.lower().partition("[")[0]  # that of a .desktop file may carry a language
        if section == "[internetshortcut.w]":
            value = value.encode("ascii", "replace").decode("utf-7", "replace")
        name = key.rpartition("\\")[2]
        if name in _COMMANDS:
            yield from (ShortcutField(shown_key, one, windows=not desktop) for one in remote_inside(value))
            continue
        url = remote(value)
        share = url.startswith("\\\\") or url[:5].lower() in ("file:", "smb:/")
        if url and (share or name in _SHOWN or name in _FOLLOWED):
            shown = name in _SHOWN or (share and name in _SEARCHED)
            yield ShortcutField(shown_key, url, shown=shown, windows=not desktop and (shown or share))


def xml_fields(text: str) -> Iterator[ShortcutField]:
    """Give what an XML shortcut names: libraries, saved searches, `.webloc`, playlists, `.jnlp`, `.application`.

    Entities are not resolved: their values count as fields. Windows asks a library's locations and icons when the
    file appears in a folder (CVE-2025-24054).
    """
    text = _without_comments(text)
    start = text[:3_000].lower()
    library = any(
        mark in start for mark in ("librarydescription", "searchconnectordescription", "persistedquery")
    )
    apple = "<plist" in start
    count = 0
    for name, value in _xml_values(text):
        if count == _MOST_FIELDS:
            return
        if name.lower().startswith("xmlns") or name.lower().endswith("schemalocation"):
            continue
        if url := remote(unescape(value)):
            count += 1
            yield ShortcutField(name, url, shown=library, windows=library or url.startswith("\\\\"))
        elif apple and (url := _other_scheme(value)):
            count += 1
            yield ShortcutField(name, url, windows=False)


def _xml_values(text: str) -> Iterator[tuple[str, str]]:
    for found in _TEXT.finditer(text):
        yield found[1].rpartition(":")[2], found[2]
    for found in _ATTRIBUTE.finditer(text):
        yield found[1], found[2] or found[3] or ""
    for found in _ENTITY.finditer(text):
        yield "entity", found[1]


def _other_scheme(value: str) -> str:
    text = unescape(value).strip()
    return text if re.match(r"[a-z][a-z0-9+.-]{1,20}://", text, re.IGNORECASE) else ""


def binary_list_fields(data: bytes) -> Iterator[ShortcutField]:
    """Give the URLs of a binary property list (`.webloc`, `.inetloc`), whose strings state their length before them.

    Source: Apple, CFBinaryPList.c. The tree is not built: its references can share and loop.
    """
    for index, found in enumerate(_IN_LIST.finditer(data)):
        if index == _MOST_FIELDS:
            return
        size = _length(data, found.start(), 0x50)
        yield ShortcutField("URL", found[0][: size or len(found[0])].decode("ascii"), windows=False)
    for index, found in enumerate(_WIDE_IN_LIST.finditer(data)):
        if index == _MOST_FIELDS:
            return
        text = found[0].decode("utf-16-be")
        if url := _other_scheme(text[: _length(data, found.start(), 0x60) or len(text)]):
            yield ShortcutField("URL", url, windows=False)


def _length(data: bytes, at: int, marker: int) -> int:
    """How long the string that starts here says it is, 0 if nothing before it says so."""
    if at >= 3 and data[at - 3] == marker | 15 and data[at - 2] == 0x10:
        return data[at - 1]
    if at >= 4 and data[at - 4] == marker | 15 and data[at - 3] == 0x11:
        return int.from_bytes(data[at - 2 : at], "big")
    if at >= 1 and data[at - 1] & 0xF0 == marker:
        return data[at - 1] & 0x0F
    return 0


def desktop_fields(text: str) -> Iterator[ShortcutField]:
    """Give the computers that a remote desktop file (`.rdp`) connects to when it is opened."""
    for line in text.splitlines()[:_MOST_FIELDS]:
        found = _ADDRESS.match(line.strip())
        if found is None or not found[2].strip():
            continue
        value = found[2].strip()
        if found[1].lower() == "remoteapplicationicon":
            if url := remote(value):
                yield ShortcutField(found[1], url)
        else:
            yield ShortcutField(found[1], value if "://" in value else f"rdp://{value}", windows=False)


def playlist_fields(text: str) -> Iterator[ShortcutField]:
    """Give what a playlist (`.m3u`, `.pls`) plays when it is opened."""
    for line in text.splitlines()[:_MOST_FIELDS]:
        if line.lstrip()[:1] == "#":
            continue
        key, separator, value = line.partition("=")
        if url := remote(value if separator and key.strip().lower().startswith("file") else line):
            yield ShortcutField("entry", url, windows=url.startswith("\\\\"))


def _without_comments(text: str) -> str:
    first, *rest = text.split("<!--")
    return first + "".join(piece.partition("-->")[2] for piece in rest)
