"""Attached files that may stay as they are, since nothing in them acts when they are opened."""

from __future__ import annotations

import re

from tocsin.respond.idle_office import is_idle_office
from tocsin.respond.idle_pdf import is_idle_pdf

_PDF_NAMES = re.compile(r".*\.pdf\Z", re.I)
_OFFICE_NAMES = re.compile(r".*\.(?:docx|xlsx|pptx)\Z", re.I)
_UNTYPED = ("application/octet-stream", "application/force-download", "application/download")


def is_idle_file(media_type: str, filename: str, data: bytes) -> bool:
    """Whether a file is a PDF or an OOXML document, by its type, name and content alike, that was found idle.

    Whatever is not understood is not.
    """
    if _PDF_NAMES.match(filename) and media_type in ("application/pdf", *_UNTYPED):
        return is_idle_pdf(data)
    office = media_type.startswith("application/vnd.openxmlformats-officedocument.")
    if _OFFICE_NAMES.match(filename) and (office or media_type in _UNTYPED):
        return is_idle_office(data)
    return False
