"""What every reader of intelligence has in common: entries, their ids, times, marks, and lines of text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b

import msgspec

from tocsin.model.intel import PAPS, TLPS, Indicator, Intelligence, NotUnderstood, Pattern

MAX_BYTES = 256 * 1024 * 1024  # of one file after unpacking
MAX_LISTED = 100_000  # things that are not understood; more are counted
DERIVED = "i-"  # begins ids that producers did not give
MAX_WRITTEN = 500  # characters of what is quoted from a source


_PATTERN = msgspec.msgpack.Encoder()
_CONTROLS = bytes({*range(32)} - {9, 10, 12, 13, 27})  # that no text holds


class UnreadableIntel(ValueError):
    """A source that cannot be read at all; the message says what was expected and what to do."""


class LeftOut(msgspec.Struct, frozen=True):
    """An object that is no indicator and was left out on purpose; `kind` is its type."""

    kind: str


Entry = Indicator | NotUnderstood | LeftOut


def collect(entries: Iterable[Entry]) -> Intelligence:
    """Everything of one reading at once; of indicators with one id the last one counts, as when they are stored."""
    indicators: dict[str, Indicator] = {}
    listed = Listed()
    for entry in entries:
        if isinstance(entry, Indicator):
            if entry.id in indicators and indicators[entry.id] != entry:
                listed.take(LeftOut("earlier entry with the same id"))
            indicators[entry.id] = entry
        else:
            listed.take(entry)
    return Intelligence(tuple(indicators.values()), listed.not_understood(), dict(listed.other))


class Listed:
    """Gathers what is no indicator, up to MAX_LISTED pieces; what is beyond is counted in one last piece."""

    def __init__(self) -> None:
        self.other: Counter[str] = Counter()
        self.count = 0
        self._kept: list[NotUnderstood] = []

    def take(self, entry: NotUnderstood | LeftOut) -> None:
        if isinstance(entry, LeftOut):
            self.other[entry.kind] += 1
            return
        self.count += 1
        if len(self._kept) < MAX_LISTED:
            self._kept.append(entry)

    def not_understood(self) -> tuple[NotUnderstood, ...]:
        """All pieces, in the order of the source."""
        beyond = self.count - len(self._kept)
        if not beyond:
            return tuple(self._kept)
        last = NotUnderstood(f"{beyond:,} more", "", f"only the first {MAX_LISTED:,} are listed one by one")
        return (*self._kept, last)


def derived_id(source: str, pattern: Pattern) -> str:
    """The id of an indicator whose producer gave none: the same for the same pattern of the same source."""
    name = source.encode("utf-8", "surrogatepass") + b"\0" + _PATTERN.encode(pattern)
    return DERIVED + blake2b(name, digest_size=10).hexdigest()


def quoted(text: str) -> str:
    """A piece of a source as it is kept: no longer than MAX_WRITTEN, without characters that have no UTF-8 form."""
    if len(text) <= MAX_WRITTEN and text.isascii():
        return text
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= MAX_WRITTEN else text[: MAX_WRITTEN - 1] + "…"


def time_of(text: str | int | float | None) -> float | None:
    """RFC 3339, a date, or Unix seconds as Unix seconds UTC; None for anything else, and for 0."""
    if text is None or isinstance(text, bool):
        return None
    if isinstance(text, str):
        text = text.strip()
        if not text.replace(".", "", 1).isdigit():
            return _written_time(text)
    try:
        seconds = float(text)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < 253_402_300_800 else None  # the year 10000


@lru_cache(maxsize=4096)  # rows that stand together were often seen together
def _written_time(text: str) -> float | None:
    text = text.removesuffix(" UTC")
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def tlp_of(text: str) -> str:
    """A mark of TLP 2.0 out of "tlp:amber", "TLP:WHITE" (the older name of CLEAR) or "Amber+Strict"; "" if none."""
    mark = text.strip().strip('"').upper().removeprefix("TLP:").replace("AMBER-STRICT", "AMBER+STRICT")
    mark = "CLEAR" if mark == "WHITE" else mark
    return mark if mark in TLPS else ""


def pap_of(text: str) -> str:
    """A mark of the Permissible Actions Protocol; "" if none."""
    mark = text.strip().strip('"').upper().removeprefix("PAP:")
    mark = "CLEAR" if mark == "WHITE" else mark
    return mark if mark in PAPS else ""


_GRADE = re.compile(r"([A-Fa-f])\s*-?\s*([1-6])")


def grade_of(text: str) -> str:
    """An Admiralty grade such as B2; "" if it is none."""
    match = _GRADE.fullmatch(text.strip())
    return match[1].upper() + match[2] if match is not None else ""


def confidence_of(text: str | int | float) -> int | None:
    """0 to 100 out of a number, or a word of the scale low, medium, high (STIX 2.1, appendix A); None if neither."""
    words = {"none": 0, "low": 15, "medium": 50, "med": 50, "moderate": 50, "high": 85}
    if isinstance(text, str):
        text = text.strip().rstrip("%").lower()
        if text in words:
            return words[text]
    try:
        number = float(text)
    except ValueError:
        return None
    return round(number) if 0 <= number <= 100 else None


def is_binary(data: bytes) -> bool:
    """Whether the beginning looks like anything but text."""
    head = data[:4096]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    return len(head) - len(head.translate(None, _CONTROLS)) > len(head) // 20


def as_utf8(data: bytes) -> bytes:
    """Text without its byte order mark, in UTF-8 where the mark says UTF-16."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


def lines_of(data: bytes) -> Iterator[str]:
    """Lines, each with its end as "\\n"; a line that is not UTF-8 is read as Windows-1252."""
    data = as_utf8(data)
    end = b"\n" if b"\n" in data[:1_000_000] or b"\r" not in data[:1_000_000] else b"\r"
    start = 0
    while start < len(data):
        stop = data.find(end, start)
        stop = len(data) if stop < 0 else stop
        line = data[start:stop].rstrip(b"\r")
        try:
            yield line.decode() + "\n"
        except UnicodeDecodeError:
            yield line.decode("cp1252", "replace") + "\n"
        start = stop + 1
