r"""RTF: the template, fields, linked pictures and objects that a document fetches, obfuscated or not.

The tokens are Word's: control words that nobody knows are passed over, starred groups that nobody knows are
not shown, white space and line ends in hexadecimal data do not count, `\bin` data are skipped.
Source: Rich Text Format specification 1.9.1; MS-OLEDS 2.2 for what objects hold.
"""

from __future__ import annotations

import re

import msgspec

from tocsin.mail.charsets import decode_text
from tocsin.observe.files.office_findings import (
    ASKED,
    CLICKED,
    OPENED,
    TOO_LARGE,
    WORD,
    WORD_ASKED,
    Findings,
    Way,
)
from tocsin.observe.files.ole_document import SIGNATURE, read_compound, search_anywhere
from tocsin.observe.files.ole_monikers import read_old_object
from tocsin.observe.files.word_fields import FieldReader

MAX_TOKENS = 5_000_000
MAX_DEPTH = 5_000  # groups in groups
MAX_TEXT = 32_768  # characters of one destination
MAX_OBJECT = 32 << 20  # hexadecimal digits of all objects

_TOKEN = re.compile(
    r"\\([a-zA-Z]{1,64}+)(-?[0-9]{1,10}+)? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])"
    r"|[\r\n\x00]++|([^\\{}\r\n\x00]++)|\\",
    re.DOTALL,
)
_NOT_HEX = re.compile(r"[^0-9a-fA-F]+")
# Destinations whose text names a file, and when it is fetched.
_PLACES: dict[str, tuple[str, Way]] = {
    "template": ("template", WORD),
    "hlsrc": ("shape hyperlink", CLICKED),
    "mmdatasource": ("mail merge", WORD_ASKED),
    "mmheadersource": ("mail merge", WORD_ASKED),
    "mmconnectstr": ("mail merge", WORD_ASKED),
    "mmconnectstrdata": ("mail merge", WORD_ASKED),
    "nextfile": ("next file", WORD_ASKED),
    "file": ("sub-document", WORD),
    "fname": ("frame", WORD),
    "hlinkbase": ("hyperlink base", CLICKED),
}
_COMMANDS = frozenset({"mmconnectstr", "mmconnectstrdata"})
_OBJECT_DATA = frozenset({"objdata", "datastore", "themedata", "datafield"})
_TEXT = frozenset({*_PLACES, "fldinst", "sn", "sv"})
_SPECIAL = {
    "tab": "\t",
    "lquote": "‘",
    "rquote": "’",
    "ldblquote": '"',
    "rdblquote": '"',
    "par": " ",
    "line": " ",
}


class _Group(msgspec.Struct):
    """What a group inherits: where its text goes, and how many characters after \\u stand in for it."""

    destination: str = ""
    opened: bool = False  # this group is the one that its destination began in
    field: bool = False
    fallback: int = 1


class _Reader:
    def __init__(self, text: str, findings: Findings) -> None:
        self.text = text
        self.findings = findings
        self.fields = FieldReader(findings)
        self.stack: list[_Group] = []
        self.group = _Group()
        self.collected: dict[str, list[str]] = {}
        self.size = 0
        self.hex: list[str] = []
        self.hex_size = 0
        self.updated = False  # the object at hand is fetched when the document is opened
        self.linked = False
        self.property = ""
        self.starred = False
        self.skip = 0  # characters still to pass over after \\u
        self.open_fields = 0

    def read(self) -> None:
        position = 0
        for _ in range(MAX_TOKENS):
            token = _TOKEN.match(self.text, position)
            if token is None:
                break
            position = token.end()
            word, number, code, symbol, brace, plain = token.groups()
            if plain is not None:
                if self.skip:
                    plain, self.skip = plain[self.skip :], max(0, self.skip - len(plain))
                self.add(plain)
            elif brace is not None:
                self.brace(brace)
            elif word is not None:
                if word == "bin":
                    length = max(0, int(number or 0))
                    if length > len(self.text) - position:  # nonsense: it must not hide what follows
                        length = 0
                    self.binary(self.text[position : position + length])
                    position += length
                else:
                    self.word(word, number)
            elif code is not None:
                if self.skip:
                    self.skip -= 1
                elif self.group.destination not in _OBJECT_DATA:  # Word passes over it in hexadecimal data
                    self.add(chr(int(code, 16)))
            elif symbol is not None:
                if symbol == "*":
                    self.starred = True
                elif self.skip:
                    self.skip -= 1
                elif symbol in "\\{}":
                    self.add(symbol)
        else:
            self.findings.troubles[TOO_LARGE] = None
        while self.stack:
            self.brace("}")
        self.fields.close()

    def brace(self, brace: str) -> None:
        self.starred = False
        self.skip = 0
        if brace == "{":
            if len(self.stack) < MAX_DEPTH:
                self.stack.append(self.group)
                self.group = _Group(self.group.destination, fallback=self.group.fallback)
            else:
                self.findings.troubles[TOO_LARGE] = None
            return
        if not self.stack:
            return
        closed = self.group
        self.group = self.stack.pop()
        if closed.opened:
            self.finish(closed.destination)
        if closed.field:
            self.fields.end()
            self.open_fields -= 1

    def word(self, word: str, number: str | None) -> None:
        starred, self.starred = self.starred, False
        group = self.group
        if word == "u" and number is not None:
            self.add(chr(int(number) & 0xFFFF))
            self.skip = group.fallback
        elif word == "uc":
            group.fallback = min(max(int(number or 1), 0), 16)
        elif word == "field" and not group.field:
            self.field(group)
            group.destination = ""
        elif word == "fldrslt":
            self.fields.separate()
            group.destination = "fldrslt"
        elif word in _OBJECT_DATA or word in _TEXT:
            group.destination, group.opened = word, True
            if word in _OBJECT_DATA:
                self.hex = []
            elif word == "fldinst":
                if not self.open_fields:
                    self.field(group)
            else:
                self.collected[word] = []
                self.size = 0
        elif word == "object":
            self.updated = self.linked = False
        elif word in ("objautlink", "objupdate"):
            self.updated = True
        elif word in ("objlink", "objsub", "objpub"):
            self.linked = True
        elif word == "sp":
            self.property = ""
        elif word in ("pict", "fonttbl", "colortbl", "stylesheet") or starred:
            group.destination = "passed"
        elif word in _SPECIAL:
            self.add(_SPECIAL[word])

    def field(self, group: _Group) -> None:
        self.fields.begin()
        self.open_fields += 1
        group.field = True

    def add(self, text: str) -> None:
        destination = self.group.destination
        if not destination or destination == "passed":
            return
        if destination in _OBJECT_DATA:
            if self.hex_size < MAX_OBJECT:
                self.hex.append(text)
                self.hex_size += len(text)
            else:
                self.findings.troubles[TOO_LARGE] = None
        elif destination in ("fldinst", "fldrslt"):
            self.fields.text(text)
        elif self.size < MAX_TEXT:
            self.collected.setdefault(destination, []).append(text[:MAX_TEXT])
            self.size += len(text)

    def binary(self, data: str) -> None:
        """Raw bytes after \\bin: in an object they go on where the digits before them ended."""
        if self.group.destination in _OBJECT_DATA and self.hex_size < MAX_OBJECT:
            self.hex.append(data.encode("latin-1").hex())
            self.hex_size += 2 * len(data)

    def finish(self, destination: str) -> None:
        """A destination ends: see what it holds."""
        if destination in _OBJECT_DATA:
            self.object(_NOT_HEX.sub("", "".join(self.hex)), destination)
            self.hex = []
            return
        text = _joined("".join(self.collected.pop(destination, [])))
        if destination == "sn":
            self.property = text.strip()
        elif destination == "sv":
            if self.property == "pibName":
                self.findings.target(text, "linked picture", OPENED, tag="pibName")
            elif self.property in ("pihlShape", "hyperlink"):
                self.findings.target(text, "shape hyperlink", CLICKED, tag=self.property)
        elif destination == "hlinkbase":
            self.findings.base = text.strip() or self.findings.base
        elif (place := _PLACES.get(destination)) is not None:
            self.findings.target(text, *place, tag=destination)
            if destination in _COMMANDS:
                self.findings.inside(text, *place, tag=destination)

    def object(self, digits: str, destination: str) -> None:
        way = OPENED if self.updated or not self.linked else ASKED
        way = CLICKED if destination == "datafield" else way
        for start in (0, 1) if SIGNATURE.hex() in digits[1:].lower() else (0,):
            data = bytes.fromhex(digits[start : start + ((len(digits) - start) & ~1)])
            self.findings.allowance.take_bytes(len(data))
            if destination == "objdata":
                embedded = read_old_object(data, self.findings, way)
                if embedded and not embedded.startswith(SIGNATURE):
                    self.findings.member("object", embedded)
            at = data.find(SIGNATURE)
            if at >= 0:
                read_compound(data[at:], self.findings)
            search_anywhere(data, self.findings, way)
            if at >= 0:
                return


def read_rtf(data: bytes, findings: Findings) -> None:
    """Read a document. What `\\objautlink` and `\\objupdate` stand at is fetched when it is opened."""
    _Reader(data.decode("latin-1"), findings).read()


def _joined(text: str) -> str:
    """Text of a destination: pairs of \\u joined, bytes above ASCII read as UTF-8 or windows-1252."""
    if text.isascii():
        return text
    if all(ord(character) < 256 for character in text):
        return decode_text(text.encode("latin-1"), "")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
