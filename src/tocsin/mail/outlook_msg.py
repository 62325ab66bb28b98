""".msg: one Outlook item as a compound file. Source: MS-OXMSG."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from tocsin.mail import outlook_item as mapi
from tocsin.mail.outlook_item import Attachment, Item, Properties
from tocsin.mail.outlook_mail import rebuilt
from tocsin.mail.reminder import number_of_reminder

if TYPE_CHECKING:
    import olefile

# What olefile and struct raise on damage; olefile walks its directory tree by recursion.
DAMAGE = (
    *(OSError, struct.error, ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError),
    *(ArithmeticError, MemoryError),  # sectors of 2 to the power of 63 bytes
)
_PROPERTIES = "__properties_version1.0"
_EMBEDDED = "__substg1.0_3701000d"
_NAMES = "__nameid_version1.0"
_SMALLEST = 1_536  # bytes of a compound file; olefile takes fewer for the name of a file
_DEEPEST = 20
_MOST = 10_000  # recipients or attachments
_FIXED = {0x2: 2, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xB: 1, 0x14: 8, 0x40: 8}


def mail_of(data: bytes) -> bytes | None:
    """Give the mail (RFC 5322) that a .msg was, None for other compound files and for damaged ones.

    Appointments, tasks and contacts are written as mails too: their bodies and files are what matters.
    """
    import olefile  # not every scan meets one

    if len(data) < _SMALLEST:
        return None
    try:
        with olefile.OleFileIO(data) as file:
            item = item_of(file) if is_item(file) else None
    except DAMAGE:
        return None
    return None if item is None else rebuilt(item)


def is_item(file: olefile.OleFileIO) -> bool:
    """Whether a compound file holds an Outlook item."""
    return _PROPERTIES in file.root.kids_dict


def item_of(file: olefile.OleFileIO) -> Item:
    """Read the item of a compound file; raises one of `DAMAGE`.

    Streams may share their bytes in a file made to grow without end, so no more is read than twice its size.
    """
    streams = _Streams(file)
    names = file.root.kids_dict.get(_NAMES)
    guids, entries = (
        streams.read(names, f"__substg1.0_000{number}0102") if names else b"" for number in (2, 3)
    )
    return _item(streams, file.root, 32, 0, number_of_reminder(guids, entries))


class _Streams:
    """Reads streams by their directory entries: by path, each would be searched for from the root."""

    def __init__(self, file: olefile.OleFileIO) -> None:
        self._file = file
        self._left = 2 * file.fp.seek(0, 2)

    def read(self, folder: Any, name: str) -> bytes:
        """The content of a stream in a folder, b"" where there is none."""
        entry = folder.kids_dict.get(name.lower())
        if entry is None or not entry.size:
            return b""
        self._left -= entry.size
        if self._left < 0:
            raise ValueError("streams share their bytes")
        with self._file._open(entry.isectStart, entry.size) as stream:
            return bytes(stream.read())


def _item(streams: _Streams, folder: Any, header: int, depth: int, reminder: int | None) -> Item:
    properties = _properties(streams, folder, header, 1252)
    page = properties.integer(mapi.MESSAGE_CODE_PAGE) or properties.integer(mapi.INTERNET_CODE_PAGE) or 1252
    values = dict(properties.values)
    if reminder in values:
        values[mapi.REMINDER_FILE] = values[reminder]
    properties = Properties(values, page)
    recipients: list[Properties] = []
    attachments: list[Attachment] = []
    for child in sorted(folder.kids, key=_name):
        if child.name.startswith("__recip_version1.0_#") and len(recipients) < _MOST:
            recipients.append(_properties(streams, child, 8, page))
        elif child.name.startswith("__attach_version1.0_#") and len(attachments) < _MOST:
            own = _properties(streams, child, 8, page)
            inside = child.kids_dict.get(_EMBEDDED)
            if inside is not None and _PROPERTIES in inside.kids_dict and depth < _DEEPEST:
                attachments.append(Attachment(own, item=_item(streams, inside, 24, depth + 1, reminder)))
            else:
                attachments.append(Attachment(own, own.binary(mapi.DATA)))
    return Item(properties, tuple(recipients), tuple(attachments))


def _name(entry: Any) -> str:
    return str(entry.name)


def _properties(streams: _Streams, folder: Any, header: int, page: int) -> Properties:
    values: dict[int, tuple[int, bytes]] = {}
    table = streams.read(folder, _PROPERTIES)
    for at in range(header, len(table) - 15, 16):
        kind, number = struct.unpack_from("<HH", table, at)
        if number in values:
            continue
        if kind in _FIXED:
            values[number] = (kind, table[at + 8 : at + 8 + _FIXED[kind]])
        elif kind in (mapi.STRING8, mapi.UNICODE, mapi.BINARY):
            name = f"__substg1.0_{number:04x}{kind:04x}"
            if name in folder.kids_dict:
                values[number] = (kind, streams.read(folder, name))
    return Properties(values, page)
