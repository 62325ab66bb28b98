"""One field of a shortcut that may name another computer."""

from __future__ import annotations

import re

import msgspec

_LOCAL_PREFIX = ("\\\\?\\unc\\", "\\\\.\\unc\\")
_REMOTE = re.compile(
    r"(?:https?|ftp|file|smb|cifs|webdavs?|davs?|ldap|rdp|afp|nfs|vnc|ssh|telnet|search(?:-ms)?|ms-[a-z0-9.-]{1,40}):"
    r"|\\\\[^\\/?.]|//[^/]",
    re.IGNORECASE,
)
_INSIDE = re.compile(
    r"(?:(?:https?|ftp|file|smb|webdav):|\\\\[A-Za-z0-9])[^\s\"'<>|,;)]{3,2000}", re.IGNORECASE
)
_ICON_INDEX = re.compile(r",\s*-?\d{1,6}\s*\Z")
_MOST_INSIDE = 20


class ShortcutField(msgspec.Struct, frozen=True, gc=False):
    """`value` is an absolute URL or a UNC path; `shown` tells that it is fetched when the file is merely shown."""

    name: str
    value: str
    shown: bool = False
    windows: bool = True  # only Windows does it


def remote(value: str) -> str:
    r"""Give the URL or UNC path that a value is, "" for what lies on the reader's own computer.

    Quotes, the "@" of indirect strings and the number of an icon are taken off; `\\?\UNC\host\…` and `//host/…`
    become `\\host\…`, as Windows reads them.
    """
    text = value.strip(" \t\r\n\x00\"'").lstrip("@").strip("\"' ")
    text = _ICON_INDEX.sub("", text)
    lowered = text[:8].lower()
    for prefix in _LOCAL_PREFIX:
        if lowered == prefix:
            text = "\\\\" + text[8:]
    if _REMOTE.match(text) is None:
        return ""
    return "\\\\" + text[2:] if text.startswith("//") else text


def remote_inside(command: str) -> list[str]:
    """Give the URLs and UNC paths that a command line names, the first 20."""
    return [found[0] for _, found in zip(range(_MOST_INSIDE), _INSIDE.finditer(command), strict=False)]
