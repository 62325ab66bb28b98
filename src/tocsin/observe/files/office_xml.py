"""XML of Office documents read as tags in a text: damage that Office repairs must not hide what stands beside it.

A validating parser gives up at the first fault, and some programs then repair and show the document all the
same. So elements are found one by one in the decoded text: comments are left out, CDATA sections count as
text, entities are decoded once, those that the document declares itself included, none from elsewhere. Every
regular expression here is linear: no element reaches beyond the next "<".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tocsin.mail.charsets import decode_text

MAX_ENTITIES = 200
MAX_ENTITY = 2_000  # characters that one entity stands for

_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']([\w.:\-]{1,40})")
_ATTRIBUTE = re.compile(r"(?<![^\s\"'/])([^\s=<>\"'/]++)\s*+=\s*+(?:\"([^\"<]*+)\"?|'([^'<]*+)'?)")
_REFERENCE = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z_][\w.\-]{0,60}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ENTITY = re.compile(r"<!ENTITY\s++([A-Za-z_][\w.\-]{0,60})\s++(?:\"([^\"<]*+)\"|'([^'<]*+)')")
_EXTERNAL = re.compile(
    r"<!(?:ENTITY\s++(?:%\s++)?+[A-Za-z_][\w.\-]{0,60}|DOCTYPE\s++[^\s<>\[]{1,100})\s++"
    r"(?:SYSTEM|PUBLIC\s++(?:\"[^\"<]*+\"|'[^'<]*+'))\s++(?:\"([^\"<]*+)\"|'([^'<]*+)')"
)
_ESCAPES = {38: "&amp;", 60: "&lt;"}


class Element(msgspec.Struct, frozen=True, gc=False):
    """One start tag: `name` without prefix, attributes by name without prefix, the text up to the next tag."""

    name: str
    attributes: dict[str, str]
    text: str


class XmlText(msgspec.Struct, frozen=True):
    """The decoded text of an XML file, comments removed, and the entities that it declares itself."""

    text: str
    entities: dict[str, str]

    def decoded(self, text: str) -> str:
        """Decode character and entity references; unknown ones stay as written."""
        if "&" not in text:
            return text
        return _REFERENCE.sub(self._reference, text)

    def _reference(self, match: re.Match[str]) -> str:
        if match[3] is not None:
            return _NAMED.get(match[3]) or self.entities.get(match[3], match[0])
        code = int(match[1]) if match[1] is not None else int(match[2], 16)
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""

    def elements(self, pattern: re.Pattern[str]) -> Iterator[Element]:
        """Give the elements that a pattern of `element_pattern` finds, in order."""
        for match in pattern.finditer(self.text):
            attributes: dict[str, str] = {}
            for name, double, single in _ATTRIBUTE.findall(match[2]):
                attributes.setdefault(name.rpartition(":")[2], self.decoded(double or single))
            yield Element(match[1], attributes, self.decoded(match[3]))

    def external(self) -> Iterator[str]:
        """Give the addresses of a DOCTYPE or entity that lies elsewhere."""
        if "<!" in self.text:
            for double, single in _EXTERNAL.findall(self.text):
                yield double or single


def is_xml(head: bytes) -> bool:
    """Whether the first bytes of a file can start XML, in any encoding that has ASCII in it."""
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1] == b"<"


def read_xml(data: bytes) -> XmlText:
    """Decode an XML file: byte order mark, else UTF-16 by its zeros, else as declared, else UTF-8."""
    if data[:4] in (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"):
        text = data.decode("utf-32", "replace")
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
    elif data[:2] == b"<\x00":
        text = data.decode("utf-16-le", "replace")
    elif data[:2] == b"\x00<":
        text = data.decode("utf-16-be", "replace")
    else:
        label = _DECLARED.match(data[:300].removeprefix(b"\xef\xbb\xbf"))
        declared = label[1].decode("ascii") if label is not None else "utf-8"
        text = decode_text(data, "utf-8" if declared.lower().startswith(("utf-16", "ucs")) else declared)
    text = _plain(text)
    entities: dict[str, str] = {}
    if "<!ENTITY" in text:
        known = XmlText(text, entities)
        for name, double, single in _ENTITY.findall(text)[:MAX_ENTITIES]:
            entities.setdefault(name, known.decoded(double or single)[:MAX_ENTITY])
    return XmlText(text, entities)


def _plain(text: str) -> str:
    """The text without comments, CDATA sections written as escaped text."""
    if "<!--" not in text and "<![CDATA[" not in text:
        return text
    pieces: list[str] = []
    at = 0
    while (start := text.find("<!", at)) >= 0:
        if text.startswith("<!--", start):
            end = text.find("-->", start + 4)
            pieces.append(text[at:start])
            at = end + 3 if end >= 0 else len(text)
        elif text.startswith("<![CDATA[", start):
            end = text.find("]]>", start)
            end = end if end >= 0 else len(text)
            pieces += (text[at:start], text[start + 9 : end].translate(_ESCAPES))
            at = end + 3
        else:
            pieces.append(text[at : start + 2])
            at = start + 2
    pieces.append(text[at:])
    return "".join(pieces)


def element_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for the start tags of elements with these local names, any prefix; groups for `elements`."""
    return re.compile(
        rf"<(?:[\w.\-]++:)?({'|'.join(map(re.escape, names))})(?=[\s/>])"
        r"((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>?+([^<]*+)"
    )


def any_element() -> re.Pattern[str]:
    """A pattern for all start tags."""
    return re.compile(
        r"<(?:[\w.\-]++:)?([\w.\-]++)(?=[\s/>])((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>?+([^<]*+)"
    )
