"""Office Open XML (.docx, .xlsx, .pptx and kin) as a zip, as one flat file, and the XML of Office 2003.

Every member that is XML is read, whatever its name says: relationships, fields, VML, formulas, connections.
Source: ECMA-376 parts 1, 2 and 4 (strict and transitional: only local names and the last step of a
relationship's type count), MS-CUSTOMUI, WordprocessingML and SpreadsheetML 2003.
"""

from __future__ import annotations

import base64
import binascii
import re

from tocsin.observe.files import kinds
from tocsin.observe.files.office_findings import (
    ASKED,
    CLICKED,
    EXCEL_ASKED,
    MACROS,
    OPENED,
    SLIDES_ASKED,
    WORD,
    WORD_ASKED,
    Findings,
    Way,
)
from tocsin.observe.files.office_xml import XmlText, element_pattern, is_xml, read_xml
from tocsin.observe.files.ole_document import read_compound
from tocsin.observe.files.package import PackagePart, names, parts, whole
from tocsin.observe.files.sheet_formulas import CALL, read_formula
from tocsin.observe.files.word_fields import FieldReader

MAX_PICTURES = 30  # handed on, to be searched for codes

# The last step of a relationship's type: when Office fetches its target. Unknown ones count as asked for.
_RELATIONSHIPS: dict[str, Way] = {
    "hyperlink": CLICKED,
    "attachedTemplate": WORD,
    "image": OPENED,
    "oleObject": OPENED,
    "package": OPENED,
    "frame": WORD,
    "subDocument": WORD,
    "aFChunk": WORD,
    "externalLinkPath": EXCEL_ASKED,
    "xlExternalLinkPath": EXCEL_ASKED,
    "xlPathMissing": EXCEL_ASKED,
    "externalLink": EXCEL_ASKED,
    "video": SLIDES_ASKED,
    "audio": SLIDES_ASKED,
    "media": SLIDES_ASKED,
    "mailMergeSource": WORD_ASKED,
    "mailMergeHeaderSource": WORD_ASKED,
    "recipientData": WORD_ASKED,
    "transform": WORD_ASKED,
}
_IN_SLIDES: dict[str, Way] = {"image": SLIDES_ASKED}  # PowerPoint holds linked pictures back and says so
# Element and attribute, without prefixes, that name a file themselves.
_PLACES: dict[tuple[str, str], tuple[str, Way]] = {
    ("imagedata", "src"): ("VML picture", OPENED),
    ("imagedata", "href"): ("VML picture", OPENED),
    ("image", "src"): ("VML picture", OPENED),
    ("fill", "src"): ("VML fill", OPENED),
    ("fill", "href"): ("VML fill", OPENED),
    ("stroke", "src"): ("VML line", OPENED),
    ("stroke", "href"): ("VML line", OPENED),
    ("webPr", "url"): ("web query", EXCEL_ASKED),
    ("connection", "sourceFile"): ("connection", EXCEL_ASKED),
    ("connection", "odcFile"): ("connection", EXCEL_ASKED),
    ("textPr", "sourceFile"): ("text import", EXCEL_ASKED),
    ("hlinkClick", "invalidUrl"): ("hyperlink", CLICKED),
    ("hlinkHover", "invalidUrl"): ("hyperlink", CLICKED),
    ("customUI", "onLoad"): ("custom ribbon", ASKED),
    ("customUI", "loadImage"): ("custom ribbon", ASKED),
    ("reference", "store"): ("Office add-in", ASKED),
    ("schema", "schemaLocation"): ("schema library", WORD_ASKED),
    ("schema", "manifestLocation"): ("schema library", WORD_ASKED),
    ("hlink", "dest"): ("hyperlink", CLICKED),
    ("attachedTemplate", "val"): ("attachedTemplate", WORD),
    ("subDoc", "link"): ("subDocument", WORD),
    ("sourceFileName", "val"): ("frame", WORD),
    ("Cell", "HRef"): ("hyperlink", CLICKED),
}
# Values in which an address may stand among other things.
_COMMANDS: dict[tuple[str, str], tuple[str, Way]] = {
    ("ddeLink", "ddeService"): ("DDE link", EXCEL_ASKED),
    ("ddeLink", "ddeTopic"): ("DDE link", EXCEL_ASKED),
    ("dbPr", "connection"): ("connection", EXCEL_ASKED),
    ("dbPr", "command"): ("connection", EXCEL_ASKED),
    ("olapPr", "localConnection"): ("connection", EXCEL_ASKED),
    ("ocxPr", "value"): ("ActiveX property", ASKED),
    ("connectString", "val"): ("mail merge", WORD_ASKED),
    ("udl", "val"): ("mail merge", WORD_ASKED),
    ("query", "val"): ("mail merge", WORD_ASKED),
}
_SHAPES = ("shape", "rect", "roundrect", "oval", "line", "polyline", "arc", "curve", "group")
_FORMULAS = ("f", "formula", "formula1", "formula2", "definedName", "calculatedColumnFormula")
_CONNECTION_TEXT = {"URLString": "web query", "Path": "external workbook", "Connection": "connection"}

_NAMES = tuple(
    sorted(
        {name for name, _ in (*_PLACES, *_COMMANDS)}
        | {"fldChar", "fldSimple", "instrText", "delInstrText", "HyperlinkBase", "binData", "binaryData", "p"}
        | {*_SHAPES, *_CONNECTION_TEXT}
    )
)
_RELATIONSHIP = element_pattern(("Relationship",))
_ELEMENTS = element_pattern(tuple(name for name in _NAMES if name != "p"))
_CELLS = element_pattern((*_FORMULAS, "Cell", "NamedRange"))
_BINARY = element_pattern(("binaryData", "binData"))
_PAGES = frozenset({kinds.HTML, kinds.SVG, kinds.MHTML})
_MACRO_NAME = re.compile(
    r"(?:^|/)(?:vbaProject\.bin|vbaData\.xml|macrosheets/)|^Basic/.+\.(?:xba|xml)$", re.I
)
_FETCHING_RECORDS = re.compile(r"connection|externalLink|queryTable", re.IGNORECASE)
_WIDE_URL = re.compile(
    rb"(?:h\x00t\x00t\x00p\x00(?:s\x00)?:\x00/\x00/\x00|\\\x00\\\x00)(?:[!-~]\x00){4,2000}"
)
MARK = b"[Content_Types].xml"
_OF_PACKAGES = frozenset({"[content_types].xml", "_rels/.rels"})


def is_package(data: bytes) -> bool:
    """Whether a zip is an Office document: it names its content types or its own relationships."""
    if MARK.lower() not in data.lower() and b"_rels/" not in data:
        return False
    return any(name.lower() in _OF_PACKAGES for name in names(data))


def read_package(data: bytes, findings: Findings) -> None:
    """Read every member of a document's zip."""
    pictures = 0
    for part in parts(data, findings):
        if _MACRO_NAME.search(part.name):
            findings.troubles[MACROS] = None
        elif is_xml(part.head):
            content = whole(data, part, findings)
            if part.kind in _PAGES and not part.name.lower().endswith((".xml", ".rels", ".vml")):
                findings.member(part.name, content)
            else:
                read_part(part.name, read_xml(content), findings)
        elif part.kind == kinds.PICTURE:
            pictures += 1
            if pictures <= MAX_PICTURES:
                findings.member(part.name, whole(data, part, findings))
        elif part.kind == kinds.OLE:
            read_compound(whole(data, part, findings), findings)
        elif part.name.lower().endswith(".bin"):
            _records(part, whole(data, part, findings), findings)
        elif part.kind not in (kinds.UNKNOWN, kinds.TEXT):
            findings.member(part.name, whole(data, part, findings))


def _records(part: PackagePart, data: bytes, findings: Findings) -> None:
    """The records of a binary workbook (.xlsb): strings in UTF-16, where something in them can fetch."""
    if part.name.lower().startswith("xl/") and (
        _FETCHING_RECORDS.search(part.name) or b"W\0E\0B\0S\0E\0R\0V\0" in data
    ):
        for match in _WIDE_URL.finditer(data):
            findings.inside(match[0].decode("utf-16-le"), "workbook record", EXCEL_ASKED)


def read_part(name: str, xml: XmlText, findings: Findings) -> None:
    """Read one XML part, or all parts of a flat document at once."""
    text = xml.text
    for external in xml.external():
        findings.target(external, "DOCTYPE", ASKED, tag="!DOCTYPE", attribute="SYSTEM")
    if "HyperlinkBase" in text:
        for element in xml.elements(element_pattern(("HyperlinkBase",))):
            findings.base = element.text.strip() or findings.base
    if "Relationship" in text:
        _relationships(name, xml, findings)
    fields = FieldReader(findings) if "fld" in text or "nstrText" in text else None
    for element in xml.elements(_ELEMENTS):
        tag, attributes = element.name, element.attributes
        if fields is not None and tag in ("fldChar", "fldSimple", "instrText", "delInstrText"):
            if tag == "fldChar":
                kind = attributes.get("fldCharType", "")
                step = {"begin": fields.begin, "separate": fields.separate, "end": fields.end}.get(kind)
                if step is not None:
                    step()
            elif tag == "fldSimple":
                fields.whole(attributes.get("instr", ""))
            else:
                fields.text(element.text)
            continue
        for attribute, value in attributes.items():
            if (place := _PLACES.get((tag, attribute))) is not None:
                findings.target(value, place[0], place[1], tag=tag, attribute=attribute)
            elif (place := _COMMANDS.get((tag, attribute))) is not None:
                findings.target(value, place[0], place[1], tag=tag, attribute=attribute)
                findings.inside(value, place[0], place[1], tag=tag, attribute=attribute)
            elif tag in _SHAPES and attribute == "href":
                findings.target(value, "shape hyperlink", CLICKED, tag=tag, attribute=attribute)
        if tag in _CONNECTION_TEXT and element.text:
            findings.target(element.text, _CONNECTION_TEXT[tag], EXCEL_ASKED, tag=tag)
            findings.inside(element.text, _CONNECTION_TEXT[tag], EXCEL_ASKED, tag=tag)
    if fields is not None:
        fields.close()
    if not name.startswith("word/") and CALL.search(text) is not None:
        for element in xml.elements(_CELLS):
            for formula in (element.text, *element.attributes.values()):
                read_formula(formula, findings)


def _relationships(name: str, xml: XmlText, findings: Findings) -> None:
    slides = name.lower().startswith("ppt/")
    for element in xml.elements(_RELATIONSHIP):
        attributes = element.attributes
        target = attributes.get("Target", "")
        kind = attributes.get("Type", "").rstrip("/").rpartition("/")[2] or "relationship"
        external = attributes.get("TargetMode", "").strip().lower() == "external"
        if not external and "://" not in target and not target.startswith("\\\\"):
            continue
        way = (_IN_SLIDES.get(kind) if slides else None) or _RELATIONSHIPS.get(kind, ASKED)
        if not external:  # Office refuses such a target or takes it for a part
            way = Way(way.trigger, True, way.fires_in)
        findings.target(target, kind[:60], way, tag="Relationship", attribute=kind[:60])


def is_flat(data: bytes) -> bool:
    """Whether an XML file is a Word or Excel document in one file (flat OPC, or Office 2003)."""
    head = data[:65_536]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.replace(b"\x00", b"")
    return any(
        mark in head
        for mark in (
            b"schemas.microsoft.com/office/2006/xmlPackage",
            b"schemas.microsoft.com/office/word/2003",
            b"urn:schemas-microsoft-com:office:spreadsheet",
            b"<?mso-application",
        )
    )


def read_flat(data: bytes, findings: Findings) -> None:
    """Read a document in one XML file, the binary files in it too."""
    xml = read_xml(data)
    read_part("ppt/" if "presentationml.presentation" in xml.text[:200_000] else "", xml, findings)
    for element in xml.elements(_BINARY):
        try:
            whole = base64.b64decode("".join(element.text.split()) + "==")
        except (binascii.Error, ValueError):
            continue
        findings.allowance.take_bytes(len(whole))
        kind = kinds.kind_of(whole[: kinds.HEAD], element.attributes.get("name", ""), "")
        if kind == kinds.OLE:
            read_compound(whole, findings)
        elif kind:
            findings.member(element.attributes.get("name", "embedded"), whole)
    if "vbaProject" in xml.text or "editdata.mso" in xml.text:
        findings.troubles[MACROS] = None
