"""The process that reads a PST: libpff is C and meets damaged files, so a crash of it must cost no more
than a mail.

Started by `outlook_pst` with the PST as standard input; writes frames to standard output: four bytes of
length, then a msgpack-encoded `Frame`.
"""

from __future__ import annotations

import contextlib
import os
import resource
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pypff

from tocsin.connect.folder_names import is_sent, printable
from tocsin.mail import outlook_item as mapi
from tocsin.mail.outlook_item import Attachment, Item, Properties, is_mail
from tocsin.mail.outlook_mail import flags_of, is_outgoing, rebuilt

_MEMORY = 4 * 1024**3
_DEEPEST_FOLDER = 60
_DEEPEST_ITEM = 10
_IPM_SUBTREE, _SENT_FOLDER = 0x35E0, 0x35E4
_DAMAGE = (
    OSError,
    ValueError,
    MemoryError,
    OverflowError,
    TypeError,
    SystemError,
    struct.error,
    UnicodeError,
)


class Opened(msgspec.Struct, frozen=True, tag=True):
    """The file could be opened; `items` is how many lie in it."""

    items: int


class Reached(msgspec.Struct, frozen=True, tag=True):
    """The item of this number is looked at next."""

    number: int
    folder: str


class Mail(msgspec.Struct, frozen=True, tag=True):
    """One mail."""

    identifier: int
    folder: str
    raw: bytes
    arrival_s: float | None
    flags: str
    outgoing: bool


class Fault(msgspec.Struct, frozen=True, tag=True):
    """Something that could not be read."""

    code: str
    text: str
    where: str = ""


class Passed(msgspec.Struct, frozen=True, tag=True):
    """How many items were no mail; the last frame."""

    others: int


Frame = Opened | Reached | Mail | Fault | Passed


class _Folder(msgspec.Struct, frozen=True):
    node: Any
    path: str
    sent: bool


def main(skip: int, wanted: int, limit: int) -> None:
    """Write all frames; items before number `skip` are passed over, all but the identifier `wanted` if not
    0."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    encoder = msgspec.msgpack.Encoder()

    def send(frame: Frame) -> None:
        data = encoder.encode(frame)
        out.write(struct.pack(">I", len(data)) + data)

    file = pypff.file()
    try:
        file.open_file_object(sys.stdin.buffer)
    except _DAMAGE:
        send(
            Fault(
                "damaged-file",
                "It cannot be opened as an Outlook mailbox: its structure is damaged or unknown.",
            )
        )
        send(Passed(0))
        return
    _read(file, send, skip, wanted, limit)


def _read(file: Any, send: Callable[[Frame], None], skip: int, wanted: int, limit: int) -> None:
    folders = list(_folders(file, send))
    counts = [_number(folder.node, "number_of_sub_messages") for folder in folders]
    send(Opened(sum(counts)))
    number = others = 0
    for folder, count in zip(folders, counts, strict=True):
        for at in range(count):
            number += 1
            if number <= skip:
                continue
            send(Reached(number, folder.path))
            try:
                message = folder.node.get_sub_message(at)
                if wanted and message.identifier != wanted:
                    continue
                frame = _mail(message, folder, limit)
            except _DAMAGE as error:
                send(
                    Fault(
                        "damaged-item",
                        f"Item {at + 1} of this folder could not be read ({error}).",
                        folder.path,
                    )
                )
                continue
            others += frame is None
            if frame is not None:
                send(frame)
    send(Passed(others))


def _folders(file: Any, send: Callable[[Frame], None]) -> Iterator[_Folder]:
    """All folders, paths relative to the top of the visible tree where the file says which that is."""
    subtree = sent_node = -1
    with contextlib.suppress(*_DAMAGE):
        store = _properties(file.get_message_store(), 1252).values
        subtree, sent_node = (
            int.from_bytes(store.get(number, (0, b""))[1][-4:], "little")
            for number in (_IPM_SUBTREE, _SENT_FOLDER)
        )
    try:
        pending = [(file.get_root_folder(), "", False, 0)]
    except _DAMAGE as error:
        send(Fault("damaged-file", f"Its folders cannot be read ({error})."))
        return
    while pending:
        node, path, sent, depth = pending.pop()
        yield _Folder(node, path, sent)
        below = []
        for at in range(_number(node, "number_of_sub_folders")):
            try:
                child = node.get_sub_folder(at)
                name = child.name or "?"
                is_top = child.identifier == subtree or name == "IPM_SUBTREE"  # an .ost does not say
                child_sent = sent or child.identifier == sent_node or is_sent(name)
            except _DAMAGE as error:
                send(Fault("damaged-folder", f"Folder {at + 1} in here could not be read ({error}).", path))
                continue
            inside = "" if is_top else "/".join(filter(None, (path, printable(name.replace("/", "_")))))
            if depth < _DEEPEST_FOLDER:
                below.append((child, inside, child_sent, depth + 1))
        pending.extend(reversed(below))


def _number(node: Any, name: str) -> int:
    try:
        return int(getattr(node, name) or 0)
    except _DAMAGE:
        return 0


def _mail(message: Any, folder: _Folder, limit: int) -> Mail | Fault | None:
    item = _item(message, limit, 0)
    if not is_mail(item.properties):
        return None
    raw = rebuilt(item)
    where = f"{folder.path}@{message.identifier}"
    if len(raw) > limit:
        return Fault(
            "mail-too-large", f"A mail is larger than {limit // 2**20} MiB and was passed over.", where
        )
    properties = item.properties
    return Mail(
        identifier=message.identifier,
        folder=folder.path,
        raw=raw,
        arrival_s=properties.time_s(mapi.DELIVERY_TIME),
        flags=flags_of(properties),
        outgoing=folder.sent or is_outgoing(properties),
    )


def _item(message: Any, limit: int, depth: int) -> Item:
    properties = _properties(message, 1252)
    page = properties.integer(mapi.MESSAGE_CODE_PAGE) or properties.integer(mapi.INTERNET_CODE_PAGE) or 1252
    properties = Properties(properties.values, page)
    if not is_mail(properties) and not depth:
        return Item(properties)
    listed = message.recipients
    recipients = tuple(
        _properties(listed, page, at) for at in range(_number(listed, "number_of_record_sets"))
    )
    attachments = [
        _attachment(message.get_attachment(at), page, limit, depth)
        for at in range(_number(message, "number_of_attachments"))
    ]
    return Item(properties, recipients, tuple(attachments))


def _attachment(node: Any, page: int, limit: int, depth: int) -> Attachment:
    properties = _properties(node, page)
    if (
        properties.integer(mapi.METHOD) == 5
        and depth < _DEEPEST_ITEM
        and _number(node, "number_of_sub_items")
    ):
        return Attachment(properties, item=_item(node.get_sub_item(0), limit, depth + 1))
    data = bytearray()
    size = min(_number(node, "size"), limit)
    while len(data) < size:
        block = node.read_buffer(min(1024 * 1024, size - len(data)))
        if not block:
            break
        data += block
    return Attachment(properties, bytes(data))


def _properties(node: Any, page: int, at: int = 0) -> Properties:
    values: dict[int, tuple[int, bytes]] = {}
    if node is None or not _number(node, "number_of_record_sets"):
        return Properties(values, page)
    for entry in node.get_record_set(at).entries:
        number, kind = entry.entry_type, entry.value_type
        if number is None or kind is None or number == mapi.DATA:
            continue
        if number == mapi.REMINDER_FILE & 0xFFFF:  # libpff gives named properties under their own numbers
            number = mapi.REMINDER_FILE
        try:
            data = entry.data
        except OSError:
            continue  # one property that cannot be read does not cost the mail
        if data:
            values.setdefault(number, (kind, bytes(data)))
    return Properties(values, page)
