""".msg files: the mail in one, and what to say of those that hold none."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from tocsin.connect.eml import too_large
from tocsin.connect.feed import Feed
from tocsin.connect.kinds import HEAD_BYTES
from tocsin.connect.place import Place
from tocsin.connect.reading import Reading
from tocsin.mail import outlook_item as mapi
from tocsin.mail.outlook_item import is_entry, is_mail
from tocsin.mail.outlook_mail import flags_of, is_outgoing, rebuilt
from tocsin.mail.outlook_msg import DAMAGE, is_item, item_of
from tocsin.model.source import RawMail, ReadError


def read_msg(feed: Feed, place: Place, reading: Reading) -> Iterator[RawMail | ReadError]:
    """The mail in a .msg; nothing but a note for other compound files (.doc, .xls) found in a folder.

    An appointment or task that somebody saved or was sent is read as a mail: its reminder can name a sound on
    another computer, which Outlook asks for when it falls due (CVE-2023-23397).
    """
    import olefile  # not every scan meets one

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
            if not is_item(file):
                yield from _no_mail(place, reading)
                return
            if size > limit:
                yield too_large(place, reading.limits)
                return
            item = item_of(file)
    except DAMAGE as error:
        yield ReadError(
            "damaged-file",
            place.label,
            f"This Outlook file (.msg) is damaged ({type(error).__name__}) and was not read. Save the "
            "mail from Outlook again.",
        )
        return
    if not (is_mail(item.properties) or is_entry(item.properties)):
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
            "This is a file of Outlook's or Office's kind, but no mail: a document, a contact or a note.",
        )
    else:
        reading.pass_over(place.label)
