"""Documents of Word, Excel, PowerPoint and LibreOffice that fetch something when they are opened."""

from __future__ import annotations

import re

from tocsin.mail.charsets import decode_text
from tocsin.model.attached import AttachedFile, FileReading
from tocsin.model.message import Defect
from tocsin.observe.beacons.technique import VISIT, Technique
from tocsin.observe.files import kinds, odf, office_findings, ooxml
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.office_findings import Findings
from tocsin.observe.files.ole_document import SIGNATURE, read_compound
from tocsin.observe.files.rtf_document import read_rtf
from tocsin.observe.files.sheet_text import read_sheet_text
from tocsin.observe.files.unpacking import tidy_name

TECHNIQUE = office_findings.TECHNIQUE

ABOUT = Technique(
    TECHNIQUE,
    "Office document that fetches",
    "attachment",
    VISIT,
    "Word, Excel, PowerPoint, RTF, OpenDocument, `.iqy`, `.slk` and `.csv` files: attached "
    "templates, linked pictures, objects, frames "
    "and sub-documents, the fields INCLUDEPICTURE, INCLUDETEXT, LINK, DDE and HYPERLINK, WEBSERVICE and IMAGE "
    "formulas, web queries, linked sections and cells",
    "The attached document does not hold all that it shows: a picture, a template or a table lies on a server. "
    "The program that opens the document asks that server for it, with the reader's network address, the "
    "names of the program and system, and the time. A template or linked object can also bring further "
    "content that runs. Where the address is a file share (`\\\\host\\share`), Windows logs on there and hands "
    "over an NTLM response, from which a password can be guessed.",
    "Do not open the document, or open it in a program without network access; a preview in the browser of a "
    "mail service is drawn on that service's computers. In Word, Excel and PowerPoint stay in Protected View: do "
    'not click "Enable editing", and answer no question about updating links. In LibreOffice, tick "Block any '
    'links from documents not among the trusted locations" in the security options.',
    "Microsoft Office opens files from mail in Protected View, which fetches nothing until the reader enables "
    "editing; then pictures, templates, frames and linked objects are fetched without a further question, while "
    "updates of links, DDE, external workbooks and linked media are asked about first: these are marked as "
    "conditional. On other systems and in older programs there is no Protected View. LibreOffice fetches linked "
    "pictures on opening and asks before it updates linked texts and cells; floating frames loaded without a "
    "question until 2023 (CVE-2023-2255). Macros are not read.",
    (
        "ECMA-376, Office Open XML; MS-DOC, MS-XLS, MS-PPT, MS-OSHARED, MS-OLEDS; RTF 1.9.1; OASIS OpenDocument 1.3",
        "CVE-2017-0199: a linked object in RTF that is updated on opening",
        "CVE-2018-10583: a file share in an OpenDocument text",
        "CVE-2021-40444: an `mhtml:` address in a relationship",
        "CVE-2022-30190: a linked page that starts a Windows tool",
        "CVE-2023-36884: a document that brings in a page from elsewhere, exploited in 2023",
        "MITRE ATT&CK T1221, Template Injection; T1187, Forced Authentication",
    ),
)

_NOT_READ = {
    office_findings.ENCRYPTED: (
        "the document is protected by a password",
        "{} is protected by a password and was not looked into.",
    ),
    office_findings.MACROS: (
        "the document holds macros, which were not read",
        "{} holds macros; what they would do was not evaluated.",
    ),
    office_findings.UNREADABLE: (
        "parts of the document could not be read",
        "{} is damaged or of an unknown form; not all of it could be read.",
    ),
    office_findings.TOO_LARGE: (
        "the document unpacks to more than is read",
        "{} unpacks to more than is read; the rest was not looked into.",
    ),
    office_findings.FORMULA: (
        "a formula that fetches takes its address from a cell",
        "{} holds a formula that fetches from an address in a cell; which one was not evaluated.",
    ),
    office_findings.TOO_MANY: (
        f"only the first {office_findings.MAX_REFERENCES} addresses of the document were kept",
        "{} holds more addresses than are kept; the rest was not read.",
    ),
}
_NAME_LENGTH = 100  # characters of a name in a sentence
_RTF_START = re.compile(rb"[\x00-\x20\xef\xbb\xbf]{0,64}\{\\rt")


def is_document(file: AttachedFile) -> bool:
    """Whether a file of kind zip or XML is an Office document; every compound file and RTF may be one."""
    if file.kind == kinds.ZIP:
        return odf.is_opendocument(file.data) or ooxml.is_package(file.data)
    if file.kind == kinds.XML:
        return odf.is_flat(file.data) or ooxml.is_flat(file.data)
    return file.kind in (kinds.OLE, kinds.RTF)


def read(file: AttachedFile, allowance: Allowance) -> FileReading:
    """Look into one document: by its content, whatever its name says, since Office opens it by content too.

    Every part of an OOXML or OpenDocument file is read, relationships with external targets first of all; the
    rest are field codes (put together over runs and nested fields), VML, formulas, connections and settings.
    XML is searched element by element in its text, not parsed, so that damage hides nothing. In compound files
    the text is put together from its pieces, hyperlinks and links are found by their monikers in every stream.
    In RTF, objects are decoded and read like compound files. Web queries, SYLK and comma-separated values are
    searched for the addresses of queries, formulas and commands.

    Fetched on opening: pictures, templates, frames, sub-documents, linked objects, INCLUDEPICTURE. Conditional:
    what the program asks about or does on updating only (LINK, DDE, INCLUDETEXT, external workbooks, formulas
    that fetch, linked media). On a click: hyperlinks. Addresses with a host only; `mhtml:` and handlers count
    with the addresses inside them. Embedded files are looked into next, as are the bodies and files of an Outlook
    item (.msg). Macros are not read and encrypted
    documents cannot be: both are said.
    """
    findings = Findings(allowance)
    data = file.data
    if data.startswith(SIGNATURE):
        read_compound(data, findings)
    elif _RTF_START.match(data) is not None:
        read_rtf(data, findings)
    elif odf.is_opendocument(data):
        odf.read_opendocument(data, findings)
    elif ooxml.is_package(data):
        ooxml.read_package(data, findings)
    elif odf.is_flat(data):
        odf.read_flat(data, findings)
    elif ooxml.is_flat(data):
        ooxml.read_flat(data, findings)
    elif file.kind == kinds.RTF:
        read_rtf(data, findings)
    elif file.kind == kinds.SHEET:
        read_sheet_text(decode_text(data, ""), findings)
    return _reading(file, findings)


def _reading(file: AttachedFile, findings: Findings) -> FileReading:
    name = tidy_name(file.name, _NAME_LENGTH)
    called = f"The document “{name}”" if name else "A document without a name"
    defects = tuple(Defect(code, _NOT_READ[code][0], file.path) for code in findings.troubles)
    sentences = tuple(_NOT_READ[code][1].format(called) for code in findings.troubles)
    return FileReading(tuple(findings.references), tuple(findings.members), defects, sentences)
