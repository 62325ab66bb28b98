"""Searching a PDF that cannot be opened: what stands in its bytes and in the streams that can be unpacked."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from tocsin.mail.charsets import guess_text
from tocsin.mail.decompressors import Deflate
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.pdf_gathered import InPdf, windows_path
from tocsin.observe.files.scripts import MAX_CHARACTERS, urls_in_script
from tocsin.observe.files.streams import unpack
from tocsin.observe.files.xfa import FOLLOWING, OPENING

_MOST_FOUND = 2_000
_MOST_STREAMS = 1_000
_MOST_OF_STREAM = 1 << 18
_MOST_OF_ALL = 8 << 20
_MOST_BYTES = 32 << 20
_MOST_STRING = 2_000  # bytes of an address
_MOST_STRINGS = 10_000
_UNREADABLE = 10_000  # bytes of script that one without an end counts for
_STREAM = re.compile(rb"stream\r?\n")
_KEY = re.compile(rb"/(URI|JS|UF|F|Before|After|AfterPermsReady)\s*+(?=[(<])")
_SCRIPTS = frozenset((b"JS", b"Before", b"After", b"AfterPermsReady"))  # the latter three in form data
_LITERAL = re.compile(rb"\(((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*+\))*+)\)", re.DOTALL)
_HEX = re.compile(rb"<([0-9A-Fa-f\s]*+)>")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_CONTROL = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{1,20}:|\\\\")


def scan_pdf(data: bytes, allowance: Allowance) -> tuple[InPdf, ...]:
    """Search the bytes of a PDF for the strings of links, file specifications and scripts.

    Streams are searched too where they are deflated, each to a quarter of a MiB and all within the
    allowance. Where a string hangs is not known: scripts and files count as acting when the file is opened.
    """
    search = _Search()
    for piece in _pieces(data[:_MOST_BYTES], allowance):
        search.read(piece)
    return tuple(search.found)


def is_address(path: str) -> bool:
    """Whether a path names another computer or has a scheme."""
    return _ADDRESS.match(path) is not None


def _pieces(data: bytes, allowance: Allowance) -> Iterator[bytes]:
    yield data
    left = min(_MOST_OF_ALL, allowance.largest(len(data)))
    view = memoryview(data)
    at = 0
    for _ in range(_MOST_STREAMS):
        match = _STREAM.search(data, at)
        if match is None or left <= 0:
            return
        at = match.end()
        unpacked = unpack(Deflate(zlib.MAX_WBITS), view[at:], min(_MOST_OF_STREAM, left)).data
        left -= len(unpacked)
        allowance.take_bytes(len(unpacked))
        yield unpacked


class _Search:
    def __init__(self) -> None:
        self.found: dict[InPdf, None] = {}
        self._strings = _MOST_STRINGS
        self._script = MAX_CHARACTERS

    def read(self, data: bytes) -> None:
        for match in _KEY.finditer(data):
            if self._strings <= 0 or len(self.found) >= _MOST_FOUND:
                return
            self._strings -= 1
            key = match[1]
            if key in _SCRIPTS:
                self._read_script(data, match.end())
                continue
            text = _string(data, match.end(), _MOST_STRING).strip()
            if key == b"URI":
                if text:
                    self.found[InPdf(text, "URI", FOLLOWING)] = None
            elif is_address(path := windows_path(text)):
                self.found[InPdf(path, "file elsewhere", OPENING)] = None

    def _read_script(self, data: bytes, start: int) -> None:
        if self._script <= 0:
            return
        text = _string(data, start, self._script)
        self._script -= len(text) or _UNREADABLE
        for url in urls_in_script(text):
            self.found[InPdf(url, "JavaScript", OPENING)] = None


def _string(data: bytes, start: int, most: int) -> str:
    end = start + most
    if (literal := _LITERAL.match(data, start, end)) is not None:
        raw = _ESCAPE.sub(_unescaped, literal[1])
    elif (digits := _HEX.match(data, start, end)) is not None:
        pairs = b"".join(digits[1].split())
        raw = bytes.fromhex(pairs[: len(pairs) // 2 * 2].decode("ascii"))
    else:
        return ""
    if raw[:2] == b"\xfe\xff":
        return raw[2:].decode("utf-16-be", "replace")
    return guess_text(raw)


def _unescaped(match: re.Match[bytes]) -> bytes:
    what = match[1]
    if what[:1].isdigit():
        return bytes([int(what, 8) & 0xFF]) if what[:1] < b"8" else what
    if what[-1:] == b"\n":
        return b""
    return _CONTROL.get(what, what)
