"""Opening PDF files within limits, and undoing the filters of their streams."""

from __future__ import annotations

import logging
import re
import zlib
from typing import Any, cast

import msgspec

from tocsin.mail.charsets import guess_text
from tocsin.mail.decompressors import Deflate
from tocsin.mail.in_memory import InMemory
from tocsin.observe.files.streams import unpack

# qpdf reads what a file consists of at once, so what it is handed must be bounded before.
MOST_OBJECTS = 100_000  # that stand in the file as they are
MOST_STRUCTURE = 4 << 20  # bytes outside of streams
MOST_OBJECT_STREAMS = 32 << 20  # bytes, unpacked, of all streams that hold objects
MOST_TABLES = 2_000  # cross-reference tables: one for each time the file was saved
_MOST_UNPACKED = 8 << 20  # bytes of one stream that qpdf may unpack by itself
_MOST_WARNINGS = 50
_MOST_FILTERS = 4
_MOST_ITEMS = 100_000  # of one array or dictionary

_STREAM = re.compile(rb"stream\r?\n")
_DICTIONARY = 2_000  # bytes before "stream" that are looked at
# Any letter of a name may be written as a number (ISO 32000-1, 7.3.5).
_HOLDS_OBJECTS = re.compile(
    rb"/(?:(?:O|#4[fF])(?:b|#62)(?:j|#6[aA])(?:S|#53)(?:t|#74)(?:m|#6[dD])"
    rb"|(?:X|#58)(?:R|#52)(?:e|#65)(?:f|#66)\b|(?:T|#54)(?:y|#79)(?:p|#70)(?:e|#65)\s*+\d+\s+\d+\s+R)"
)
_LZW = re.compile(rb"/(?:L|#4[cC])(?:Z|#5[aA])(?:W|#57)|/(?:F|#46)(?:i|#69)(?:l|#6[cC])\w*+\s*+\d+\s+\d+\s+R")
_FLATE = frozenset({"/FlateDecode", "/Fl"})


class Refused(msgspec.Struct, frozen=True, gc=False):
    """Why a PDF file was not opened: "encrypted", "damaged" or "too-large"."""

    reason: str


def open_pdf(data: bytes) -> Any | Refused:
    """Open a PDF file as qpdf reads it, repaired where it must be; returns a `pikepdf.Pdf`.

    Files that need a password, that cannot be repaired, or that would take long are refused. A file that is
    encrypted with the empty password opens. Nothing outside `data` is read.
    """
    if _too_large(data):
        return Refused("too-large")
    import pikepdf
    from pikepdf.settings import set_qpdf_limits

    # For the whole process, and always the same: what qpdf says of a file goes nowhere.
    logging.getLogger("pikepdf").setLevel(logging.CRITICAL + 1)
    set_qpdf_limits(
        doc_max_warnings=_MOST_WARNINGS,
        parser_max_container_size=_MOST_ITEMS,
        max_stream_filters=_MOST_FILTERS,
        flate_max_memory=_MOST_UNPACKED,
        png_max_memory=_MOST_UNPACKED,
        tiff_max_memory=_MOST_UNPACKED,
        run_length_max_memory=_MOST_UNPACKED,
    )
    try:
        return pikepdf.open(cast(Any, InMemory(data)), suppress_warnings=True)
    except pikepdf.PasswordError:
        return Refused("encrypted")
    except (pikepdf.PikepdfError, RuntimeError, ValueError, TypeError, LookupError) as error:
        return Refused("encrypted" if "encrypt" in str(error).lower() else "damaged")


def damage() -> tuple[type[Exception], ...]:
    """Give what pikepdf raises on files that are not as they should be."""
    import pikepdf

    return (
        pikepdf.PikepdfError,
        RuntimeError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
    )


def _too_large(data: bytes) -> bool:
    if data.count(b" obj") > MOST_OBJECTS or data.count(b"xref") > 2 * MOST_TABLES:
        return True
    structure = len(data)
    objects = 0
    if structure <= MOST_STRUCTURE and not _HOLDS_OBJECTS.search(data):
        return False
    at = 0
    while (match := _STREAM.search(data, at)) is not None:
        start = match.end()
        end = data.find(b"endstream", start)
        if end < 0:
            end = len(data)
        structure -= end - start
        head = data[max(at, match.start() - _DICTIONARY) : match.start()]
        if (place := head.rfind(b" obj")) >= 0:
            head = head[place:]
        if _HOLDS_OBJECTS.search(head):
            if _LZW.search(head):
                return True  # a filter whose output nothing bounds, in no file that a known program writes
            objects += _inflated(data, start, end)
            if objects > MOST_OBJECT_STREAMS:
                return True
        at = end
    return structure > MOST_STRUCTURE


def _inflated(data: bytes, start: int, end: int) -> int:
    """How many bytes a stream gives, counted no further than matters."""
    return max(end - start, len(unpack(_flate(), memoryview(data)[start:end], MOST_OBJECT_STREAMS + 1).data))


def _flate() -> Deflate:
    return Deflate(zlib.MAX_WBITS)


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """What a stream holds; `whole` is False where the limit or an unknown filter cut it."""

    data: bytes
    whole: bool = True


def stream_data(stream: Any, limit: int) -> Decoded:
    """Undo a stream's filters, to at most `limit` bytes; a filter that is not bounded is not undone."""
    try:
        filters, plain = _filters(stream)
        if len(filters) > _MOST_FILTERS or not set(filters) <= _BOUNDED:
            return Decoded(b"", False)
        if plain and set(filters) <= _FLATE:
            data = bytes(stream.read_raw_bytes())
            for _ in filters:
                found = unpack(_flate(), memoryview(data), limit)
                if found.over:
                    return Decoded(found.data, False)
                data = found.data
            return Decoded(data[:limit], len(data) <= limit)
        data = bytes(stream.read_bytes())  # within the limits that `open_pdf` set
    except damage():
        return Decoded(b"", False)
    return Decoded(data[:limit], len(data) <= limit)


_BOUNDED = _FLATE | {"/ASCIIHexDecode", "/AHx", "/ASCII85Decode", "/A85", "/RunLengthDecode", "/RL", "/Crypt"}


def _filters(stream: Any) -> tuple[list[str], bool]:
    """The names of a stream's filters, and whether they have no parameters."""
    named = stream.get("/Filter")
    parameters = stream.get("/DecodeParms")
    if named is None:
        return [], True
    import pikepdf

    if isinstance(named, pikepdf.Name):
        return [str(named)], parameters is None
    return [str(name) for name in list(named)[: _MOST_FILTERS + 1]], parameters is None


def text_of(value: Any) -> str:
    """Give a PDF string as text: UTF-16 or UTF-8 with its mark, else guessed (ISO 32000-2, 7.9.2)."""
    data = bytes(value)
    if data[:2] == b"\xfe\xff":
        return data[2:].decode("utf-16-be", "replace")
    if data[:2] == b"\xff\xfe":
        return data[2:].decode("utf-16-le", "replace")
    if data[:3] == b"\xef\xbb\xbf":
        return data[3:].decode("utf-8", "replace")
    return guess_text(data)
