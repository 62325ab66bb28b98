"""Which reader looks into which kind of file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from tocsin.mail.outlook_msg import mail_of
from tocsin.model.attached import AttachedFile, FileReading
from tocsin.observe.beacons import (
    archive,
    calendar,
    certificate,
    contact,
    html_attachment,
    office,
    pdf,
    qr,
    shortcut,
)
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import Allowance

_OUTLOOK = "__properties_version1.0".encode("utf-16-le")

Reader = Callable[[AttachedFile, Allowance], FileReading]


def _mail(file: AttachedFile, allowance: Allowance) -> FileReading:
    return FileReading(mail=file.data)


def _compound(file: AttachedFile, allowance: Allowance) -> FileReading:
    """An Outlook item is read as the mail that it was; a damaged one gives what lies in its streams."""
    reading = office.read(file, allowance)
    mail = mail_of(file.data) if _OUTLOOK in file.data else None
    return reading if mail is None else msgspec.structs.replace(reading, mail=mail, members=())


def _document_or(other: Reader) -> Reader:
    """Office documents are archives or XML themselves."""

    def read(file: AttachedFile, allowance: Allowance) -> FileReading:
        return (office.read if office.is_document(file) else other)(file, allowance)

    return read


READERS: Mapping[str, Reader] = {
    **dict.fromkeys(archive.KINDS, archive.read),
    kinds.ZIP: _document_or(archive.read),
    kinds.XML: _document_or(html_attachment.read),
    kinds.HTML: html_attachment.read,
    kinds.SVG: html_attachment.read,
    kinds.OLE: _compound,
    kinds.RTF: office.read,
    kinds.SHEET: office.read,
    kinds.PDF: pdf.read,
    kinds.PICTURE: qr.read,
    kinds.CALENDAR: calendar.read,
    kinds.CARD: contact.read,
    kinds.CERTIFICATE: certificate.read,
    kinds.PGP: certificate.read,
    kinds.SHORTCUT: shortcut.read,
    kinds.MAIL: _mail,
    kinds.MHTML: _mail,
}
