"""Form data files (FDF, XFDF): the form that they open, and the actions and scripts that they bring to it.

Source: ISO 32000-2:2020, 12.7.8 (FDF); ISO 19444-1:2019 (XFDF).
"""

from __future__ import annotations

import msgspec

from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.office_xml import element_pattern, read_xml
from tocsin.observe.files.pdf_gathered import InPdf, windows_path
from tocsin.observe.files.pdf_scan import is_address, scan_pdf
from tocsin.observe.files.scripts import MAX_CHARACTERS, urls_in_script
from tocsin.observe.files.xfa import FOLLOWING, OPENING

_HEAD = 1_024
_MOST_FOUND = 2_000
MAX_BYTES = 16 << 20  # that are read
_NAMING = element_pattern(("f", "URI", "File", "JavaScript", "FileSpec"))


def is_form_data(data: bytes) -> bool:
    """Whether a file begins as form data do, and not as a PDF."""
    head = data[:_HEAD]
    return b"%FDF-" in head or (b"%PDF-" not in head and b"<xfdf" in head.replace(b"\x00", b"").lower())


def read_form_data(data: bytes, allowance: Allowance) -> tuple[InPdf, ...]:
    """Give the addresses in form data.

    A program that opens form data opens the form that they name (`/F`, `<f href>`), wherever it lies; scripts
    run then, links and actions of annotations wait for the reader. The first 16 MiB are read.
    """
    data = data[:MAX_BYTES]
    if b"%FDF-" not in data[:_HEAD]:
        return _read_xfdf(data)
    return tuple(
        msgspec.structs.replace(found, carrier="form of form data")
        if found.carrier == "file elsewhere"
        else found
        for found in scan_pdf(data, allowance)
    )


def _read_xfdf(data: bytes) -> tuple[InPdf, ...]:
    found: dict[InPdf, None] = {}
    xml = read_xml(data)
    for element in xml.elements(_NAMING):
        if len(found) >= _MOST_FOUND:
            break
        named = element.attributes
        if element.name == "f":
            path = windows_path(named.get("href", "").strip())
            if is_address(path):
                found[InPdf(path, "form of form data", OPENING)] = None
        elif element.name == "URI":
            if url := named.get("Name", "").strip():
                found[InPdf(url, "URI", FOLLOWING)] = None
        elif element.name == "JavaScript":
            for url in urls_in_script(element.text[:MAX_CHARACTERS]):
                found[InPdf(url, "JavaScript", FOLLOWING)] = None
        else:
            path = windows_path((named.get("OriginalName") or named.get("Name") or "").strip())
            if is_address(path):
                found[InPdf(path, "file elsewhere", FOLLOWING)] = None
    for url in xml.external():
        found[InPdf(url, "XFDF entity", OPENING)] = None
    return tuple(found)
