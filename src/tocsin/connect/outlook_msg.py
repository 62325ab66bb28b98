""".msg: one Outlook item as a compound file. Source: MS-OXMSG."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

import olefile

from tocsin.connect import outlook_item as mapi
from tocsin.connect.eml import too_large
from tocsin.connect.feed import Feed
from tocsin.connect.kinds import HEAD_BYTES
from tocsin.connect.outlook_item import Attachment, Item, Properties, is_mail
from tocsin.connect.outlook_mail import flags_of, is_outgoing, rebuilt
from tocsin.connect.place import Place
from tocsin.connect.reading import Reading
from tocsin.mail.reminder import number_of_reminder
from tocsin.model.source import RawMail, ReadError

_PROPERTIES = "__properties_version1.0"
_EMBEDDED = "__substg1.0_3701000D"
_NAMES = "__nameid_version1.0/__substg1.0_000{}0102"
_DEEPEST = 20
_MOST = 10_000  # recipients or attachments
_FIXED = {0x2: 2, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xB: 1, 0x14: 8, 0x40: 8}
# What olefile and struct raise on damage; olefile walks its directory tree by recursion.
_DAMAGE = (OSError, struct.error, ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError)


def read_msg(feed: Feed, place: Place, reading: Reading) -> Iterator[RawMail | ReadError]:
    """The mail in a .msg; nothing but a note for other compound files (.doc, .xls) found in a folder."""
    limit = reading.limits.max_mail_bytes
    if feed.file is not None:  # searched in place: a large document is not read to learn that it is no mail
        source: BinaryIO = feed.file
        source.seek(0)
        reading.counter.bytes += max(0, place.size - HEAD_BYTES)
        size = place.size
    else:
        data = feed.take(limit + 1)
        source, size = io.BytesIO(data), len(data)
    try:
        with olefile.OleFileIO(source) as file:
            if not file.exists(_PROPERTIES):
                yield from _no_mail(place, reading)
                return
            if size > limit:
                yield too_large(place, reading.limits)
                return
            item = _item(file, "", 32, 0, number_of_reminder(_names(file, 2), _names(file, 3)))
    except _DAMAGE as error:
        yield ReadError(
            "damaged-file",
            place.label,
            f"This Outlook file (.msg) is damaged ({type(error).__name__}) and was not read. Save the "
            "mail from Outlook again.",
        )
        return
    if not is_mail(item.properties):
        yield from _no_mail(place, reading)
        return
    properties = item.properties
    yield RawMail(
        source=place.label,
        mailbox=place.shelf,
        raw=rebuilt(item),
        folder=place.folder,
        arrival_s=properties.time_s(mapi.DELIVERY_TIME),
        flags=flags_of(properties),
        outgoing=place.outgoing or is_outgoing(properties),
    )


def _no_mail(place: Place, reading: Reading) -> Iterator[ReadError]:
    if place.given:
        yield ReadError(
            "not-mail",
            place.label,
            "This is a file of Outlook's or Office's kind, but no mail: a document, a contact or an "
            "appointment.",
        )
    else:
        reading.pass_over(place.label)


def _names(file: olefile.OleFileIO, number: int) -> bytes:
    """A stream of the table that gives named properties their numbers (MS-OXMSG 2.2.3.1)."""
    path = _NAMES.format(number)
    if not file.exists(path):
        return b""
    with file.openstream(path) as stream:
        return bytes(stream.read())


def _item(file: olefile.OleFileIO, folder: str, header: int, depth: int, reminder: int | None) -> Item:
    properties = _properties(file, folder, header, 1252)
    page = properties.integer(mapi.MESSAGE_CODE_PAGE) or properties.integer(mapi.INTERNET_CODE_PAGE) or 1252
    values = dict(properties.values)
    if reminder in values:
        values[mapi.REMINDER_FILE] = values[reminder]
    properties = Properties(values, page)
    recipients: list[Properties] = []
    attachments: list[Attachment] = []
    for name in _children(file, folder):
        path = f"{folder}{name}/"
        if name.startswith("__recip_version1.0_#") and len(recipients) < _MOST:
            recipients.append(_properties(file, path, 8, page))
        elif name.startswith("__attach_version1.0_#") and len(attachments) < _MOST:
            own = _properties(file, path, 8, page)
            if file.exists(path + _EMBEDDED + "/" + _PROPERTIES) and depth < _DEEPEST:
                inner = _item(file, path + _EMBEDDED + "/", 24, depth + 1, reminder)
                attachments.append(Attachment(own, item=inner))
            else:
                attachments.append(Attachment(own, own.binary(mapi.DATA)))
    return Item(properties, tuple(recipients), tuple(attachments))


def _children(file: olefile.OleFileIO, folder: str) -> list[str]:
    entry = file.root if not folder else file.direntries[file._find(folder.rstrip("/"))]
    return sorted(child.name for child in entry.kids)


def _properties(file: olefile.OleFileIO, folder: str, header: int, page: int) -> Properties:
    values: dict[int, tuple[int, bytes]] = {}
    if not file.exists(folder + _PROPERTIES):
        return Properties(values, page)
    with file.openstream(folder + _PROPERTIES) as stream:
        table = stream.read()
    for at in range(header, len(table) - 15, 16):
        kind, number = struct.unpack_from("<HH", table, at)
        if kind in _FIXED:
            values.setdefault(number, (kind, table[at + 8 : at + 8 + _FIXED[kind]]))
            continue
        path = f"{folder}__substg1.0_{number:04X}{kind:04X}"
        if kind in (mapi.STRING8, mapi.UNICODE, mapi.BINARY) and file.exists(path):
            with file.openstream(path) as stream:
                values.setdefault(number, (kind, stream.read()))
    return Properties(values, page)
