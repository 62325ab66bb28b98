"""Which reader looks into which kind of file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tocsin.model.attached import AttachedFile, FileReading
from tocsin.observe.beacons import (
    archive,
    calendar,
    certificate,
    contact,
    html_attachment,
    office,
    shortcut,
)
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import Allowance

Reader = Callable[[AttachedFile, Allowance], FileReading]


def _mail(file: AttachedFile, allowance: Allowance) -> FileReading:
    return FileReading(mail=file.data)


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
    kinds.OLE: office.read,
    kinds.RTF: office.read,
    kinds.CALENDAR: calendar.read,
    kinds.CARD: contact.read,
    kinds.CERTIFICATE: certificate.read,
    kinds.PGP: certificate.read,
    kinds.SHORTCUT: shortcut.read,
    kinds.MAIL: _mail,
    kinds.MHTML: _mail,
}
