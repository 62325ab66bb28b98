r"""Shortcuts: small files whose icon, location or target lies on another computer."""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.mail.charsets import decode_text
from tocsin.model.attached import AttachedFile, FileReading
from tocsin.model.message import Defect
from tocsin.model.reference import Reference
from tocsin.observe.beacons.file_path import WINDOWS, inner_url
from tocsin.observe.beacons.technique import VISIT, Technique
from tocsin.observe.files import shell_link
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.shortcut_field import ShortcutField
from tocsin.observe.files.shortcut_text import (
    binary_list_fields,
    desktop_fields,
    ini_fields,
    playlist_fields,
    xml_fields,
)
from tocsin.observe.files.unpacking import tidy_name

TECHNIQUE = "shortcut"

ABOUT = Technique(
    TECHNIQUE,
    "Shortcut",
    "attachment",
    VISIT,
    "`.url` and `.website` (URL, IconFile, BaseURL, WorkingDirectory), `.lnk` (target, network location, icon, "
    "arguments, working directory), `.library-ms`, `.search-ms`, `.searchConnector-ms`, `.scf`, `desktop.ini`, "
    "`autorun.inf`, `.theme`, `.rdp`, `.desktop`, `.webloc`, `.inetloc`, `.fileloc`, playlists (`.m3u`, `.pls`, "
    "`.asx`, `.wax`, `.wpl`, `.xspf`), `.jnlp`, `.application`",
    "A small file says where something lies, and the reader's computer goes there: for its icon or location as "
    "soon as a folder with the file in it is shown, for its target when it is opened. Where the place is a file "
    "share, Windows logs on there by itself and so hands over a value from which the password can be guessed.",
    "Neither save nor unpack such a file, and do not open the folder that it lies in; delete it from the mail "
    "program. Have outgoing connections to file shares (port 445) and to WebDAV blocked at the edge of the network.",
    "Windows Explorer for icons, locations and shares; the target of a link file opens on every system that knows "
    "the format: `.webloc`, `.inetloc` and `.fileloc` on macOS, `.desktop` on Linux.",
    (
        "MS-SHLLINK",
        "CVE-2010-2568, CVE-2025-50154 (icons and targets of .lnk)",
        "CVE-2024-43451, CVE-2025-33053, CVE-2024-21412 (.url)",
        "CVE-2025-24054, CVE-2025-24071 (.library-ms)",
        "CVE-2024-21320, CVE-2023-38146 (.theme)",
        "freedesktop.org Desktop Entry Specification",
    ),
)

_LONGEST = 1 << 20  # bytes of a shortcut that is text
_PLAYLISTS = (".m3u", ".m3u8", ".pls")
_HANDLERS = ("search", "ms-")


def read(file: AttachedFile, allowance: Allowance) -> FileReading:
    r"""Find what a shortcut names on other computers; what lies on the reader's own disk is left out.

    What is fetched when the file or its folder is merely shown has the trigger "attachment": icons, pictures of
    themes, locations of libraries and saved searches, the share that is the URL of a `.url`, the target of a
    `.lnk` without an icon of its own. All else waits for a click. Of `search-ms:` and `ms-*:` addresses the place
    that they carry inside counts. Of arguments and commands, URLs and `\\host` paths count.
    """
    references: list[Reference] = []
    damaged = False
    try:
        for field in _fields(file):
            references.extend(_reference(field))
    except shell_link.Truncated:
        damaged = True
    name = tidy_name(file.name)
    shown = f"The shortcut “{name}”" if name else "A shortcut without a name"
    defects: tuple[Defect, ...] = ()
    sentences: tuple[str, ...] = ()
    if damaged:
        defects = (Defect("shortcut-damaged", f"{name or 'a shortcut'} ends too early", file.path),)
        sentences = (f"{shown} is damaged; not all of it was read.",)
    elif len(file.data) > _LONGEST and not file.data.startswith(shell_link.MAGIC):
        defects = (Defect("shortcut-too-large", f"the first {_LONGEST} bytes were read", file.path),)
        sentences = (f"{shown} is very large; not all of it was read.",)
    return FileReading(references=tuple(references), defects=defects, not_evaluated=sentences)


def _fields(file: AttachedFile) -> Iterator[ShortcutField]:
    data = file.data
    if data.startswith(shell_link.MAGIC):
        yield from shell_link.fields_of(data)
        return
    data = data[:_LONGEST]
    if data.startswith(b"bplist"):
        yield from binary_list_fields(data)
        return
    text = _text(data)
    start = text[:3_000].lstrip().lower()
    if start.startswith("<"):
        yield from xml_fields(text)
    elif file.name.lower().endswith(_PLAYLISTS) or start.startswith("#extm3u"):
        yield from playlist_fields(text)
    elif ":s:" in start or ":i:" in start:
        yield from desktop_fields(text)
    else:
        yield from ini_fields(text)


def _text(data: bytes) -> str:
    head = data[:400]
    if head[1:2] == b"\x00" and head[1::2].count(0) > len(head) // 4:
        return decode_text(data, "utf-16-le")  # .rdp files come without a byte order mark too
    return decode_text(data, "")


def _reference(field: ShortcutField) -> Iterator[Reference]:
    url = field.value
    if url.lower().startswith(_HANDLERS):
        inner = inner_url(url)
        if inner is None:
            return
        url = inner.href
    yield Reference(
        TECHNIQUE,
        url,
        "shortcut",
        field.name[:60],
        "attachment" if field.shown else "click",
        conditional=field.windows,
        fires_in=(WINDOWS,) if field.windows else (),
        label=f"shortcut {field.name[:60]}",
    )
