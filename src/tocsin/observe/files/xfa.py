"""XML in PDF files (XFA forms, XMP descriptions): where it sends, what it loads. Entities are never resolved."""

from __future__ import annotations

import re
from itertools import islice
from xml.parsers import expat

import msgspec

from tocsin.observe.files.scripts import MAX_CHARACTERS, urls_in_script

OPENING = "opening"
FOLLOWING = "following"
PRINTING = "printing"

_URL_ATTRIBUTES = {"href": "href", "target": "submit", "src": "href", "uri": "href", "url": "href"}
_URL_ELEMENTS = frozenset({"soapaddress", "wsdladdress", "uri", "xsdaddress", "serverurl"})
_BY_HAND = frozenset(
    {"click", "mouseup", "mousedown", "change", "enter", "exit", "full", "presave", "postsave"}
    | {"presubmit", "postsubmit", "mouseenter", "mouseexit", "presign", "postsign", "preopen"}
)
_PRINTED = frozenset({"preprint", "postprint"})
_MOST_TEXT = MAX_CHARACTERS + 1  # characters of one script
_MOST_TEXTS = 600_000  # characters of all scripts
_MOST_FOUND = 5_000
_STYLE_SHEET = re.compile(r"href\s*+=\s*+[\"']([^\"']++)", re.IGNORECASE)
_LOOSE = re.compile(rb"(?:href|target)\s*+=\s*+[\"']([^\"'<>]{1,2000}+)[\"']", re.IGNORECASE)


class InXml(msgspec.Struct, frozen=True, gc=False):
    """A URL in XML; `place` is "submit", "href", "connection", "script", "style sheet" or "entity"."""

    url: str
    place: str
    when: str


class XmlReading(msgspec.Struct, frozen=True, gc=False):
    """What was found; `whole` is False where there was more than is read."""

    found: tuple[InXml, ...]
    whole: bool


class TooMuch(Exception):
    """Raised inside the parser to stop it: there is more than is kept."""


def urls_in_xml(data: bytes, *, only_external: bool = False) -> XmlReading:
    """Give what an XFA form contacts; with `only_external` just DTDs, entities and style sheets.

    A form's submit targets wait for the reader, connections, pictures (`href`) and style sheets load with the
    form; a script acts with the event it stands in. Source: XFA Specification 3.3; CVE-2019-7089,
    CVE-2014-8452. XML that is not well-formed is searched for the attributes alone.
    """
    reading = _Reading(only_external)
    try:
        reading.parser.Parse(data, True)
    except expat.ExpatError:
        if not only_external:
            for match in islice(_LOOSE.finditer(data), _MOST_FOUND):
                reading.found.append(InXml(match[1].decode("utf-8", "replace"), "href", FOLLOWING))
    except TooMuch:
        reading.whole = False
    except (ValueError, LookupError):  # an encoding that nobody knows
        reading.whole = only_external
    return XmlReading(tuple(reading.found), reading.whole)


class _Reading:
    def __init__(self, only_external: bool) -> None:
        self.found: list[InXml] = []
        self.whole = True
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self.doctype
        parser.EntityDeclHandler = self.entity
        parser.ProcessingInstructionHandler = self.instruction
        parser.ExternalEntityRefHandler = None
        parser.DefaultHandler = _ignored  # with it expat leaves internal entities as they are
        self._whens: list[str] = []  # of the elements around: "" where no event says when
        self._text: list[str] | None = None
        self._size = 0
        self._script_left = _MOST_TEXTS
        if not only_external:
            parser.StartElementHandler = self.start
            parser.EndElementHandler = self.end
            parser.CharacterDataHandler = self.characters

    def keep(self, url: str, place: str, when: str) -> None:
        if len(self.found) >= _MOST_FOUND:
            raise TooMuch
        if url.strip():
            self.found.append(InXml(url.strip(), place, when))

    def doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        self.keep(system or "", "entity", OPENING)

    def entity(
        self,
        name: str,
        parameter: bool,
        value: str | None,
        base: str | None,
        system: str | None,
        public: str | None,
        notation: str | None,
    ) -> None:
        self.keep(system or "", "entity", OPENING)

    def instruction(self, target: str, data: str) -> None:
        if target.lower() == "xml-stylesheet" and (match := _STYLE_SHEET.search(data)):
            self.keep(match[1], "style sheet", OPENING)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(":")[2].lower()
        when = self._whens[-1] if self._whens else ""
        if name == "event":
            activity = attributes.get("activity", "click").lower()
            if activity in _BY_HAND:
                when = FOLLOWING
            elif activity in _PRINTED:
                when = PRINTING
            else:
                when = OPENING
        self._whens.append(when)
        for attribute, value in attributes.items():
            place = _URL_ATTRIBUTES.get(attribute.lower())
            if place == "submit":
                if name == "submit":
                    self.keep(value, place, when or FOLLOWING)
            elif place:
                self.keep(value, place, FOLLOWING if name == "a" else when or OPENING)
        if name == "script" or name in _URL_ELEMENTS:
            self._text = []
            self._size = 0

    def characters(self, text: str) -> None:
        if self._text is not None and self._size < _MOST_TEXT:
            self._text.append(text)
            self._size += len(text)

    def end(self, name: str) -> None:
        when = (self._whens.pop() if self._whens else "") or OPENING
        if self._text is None:
            return
        name = name.rpartition(":")[2].lower()
        text = "".join(self._text)
        if name == "script":
            if len(text) > min(self._script_left, MAX_CHARACTERS):
                self.whole = False
                text = text[: self._script_left]
            self._script_left -= len(text)
            for url in urls_in_script(text):
                self.keep(url, "script", when)
            self._text = None
        elif name in _URL_ELEMENTS:
            self.keep(text, "connection", OPENING)
            self._text = None


def _ignored(data: str) -> None:
    return None
