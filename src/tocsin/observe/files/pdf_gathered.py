"""What a walk through a PDF gathers: URLs with the place and time of each, and embedded files."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tocsin.model.attached import Member
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.pdf_file import damage, stream_data, text_of
from tocsin.observe.files.scripts import MAX_CHARACTERS, urls_in_script
from tocsin.observe.files.xfa import OPENING, PRINTING, urls_in_xml

_MOST_SCRIPT = 1 << 20
_MOST_SCRIPTS = 600_000  # characters of all scripts of a file
_MOST_XML = 4 << 20
_MOST_SIGNATURE = 1 << 20
_FILE_NAMES = ("/UF", "/F", "/Unix", "/DOS", "/Mac")
_SLASHES = re.compile(r"[/\\]{2,}+(?=[^/\\])")


class InPdf(msgspec.Struct, frozen=True, gc=False):
    """A URL or path in a PDF.

    `carrier` is the action's type ("URI", "Launch", …) or the place ("XFA href", "external stream"). `when` is
    "opening", "printing" or "following" (the reader must follow something). `base` is the document's base
    URL, None where it names none.
    """

    url: str
    carrier: str
    when: str
    base: str | None = None


class Gathering:
    """What was found so far; the walk adds to it."""

    def __init__(self, allowance: Allowance) -> None:
        import pikepdf

        self.allowance = allowance
        self.found: dict[InPdf, None] = {}
        self.members: list[Member] = []
        self.whole = True
        self.base: str | None = None
        self.damage = damage()
        self.dictionary = pikepdf.Dictionary
        self.array = pikepdf.Array
        self.stream = pikepdf.Stream
        self.string = pikepdf.String
        self.holders = (pikepdf.Dictionary, pikepdf.Stream)
        self._script_left = _MOST_SCRIPTS
        self._files: set[tuple[int, int]] = set()

    def keep(self, url: str, carrier: str, when: str) -> None:
        url = url.strip()
        if url:
            self.found[InPdf(url, carrier, when, self.base)] = None

    def text(self, value: Any) -> str:
        return text_of(value) if isinstance(value, self.string) else ""

    def description(self, stream: Any, when: str) -> None:
        """XMP: descriptive, but an XML reader may load what its DTD names."""
        if isinstance(stream, self.stream):
            data = self.decoded(stream, _MOST_XML)
            if b"<!" in data or b"xml-stylesheet" in data or b"\x00" in data[:4]:
                for found in urls_in_xml(data, only_external=True).found:
                    self.keep(found.url, f"XMP {found.place}", when)

    def form(self, packets: Any) -> None:
        """An XFA form: one stream, or its packets with their names before them."""
        if isinstance(packets, self.array):
            streams = [packet for packet in list(packets)[:1_000] if isinstance(packet, self.stream)]
        else:
            streams = [packets] if isinstance(packets, self.stream) else []
        pieces = []
        left = _MOST_XML
        for stream in streams:
            pieces.append(self.decoded(stream, left))
            left -= len(pieces[-1])
        if not any(pieces):
            return
        reading = urls_in_xml(b"".join(pieces))
        self.whole = self.whole and reading.whole
        for found in reading.found:
            self.keep(windows_path(found.url), f"XFA {found.place}", found.when)

    def script(self, source: Any, when: str) -> None:
        """Read a script: a string or a stream. All scripts of a file together are read to a limit."""
        if isinstance(source, self.stream):
            text = text_of(self.decoded(source, _MOST_SCRIPT))
        else:
            text = self.text(source)
        if len(text) > min(self._script_left, MAX_CHARACTERS):
            self.whole = False
            text = text[: self._script_left]
        self._script_left -= len(text)
        for url in urls_in_script(text):
            self.keep(url, "JavaScript", when)

    def path(self, specification: Any, carrier: str, when: str) -> None:
        """What a file specification names outside of the PDF (ISO 32000-2, 7.11)."""
        if isinstance(specification, self.string):
            self.keep(windows_path(self.text(specification)), carrier, when)
        elif isinstance(specification, self.holders):
            web = str(specification.get("/FS")) == "/URL"
            for key in _FILE_NAMES:
                if name := self.text(specification.get(key)):
                    self.keep(name if web else windows_path(name), carrier, when)

    def file(self, specification: Any, when: str) -> None:
        """Take out an embedded file."""
        if not isinstance(specification, self.dictionary):
            return
        streams = specification.get("/EF")
        if not isinstance(streams, self.dictionary):
            self.path(specification, "file elsewhere", when)
            return
        name = next((text for key in _FILE_NAMES if (text := self.text(specification.get(key)))), "")
        for key in _FILE_NAMES:
            stream = streams.get(key)
            if isinstance(stream, self.stream) and stream.objgen not in self._files:
                self._files.add(stream.objgen)
                if not self.allowance.take_member():
                    self.whole = False
                    return
                data = self.decoded(stream, self.allowance.bytes_left)
                self.members.append(Member(name, data, str(stream.get("/Subtype") or "/")[1:].lower()))

    def signature(self, value: Any) -> None:
        """Take out a signature: its certificates name servers that are asked when it is checked."""
        contents = value.get("/Contents")
        if not isinstance(contents, self.string):
            return
        signature = bytes(contents)
        known = any(signature == member.data for member in self.members)
        if signature[:1] == b"\x30" and len(signature) <= _MOST_SIGNATURE and not known:
            if self.allowance.take_member():
                self.members.append(Member("signature.p7s", signature, "application/pkcs7-signature"))
            else:
                self.whole = False

    def points_outside(self, stream: Any) -> None:
        keys = stream.keys()
        if "/F" in keys:
            self.path(stream.get("/F"), "external stream", OPENING)
        if "/Ref" in keys and isinstance(reference := stream.get("/Ref"), self.dictionary):
            self.path(reference.get("/F"), "reference XObject", OPENING)
        if "/OPI" in keys and isinstance(versions := stream.get("/OPI"), self.dictionary):
            for key in versions.keys():  # noqa: SIM118 -- a PDF dictionary gives pairs
                version = versions.get(key)
                if isinstance(version, self.dictionary):
                    self.path(version.get("/F"), "OPI", PRINTING)

    def decoded(self, stream: Any, most: int) -> bytes:
        packed = int(stream.get("/Length", 0))
        decoded = stream_data(stream, min(most, self.allowance.largest(packed)))
        self.allowance.take_bytes(len(decoded.data))
        self.whole = self.whole and decoded.whole
        return decoded.data


def windows_path(name: str) -> str:
    """Give a path as Windows takes it: two slashes or backslashes at its start name another computer."""
    if name[:1] in ("/", "\\") and (match := _SLASHES.match(name)):
        return "\\\\" + name[match.end() :].replace("/", "\\")
    return name
