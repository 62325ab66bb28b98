"""PDF files: links, and the many actions that act by themselves or on a click."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.model.attached import AttachedFile, FileReading
from tocsin.model.message import Defect
from tocsin.model.reference import Reference
from tocsin.observe.beacons import qr
from tocsin.observe.beacons.technique import VISIT, Technique
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.form_data import MAX_BYTES, is_form_data, read_form_data
from tocsin.observe.files.pdf_file import Refused, open_pdf
from tocsin.observe.files.pdf_gathered import InPdf
from tocsin.observe.files.pdf_scan import scan_pdf
from tocsin.observe.files.pdf_walk import walk_pdf
from tocsin.observe.files.unpacking import tidy_name
from tocsin.observe.files.xfa import FOLLOWING, PRINTING

TECHNIQUE = "pdf"

ABOUT = Technique(
    TECHNIQUE,
    "PDF file that reports back",
    "attachment",
    VISIT,
    "URI, Launch, GoToR, GoToE, SubmitForm, ImportData and JavaScript actions, XFA forms, media, streams and "
    "pages that lie elsewhere, file shares, external entities; form data (FDF, XFDF)",
    "A PDF file can hold actions: some act when the file or a page of it is opened, printed or closed, others "
    "when the reader clicks a link, a button or a bookmark. They open web pages, send what was typed, fetch "
    "pictures, films and parts of the document, or open a file on another computer, which makes Windows log on "
    "there.",
    "Open PDF files from people you do not know in the viewer of a web browser, refuse when a viewer asks "
    "whether to connect to a site, and switch JavaScript off in Adobe Reader. Do not click links or buttons in "
    "the file.",
    "Links work everywhere. What acts by itself works mostly in Adobe Reader and Foxit Reader, which ask first "
    "today; others open some addresses without asking, or have done so. Viewers in browsers and on phones act on "
    "clicks only.",
    (
        "ISO 32000-2:2020, 7.11, 12.6, 12.7",
        "Adobe: XML Forms Architecture (XFA) Specification 3.3",
        "Müller et al.: Processing Dangerous Paths, NDSS 2021",
        "Müller et al.: Practical Decryption exFiltration: Breaking PDF Encryption, CCS 2019",
        "CVE-2018-4993 (GoToE and GoToR on a file share: NTLM response sent)",
        "CVE-2019-7089 (style sheet of an XFA form on a file share)",
        "CVE-2014-8452 (external entities)",
    ),
)

ADOBE = "adobe-reader"
FOXIT = "foxit-reader"

_ANYWHERE = frozenset({"URI", "SubmitForm", "link in a note"})
_ADOBE_ALONE = ("XFA ", "XMP ", "external stream", "reference XObject", "OPI", "ImportData", "web capture")


def read(file: AttachedFile, allowance: Allowance) -> FileReading:
    """Read a PDF: all that acts when it is opened, when it is printed, or when the reader follows it.

    Read are the opening action, additional actions of the document, its pages, annotations and form fields,
    chains of actions, the document's scripts, bookmarks, links, XFA forms (submit targets, connections,
    pictures, style sheets, scripts), media, streams whose data lie elsewhere, and external entities. URLs in
    scripts are taken from string literals, where the script calls something that goes out; nothing is run.
    What acts by itself is conditional: viewers ask, or do it no more. Embedded files and signatures are looked
    into as files of their own, and pages are drawn to look for QR codes. Damaged files are read as far as they
    can be repaired; those that cannot, and encrypted ones, are searched for addresses that stand bare. Form data
    (`.fdf`, `.xfdf`) open the form that they name, wherever it lies.
    """
    name = _called(file.name)
    if is_form_data(file.data):
        found = _references(read_form_data(file.data, allowance))
        if len(file.data) <= MAX_BYTES:
            return FileReading(found)
        return FileReading(
            found,
            defects=(Defect("pdf-not-read-whole", "a limit hid a part of it", file.path),),
            not_evaluated=(f"Not all of the form data file {name} could be read.",),
        )
    opened = open_pdf(file.data)
    if isinstance(opened, Refused):
        code, text, sentence = _REFUSED[opened.reason]
        return FileReading(
            _references(scan_pdf(file.data, allowance)),
            defects=(Defect(code, text, file.path),),
            not_evaluated=(sentence.format(name=name),),
        )
    contents = walk_pdf(opened, file.data, allowance)
    pages = qr.references_on_pages(opened, file.data, allowance)
    defects = []
    not_evaluated = []
    if not contents.whole:
        defects.append(
            Defect("pdf-not-read-whole", "a limit or an unknown filter hid a part of it", file.path)
        )
        not_evaluated.append(f"Not all of the PDF file {name} could be read.")
    if pages.cut:
        defects.append(Defect("pages-not-drawn", pages.cut, file.path))
        not_evaluated.append(f"Not all pages of the PDF file {name} were searched for QR codes.")
    return FileReading(
        (*_references(contents.found), *pages.references),
        contents.members,
        tuple(defects),
        tuple(not_evaluated),
    )


_REFUSED = {
    "encrypted": (
        "pdf-encrypted",
        "it opens with a password only",
        "The PDF file {name} is protected by a password and was not read.",
    ),
    "damaged": (
        "pdf-damaged",
        "it is damaged; only what stands bare in it was read",
        "The PDF file {name} is damaged and was not read in full.",
    ),
    "too-large": (
        "pdf-too-large",
        "it is built of more objects than are read; only what stands bare in it was read",
        "The PDF file {name} is too large inside and was not read in full.",
    ),
}


def _called(name: str) -> str:
    return f"“{tidy}”" if (tidy := tidy_name(name)) else "without a name"


def _references(found: Iterable[InPdf]) -> tuple[Reference, ...]:
    return tuple(_reference(one) for one in found if one.url[:7].lower() != "mailto:")


def _reference(found: InPdf) -> Reference:
    by_itself = found.when != FOLLOWING
    fires_in: tuple[str, ...] = (ADOBE, FOXIT)
    if found.carrier in _ANYWHERE:
        fires_in = ()
    elif found.carrier.startswith(_ADOBE_ALONE):
        fires_in = (ADOBE,)
    return Reference(
        TECHNIQUE,
        found.url,
        "pdf",
        found.carrier,
        trigger="print" if found.when == PRINTING else "attachment" if by_itself else "click",
        conditional=by_itself or bool(fires_in),
        fires_in=fires_in,
        label=found.carrier,
        base=found.base,
    )
