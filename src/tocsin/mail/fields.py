"""A header block read from its bytes: fields in order with their spans, and what its MIME fields say."""

from __future__ import annotations

import re

import msgspec

from tocsin.mail.charsets import windows_1252
from tocsin.model.message import Header

MARK_OF_EXERCISE = "x-tocsin-exercise"
_MIME_FIELDS = frozenset(
    (
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "content-id",
        "content-location",
        "mime-version",
    )
)
# Each alternative starts where the last match ended, so a gap-free finditer reads every line once.
_FIELD = re.compile(r"([!-9;-~\x80-\xff]*)[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)\n?|([^\n]*\n?)")
_FIELD_ANY_END = re.compile(
    r"([!-9;-~\x80-\xff]*)[ \t]*:([^\r\n]*(?:(?>\r*\n|\r)[ \t][^\r\n]*)*)(?>\r*\n|\r)?|([^\r\n]*(?>\r*\n|\r)?)"
)
_BLANK_LINE = re.compile(rb"(?>\r*\n|\r)(?=\r|\n)")
_LINE_END = re.compile(rb"\r*\n|\r")
_UNFOLD = re.compile(r"\r*\n|\r(?=[ \t])")


class Block(msgspec.Struct, gc=False):
    """A header block as read: `body` is the offset after it, `mime` the values of its MIME fields by name.

    `late` holds MIME fields that stand after a line which is no header field and ended the block;
    `late_body` is the offset after those. `marks` are defect ids found on the way.
    """

    headers: tuple[Header, ...]
    body: int
    mime: dict[str, list[str]]
    late: dict[str, list[str]]
    late_body: int
    marks: tuple[str, ...]
    exercise: bool = False


class BlankLines:
    """Finds the next blank line at or after an offset; each stretch of the bytes is searched once."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = {b"\n\n": -1, b"\n\r\n": -1}

    def _next(self, needle: bytes, start: int) -> int:
        at = self._at[needle]
        if at < start:
            at = self._raw.find(needle, start)
            if at < 0:
                at = len(self._raw)
            self._at[needle] = at
        return at

    def after(self, start: int) -> tuple[int, int]:
        """End of the last line before the next blank line, and the offset after that blank line."""
        short, long = self._next(b"\n\n", start), self._next(b"\n\r\n", start)
        if short < long:
            return short + 1, short + 2
        if long < len(self._raw):
            return long + 1, long + 3
        return long, long


def decoded_field(value: str) -> str:
    """A latin-1 field value as text: UTF-8 where valid (RFC 6532), else windows-1252."""
    data = value.encode("latin-1")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return windows_1252(data)


def read_block(
    raw: bytes, start: int, limit: int, blanks: BlankLines, max_headers: int, max_bytes: int
) -> Block:
    """The header block that starts at `start` and ends at the latest at `limit`.

    It ends at a blank line, or before the first line that is no field. A lone CR ends lines only where the
    block holds no LF.
    """
    if raw.startswith((b"\n", b"\r\n"), start, limit):
        return Block((), start + (1 if raw[start] == 10 else 2), {}, {}, 0, ())
    stop, body = blanks.after(start)
    if stop > limit:
        stop = body = limit
    marks: list[str] = []
    if stop - start > max_bytes:
        stop = start + max_bytes
        marks.append("headers-too-long")
    text = raw[start:stop].decode("latin-1")
    pattern = _FIELD
    if "\r" in text and text.count("\r") != text.count("\r\n"):
        line_end = _LINE_END.search(raw, start, stop)
        if line_end is not None and line_end.group() == b"\r":
            pattern = _FIELD_ANY_END
            marks.append("bare-cr")
            blank = _BLANK_LINE.search(raw, start, stop)
            if blank is not None:
                stop = blank.end()
                end = _LINE_END.match(raw, stop)
                body = end.end() if end is not None else stop
                text = raw[start:stop].decode("latin-1")
        elif (double := text.find("\n\r\r\n")) >= 0:
            stop = start + double + 1
            body = stop + 3
            text = raw[start:stop].decode("latin-1")
    return _read_fields(text, start, body, pattern, marks, max_headers)


def _read_fields(
    text: str, start: int, body: int, pattern: re.Pattern[str], marks: list[str], max_headers: int
) -> Block:
    ascii_only = text.isascii()
    headers: list[Header] = []
    mime: dict[str, list[str]] = {}
    late: dict[str, list[str]] = {}
    late_body = 0
    exercise = False
    ended = False
    size = len(text)
    for match in pattern.finditer(text):
        name, value, junk = match.groups()
        if name is None:
            if match.start() == size:
                break
            if ended or (not headers and junk.startswith(("From ", ">From ")) and not mime):
                continue
            if junk.startswith(">From "):
                continue
            ended = True
            late_body = body
            body = start + match.start()
            marks.append("missing-blank-line" if headers else "no-headers")
            continue
        name = name.lower()
        if "\n" in value or "\r" in value:
            value = _UNFOLD.sub("", value).replace("\r", " ")
        value = value.strip(" \t")
        if not ascii_only and not value.isascii():
            value = decoded_field(value)
        if ended:
            if name in _MIME_FIELDS:
                late.setdefault(name, []).append(value)
            continue
        if name in _MIME_FIELDS:
            mime.setdefault(name, []).append(value)
        elif name == MARK_OF_EXERCISE:
            exercise = True
            continue
        headers.append(Header(name, value, start + match.start(), start + match.end()))
        if len(headers) >= max_headers:
            marks.append("too-many-headers")
            break
    return Block(tuple(headers), body, mime, late, late_body, tuple(marks), exercise)
