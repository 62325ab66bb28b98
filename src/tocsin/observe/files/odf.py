"""OpenDocument (.odt, .ods, .odp, .odg and kin) as a zip and as one flat file (.fodt, .fods).

Source: OASIS OpenDocument 1.3 part 3 (elements), part 2 (packages, encryption).
"""

from __future__ import annotations

import base64
import binascii
import re

from tocsin.observe.files import kinds
from tocsin.observe.files.office_findings import (
    ASKED,
    CLICKED,
    ENCRYPTED,
    MACROS,
    OPENED,
    Findings,
    Way,
)
from tocsin.observe.files.office_xml import XmlText, any_element, element_pattern, is_xml, read_xml
from tocsin.observe.files.ole_document import read_compound
from tocsin.observe.files.package import names, parts, whole
from tocsin.observe.files.sheet_formulas import CALL, read_formula

MAX_PICTURES = 30
_MIMETYPE = b"application/vnd.oasis.opendocument"
_OLD_MIMETYPE = b"application/vnd.sun.xml"
_NAMESPACE = b"urn:oasis:names:tc:opendocument:xmlns:office"
_LIBRE = Way(fires_in=("libreoffice",))
_LIBRE_ASKED = Way(conditional=True, fires_in=("libreoffice",))

# What is done with the address of an element (`xlink:href`); others count as asked for. Pictures are fetched
# without a question, linked texts, objects and cells after one.
_PLACES: dict[str, tuple[str, Way]] = {
    "a": ("hyperlink", CLICKED),
    "image": ("linked picture", OPENED),
    "fill-image": ("linked picture", OPENED),
    "background-image": ("linked picture", OPENED),
    "list-level-style-image": ("linked picture", OPENED),
    "font-face-uri": ("linked font", _LIBRE),
    "floating-frame": ("floating frame", _LIBRE_ASKED),  # without a question until 2023
    "plugin": ("linked media", _LIBRE),
    "sound": ("linked sound", _LIBRE_ASKED),
    "audio": ("linked sound", _LIBRE_ASKED),
    "applet": ("applet", _LIBRE_ASKED),
    "object": ("linked object", ASKED),
    "object-ole": ("linked object", ASKED),
    "section-source": ("linked section", ASKED),
    "table-source": ("linked table", ASKED),
    "cell-range-source": ("linked cells", ASKED),
    "dde-source": ("DDE link", ASKED),
    "template": ("template", _LIBRE_ASKED),
    "auto-reload": ("reload", _LIBRE),
    "form": ("form", CLICKED),
    "button": ("form button", CLICKED),
    "image-frame": ("linked picture", OPENED),
    "connection-resource": ("database", _LIBRE_ASKED),
    "event-listener": ("event", CLICKED),
    "script": ("script", _LIBRE_ASKED),
    "alphabetical-index-auto-mark-file": ("index file", _LIBRE_ASKED),
}
_ON_OPENING = ("dom:load", "office:load", "on-load", "open", "document-open")
_ANY = any_element()
_MODULE = element_pattern(("module", "event-listener"))
_BINARY = element_pattern(("binary-data",))
_SETTING = element_pattern(("config-item",))
_ENCRYPTION = re.compile(r"<(?:[\w.\-]++:)?encryption-data[\s>/]|application/x-encrypted|encrypted-package")
_SCRIPTS = re.compile(r"^(?:Scripts/.+\.(?:py|js|bsh)|Basic/.+/.+\.(?:xml|xba))$", re.IGNORECASE)


def is_opendocument(data: bytes) -> bool:
    """Whether a zip is an OpenDocument file, by its type or the list of its parts."""
    if _MIMETYPE in data[:200] or _OLD_MIMETYPE in data[:200]:
        return True
    if b"content.xml" not in data:
        return False
    found = set(names(data))
    return "content.xml" in found and not found.isdisjoint(("mimetype", "META-INF/manifest.xml"))


def is_flat(data: bytes) -> bool:
    """Whether an XML file is an OpenDocument in one file."""
    head = data[:65_536]
    return _NAMESPACE in (head.replace(b"\x00", b"") if b"\x00" in head else head)


def read_opendocument(data: bytes, findings: Findings) -> None:
    """Read every member of an OpenDocument zip; encrypted ones are said."""
    pictures = 0
    for part in parts(data, findings):
        if is_xml(part.head) and part.kind not in (kinds.SVG, kinds.HTML):
            read_part(part.name, read_xml(whole(data, part, findings)), findings)
        elif part.kind == kinds.OLE:
            read_compound(whole(data, part, findings), findings)
        elif part.kind == kinds.PICTURE:
            pictures += 1
            if pictures <= MAX_PICTURES and not part.name.startswith("Thumbnails/"):
                findings.member(part.name, whole(data, part, findings))
        elif _SCRIPTS.match(part.name):
            findings.troubles[MACROS] = None
        elif part.kind not in (kinds.UNKNOWN, kinds.TEXT):
            findings.member(part.name, whole(data, part, findings))


def read_part(name: str, xml: XmlText, findings: Findings) -> None:
    """Read one XML part, or a flat document."""
    text = xml.text
    if name.startswith("META-INF/") and _ENCRYPTION.search(text) is not None:
        findings.troubles[ENCRYPTED] = None
    for external in xml.external():
        if "Office.dtd" not in external and ".dtd" not in external[-20:]:
            findings.target(external, "DOCTYPE", ASKED, tag="!DOCTYPE", attribute="SYSTEM")
    if _SCRIPTS.match(name) is not None or ":module" in text:
        for element in xml.elements(_MODULE):
            if element.name == "module" and element.text.strip():
                findings.troubles[MACROS] = None
    if "href" in text or "dde-" in text:
        for element in xml.elements(_ANY):
            attributes = element.attributes
            if (href := attributes.get("href")) is not None:
                _href(element.name, href, attributes, findings)
            if "dde-application" in attributes:
                for part in ("dde-application", "dde-topic", "dde-item"):
                    value = attributes.get(part, "")
                    findings.inside(value, "DDE link", ASKED, tag=element.name, attribute=part)
                    findings.target(value, "DDE link", ASKED, tag=element.name, attribute=part)
    if "config-item" in text and "//" in text:
        for element in xml.elements(_SETTING):
            setting = element.attributes.get("name", "")
            if "URL" in setting or "Path" in setting:
                findings.target(element.text, f"setting {setting[:40]}", _LIBRE_ASKED, tag="config-item")
    if CALL.search(text) is not None:
        for element in xml.elements(_ANY):
            for attribute, value in element.attributes.items():
                if attribute in ("formula", "condition", "expression"):
                    read_formula(value, findings)


def _href(tag: str, href: str, attributes: dict[str, str], findings: Findings) -> None:
    """One address. A target of a section that is a DDE or script address contacts nobody by itself."""
    if href.lower().startswith(("vnd.sun.star.script:", "macro:", "slot:")):
        findings.troubles[MACROS] = None
        return
    carrier, way = _PLACES.get(tag, (tag[:40], ASKED))
    if tag == "event-listener":
        event = attributes.get("event-name", "").lower()
        way = _LIBRE_ASKED if event.endswith(_ON_OPENING) else CLICKED
    findings.target(href, carrier, way, tag=tag, attribute="xlink:href")


def read_flat(data: bytes, findings: Findings) -> None:
    """Read a document in one XML file, the pictures and objects in it too."""
    xml = read_xml(data)
    read_part("", xml, findings)
    pictures = 0
    for element in xml.elements(_BINARY):
        try:
            whole = base64.b64decode("".join(element.text.split()) + "==")
        except (binascii.Error, ValueError):
            continue
        findings.allowance.take_bytes(len(whole))
        kind = kinds.kind_of(whole[: kinds.HEAD], "", "")
        if kind == kinds.OLE:
            read_compound(whole, findings)
        elif kind:
            pictures += kind == kinds.PICTURE
            if pictures <= MAX_PICTURES:
                findings.member("embedded", whole)
