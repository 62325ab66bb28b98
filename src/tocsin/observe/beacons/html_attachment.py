"""Pages, drawings and XML files that are attached and opened in a browser: what acts there and not in the mail."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.mail.charsets import declared_in_html, decode_text
from tocsin.model.attached import AttachedFile, FileReading, Member
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import HTML_STANDARD, VISIT_WITH_COOKIES, Technique
from tocsin.observe.embedded import unprefixed_svg
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.smuggled import files_in
from tocsin.observe.html_prologue import read_prologue

TECHNIQUE = "html-attachment"

ABOUT = Technique(
    TECHNIQUE,
    "Page as an attachment",
    "attachment",
    VISIT_WITH_COOKIES,
    "`.html`, `.htm`, `.shtml`, `.xhtml`, `.hta`, `.mht`, `.svg`, `.svgz`, `.xml` with any of the ways that a page "
    "has to fetch something",
    "A page is attached instead of being the mail. Opened, it is shown by a browser, and there everything acts: "
    "pictures and styles load, scripts run, forms send themselves, the page goes on to another address. None of "
    "what a mail program blocks is blocked there. Such a page can also carry an archive or disk image in its text "
    "and offer it as a download (HTML smuggling), so that no filter on the way has seen that file. Relative "
    "addresses stay on the reader's own disk.",
    "Do not open it. Look at it as text if you must know what it says, or ask the sender to put it into the mail.",
    "All: every browser. `.mht` is opened by Internet Explorer's engine and by Word, `.hta` is run as a program on "
    "Windows, `.xml` is drawn by browsers and by Word, which also log on to file shares that it names.",
    (
        HTML_STANDARD,
        "MITRE ATT&CK T1027.006 (HTML smuggling)",
        "Associating Style Sheets with XML documents 1.0; XML Inclusions 1.0; XSLT 1.0",
        "CVE-2021-40444 (pages that Office opens)",
    ),
)
KINDS = frozenset({kinds.HTML, kinds.SVG, kinds.XML})

_XML_TARGETS = re.compile(
    r"<(?:[\w.-]{1,40}:)?(include|import)\b[^<>]{0,2000}?\bhref\s*=\s*[\"']([^\"'<>]{1,4000})[\"']",
)
_DOCUMENT_CALL = re.compile(r"\bdocument\(\s*['\"]((?:[a-z]+:|//|\\\\)[^'\"]{1,2000})['\"]", re.IGNORECASE)
_NAMESPACES = ("http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg")
_XSLT, _XINCLUDE = "http://www.w3.org/1999/XSL/Transform", "http://www.w3.org/2001/XInclude"
_XHTML_PREFIX = re.compile(r"""\bxmlns:([\w.-]{1,40})\s*=\s*["']http://www\.w3\.org/1999/xhtml["']""")
_STANDARD = ("http://www.w3.org/", "https://www.w3.org/")  # every reader has these at hand
_MOST = 500  # references of one kind in an XML file
_WORTH_SWAPPING = 0.2  # share of zero bytes


def read(file: AttachedFile, allowance: Allowance) -> FileReading:
    """Take the text of a page, drawing or XML file as a browser reads it, and the files that it carries.

    The driver asks all families of HTML about the texts. Markup and files that stand in the page as base64 or
    percent-encoded text are looked into too. In an XML file that holds neither HTML nor SVG, the style sheet, the
    document type, external entities, XInclude and XSLT's include, import and `document()` are found directly;
    but for the style sheet they are conditional, since browsers leave them alone.
    """
    text = text_of(file)
    documents: list[str] = []
    members: list[Member] = []
    if file.kind != kinds.XML or any(namespace in text for namespace in _NAMESPACES):
        documents.append(_unprefixed(text))
        for found in files_in(text, allowance):
            if isinstance(found, str):
                documents.append(found)
            else:
                members.append(found)
    references = tuple(_in_xml(text)) if file.kind == kinds.XML else ()
    return FileReading(references=references, members=tuple(members), documents=tuple(documents))


def text_of(file: AttachedFile) -> str:
    """Give the text of a page: by its byte order mark, else by what it declares, else guessed (WHATWG HTML 13.2.3)."""
    data = file.data
    head = data[:2_000]
    if data[:2] not in (b"\xff\xfe", b"\xfe\xff") and head.count(0) > _WORTH_SWAPPING * len(head):
        return decode_text(data, "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le")
    return decode_text(data, declared_in_html(data))


def _unprefixed(text: str) -> str:
    """Give a document whose namespace has a prefix without it, so that an HTML parser knows the tags."""
    text = unprefixed_svg(text)
    declared = _XHTML_PREFIX.search(text) if "xmlns:" in text else None
    if declared is None:
        return text
    return text.replace(f"<{declared[1]}:", "<").replace(f"</{declared[1]}:", "</")


def _in_xml(text: str) -> Iterator[Reference]:
    for tag, named in read_prologue(text):
        url = named.get("href") or named.get("system") or named.get("implementation") or ""
        attribute = "href" if tag.startswith("?") else "system"
        if url and not url.startswith(_STANDARD):
            yield _reference(url, tag, attribute, conditional=tag != "?xml-stylesheet")
    if _XSLT in text or _XINCLUDE in text:
        body = _without_comments(text)
        for index, found in enumerate(_XML_TARGETS.finditer(body)):
            if index == _MOST:
                break
            yield _reference(found[2], found[1], "href", conditional=True)
        for index, found in enumerate(_DOCUMENT_CALL.finditer(body)):
            if index == _MOST:
                break
            yield _reference(found[1], "document()", "select", conditional=True)


def _reference(url: str, tag: str, attribute: str, *, conditional: bool) -> Reference:
    return Reference(
        TECHNIQUE,
        url.replace("&amp;", "&"),
        tag,
        attribute,
        "attachment",
        conditional,
        label=f"{tag} {attribute}",
    )


def _without_comments(text: str) -> str:
    first, *rest = text.split("<!--")
    return first + "".join(piece.partition("-->")[2] for piece in rest)
