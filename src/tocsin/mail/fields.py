"""A header block read from its bytes: fields in order with their spans, and what its MIME fields say."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from tocsin.mail.charsets import windows_1252
from tocsin.model.message import Header

MARK_OF_EXERCISE = "x-tocsin-exercise"
_OWN_FIELDS = frozenset(
    ("content-type", "content-transfer-encoding", "content-disposition", "content-id", MARK_OF_EXERCISE)
)
_FAMILIAR = frozenset(
    (
        "from", "to", "cc", "subject", "date", "received", "message-id", "mime-version", "content-type",
        "return-path", "reply-to", "delivered-to", "sender", "content-transfer-encoding",
    )
)  # fmt: skip
# Each alternative starts where the last match ended, so a gap-free finditer reads every line once.
_FIELD = re.compile(r"([!-9;-~\x80-\xff]*+)[ \t]*+:[ \t]*+([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?|([^\n]*+\n?)")
_FIELD_END = re.compile(r"\n(?![ \t])")
_NAME = re.compile(r"([!-9;-~\x80-\xff]+)[ \t]*")
_LONGEST_NAME = 80  # of the names that are remembered
_FIELD_ANY_END = re.compile(
    r"([!-9;-~\x80-\xff]*)[ \t]*:([^\r\n]*(?:(?>\r*\n|\r)[ \t][^\r\n]*)*)(?>\r*\n|\r)?"
    r"|([^\r\n]*(?>\r*\n|\r)?)"
)
_BLANK_LINE = re.compile(rb"(?>\r*\n|\r)(?=\r|\n)")
_LINE_END = re.compile(rb"\r*\n|\r")


class Block(msgspec.Struct, gc=False):
    """A header block as read: `body` is the offset after it, `mime` the values of its MIME fields by name.

    Where a line among the fields is no field, some clients end the block there and others go on after it:
    `other_mime` and `other_body` are what the other sort reads, `other_body` -1 where all agree. `marks` are
    defect ids found on the way.
    """

    headers: tuple[Header, ...]
    body: int
    mime: dict[str, list[str]]
    other_mime: dict[str, list[str]]
    other_body: int
    marks: tuple[str, ...]
    exercise: bool = False


class BlankLines:
    """Finds the next blank line at or after an offset; no stretch of the bytes is searched twice."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._crlf = raw.find(b"\r\n", 0, 1000) >= 0
        self._usual, self._other = (b"\n\r\n", b"\n\n") if self._crlf else (b"\n\n", b"\n\r\n")
        self._usual_at = -1
        self._other_at = -1
        self._searched = 0  # the other kind does not stand between here and `_other_at`

    def after(self, start: int) -> tuple[int, int]:
        """End of the last line before the next blank line, and the offset after that blank line."""
        raw = self._raw
        if self._usual_at < start:
            self._usual_at = raw.find(self._usual, start)
            if self._usual_at < 0:
                self._usual_at = len(raw)
        usual = self._usual_at
        if self._other_at < start:
            begin = max(start, self._searched)
            wanted = begin < usual and (self._crlf or raw.find(b"\r", begin, usual + 2) >= 0)
            self._other_at = raw.find(self._other, begin, usual + 2) if wanted else -1
            if self._other_at < 0:
                self._searched = max(begin, usual)
        other = self._other_at
        if start <= other < usual:
            return other + 1, other + len(self._other)
        if usual < len(raw):
            return usual + 1, usual + len(self._usual)
        return usual, usual


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
        return Block((), start + (1 if raw[start] == 10 else 2), {}, {}, -1, ())
    stop, body = blanks.after(start)
    if stop > limit:
        stop = body = limit
    marks: list[str] = []
    if stop - start > max_bytes:
        stop = start + max_bytes
        marks.append("headers-too-long")
    text = raw[start:stop].decode("latin-1")
    pattern = _FIELD
    returns = text.count("\r")
    fold = "\r\n" if returns else "\n"
    if returns and not returns == text.count("\r\n") == text.count("\n"):
        fold = ""
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
    if fold and pattern is _FIELD and (headers := _plain_fields(text, start, fold, max_headers)) is not None:
        return _block(headers, body, marks)
    return _read_fields(text, start, body, pattern, fold, marks, max_headers)


def _plain_fields(text: str, start: int, fold: str, max_headers: int) -> list[Header] | None:
    """The fields of a block in which every line is a field or folded, several times faster; else None."""
    if text[-1:] != "\n":
        return None
    lines = _FIELD_END.split(text[:-1])
    if len(lines) >= max_headers:
        return None
    ascii_only = text.isascii()
    headers: list[Header] = []
    end = start
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or len(name) > _LONGEST_NAME or not (name := _field_name(name)):
            return None
        if "\n" in value:
            value = value.replace(fold, "")
        value = value.strip(" \t\r")
        if not ascii_only and not value.isascii():
            value = decoded_field(value)
        begin, end = end, end + len(line) + 1
        headers.append(Header(name, value, begin, end))
    return headers


@lru_cache(maxsize=2048)
def _field_name(text: str) -> str:
    """What stands before the colon as the name of a field, "" where it cannot be one."""
    name = _NAME.fullmatch(text)
    return name[1].lower() if name is not None else ""


def _read_fields(
    text: str, start: int, body: int, pattern: re.Pattern[str], fold: str, marks: list[str], max_headers: int
) -> Block:
    ascii_only = text.isascii()
    headers: list[Header] = []
    late: list[Header] = []  # fields after a line that is none
    junk_at = -1
    junk_lines = 0
    target = headers
    position = start
    for match in pattern.finditer(text):
        name, value, junk = match.groups()
        at, position = position, start + match.end()
        if name is None:
            if not junk:
                break
            if junk.startswith(">From ") or (junk.startswith("From ") and not headers):
                continue
            junk_lines += 1
            if junk_at < 0:
                junk_at, target = at, late
            elif junk_lines > 2 + len(late):
                break
            continue
        if "\n" in value or not fold:
            value = value.replace(fold, "") if fold else _unfolded(value, pattern is _FIELD)
        value = value.strip(" \t\r")
        if not ascii_only and not value.isascii():
            value = decoded_field(value)
        target.append(Header(name.lower(), value, at, position))
        if len(target) >= max_headers:
            marks.append("too-many-headers")
            break
    if junk_at < 0:
        return _block(headers, body, marks)
    early = _block(headers, junk_at, marks)
    goes_on = junk_lines <= len(late) and sum(field.name in _FAMILIAR for field in late) >= 2
    if goes_on:
        whole = _block(headers + late, body, [*marks, "junk-in-headers"])
        return msgspec.structs.replace(whole, other_mime=early.mime, other_body=early.body)
    marks.append("missing-blank-line" if headers else "no-headers")
    late_mime = _block(late, body, marks).mime
    other = body if "content-type" in late_mime else -1
    return msgspec.structs.replace(early, other_mime=late_mime, other_body=other, marks=tuple(marks))


def _unfolded(value: str, bare_cr_is_blank: bool) -> str:
    return (
        value.replace("\r\n", "")
        .replace("\n", "")
        .rstrip("\r")
        .replace("\r", " " if bare_cr_is_blank else "")
    )


def _block(headers: list[Header], body: int, marks: list[str]) -> Block:
    mime: dict[str, list[str]] = {}
    exercise = False
    for header in [header for header in headers if header.name in _OWN_FIELDS]:
        if header.name == MARK_OF_EXERCISE:
            exercise = True
        else:
            mime.setdefault(header.name, []).append(header.value)
    kept = tuple([h for h in headers if h.name != MARK_OF_EXERCISE]) if exercise else tuple(headers)
    return Block(kept, body, mime, {}, -1, tuple(marks), exercise)
