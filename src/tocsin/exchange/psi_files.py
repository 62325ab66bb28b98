"""The files of a private set intersection: written, read without trust, and known by a fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from typing import TypeVar

import msgspec

from tocsin.exchange.psi import POINT_BYTES
from tocsin.mail.canonical import FORM
from tocsin.model.comparison import ANSWER_SCHEMA, QUESTION_SCHEMA, Answer, Question
from tocsin.model.intel import TLPS

LEAST = 20  # entries of a file: what is fewer is filled up, so that nobody sees how few
MOST_ASKED = 10_000
MOST_LISTED = 200_000
LONGEST_TEXT = 200
LONGEST_DAYS = 90
# A file of the most points of both kinds in base 64, and room for the rest.
MAX_BYTES = (MOST_ASKED + MOST_LISTED) * POINT_BYTES * 4 // 3 + 65_536
_DAY_S = 86_400.0
_GROUPS, _DIGITS = 5, 5

_File = TypeVar("_File", Question, Answer)


class PsiFileError(ValueError):
    """A file cannot be used; the message says what is wrong with it, what was expected, and what to do."""


class _Head(msgspec.Struct, frozen=True):
    schema: str = ""


def filled_size(entries: int) -> int:
    """How many entries a file of this many shows: the next of 20, 50, 100, 200, 500, 1,000 and so on."""
    scale = 10
    while True:
        for first in (1, 2, 5):
            if (size := first * scale) >= max(entries, LEAST):
                return size
        scale *= 10


def sealed(file: _File) -> _File:
    """The same file with its check."""
    return msgspec.structs.replace(file, check=_check(file))


def encoded(file: Question | Answer) -> bytes:
    """A file as JSON on one line, readable fields first."""
    return msgspec.json.encode(file) + b"\n"


def fingerprint(file: Question | Answer) -> str:
    """25 digits in groups of five (83 bits) that people compare by voice."""
    number = int.from_bytes(sha256(b"tocsin psi fingerprint 1\0" + _check(file).encode()).digest(), "big")
    digits = str(number % 10 ** (_GROUPS * _DIGITS)).zfill(_GROUPS * _DIGITS)
    return " ".join(digits[start : start + _DIGITS] for start in range(0, len(digits), _DIGITS))


def is_fingerprint(file: Question | Answer, heard: str) -> bool:
    """Whether digits that somebody heard, however grouped, are this file's."""
    return "".join(letter for letter in heard if letter not in " -.\t") == fingerprint(file).replace(" ", "")


def joined(points: Sequence[bytes]) -> bytes:
    """Points as a file holds them. Raises PsiFileError where one has another length than all others."""
    if any(len(point) != POINT_BYTES for point in points):
        raise PsiFileError("the library returned points of another form than this version exchanges")
    return b"".join(points)


def parted(points: bytes) -> tuple[bytes, ...]:
    """Points one by one."""
    return tuple(points[start : start + POINT_BYTES] for start in range(0, len(points), POINT_BYTES))


def read_question(data: bytes, source: str) -> Question:
    """The question in these bytes; its points may still lie on no curve. Raises PsiFileError."""
    file = _read(data, source, Question, QUESTION_SCHEMA)
    _check_points(file.points, file.entries, MOST_ASKED, source)
    return file


def read_answer(data: bytes, source: str) -> Answer:
    """The answer in these bytes; its points may still lie on no curve. Raises PsiFileError."""
    file = _read(data, source, Answer, ANSWER_SCHEMA)
    _check_points(file.returned, file.entries, MOST_ASKED, source)
    points = _check_points(file.points, file.listed, MOST_LISTED, source)
    if any(a > b for a, b in pairwise(points)):
        raise PsiFileError(
            f"{source}: its list is not sorted, so that its order could tell something; refused"
        )
    return file


def is_answer(data: bytes) -> bool:
    """Whether these bytes say of themselves that they are an answer; never raises."""
    try:
        return len(data) <= MAX_BYTES and msgspec.json.decode(data, type=_Head).schema == ANSWER_SCHEMA
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def time_s(text: str, source: str) -> float:
    """A time of a file as Unix seconds. Raises PsiFileError."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or len(text) > 40:
            raise ValueError
        return moment.astimezone(UTC).timestamp()
    except (ValueError, OverflowError) as error:
        raise PsiFileError(
            f"{source}: {text[:40]!r} is no time; expected one as 2021-02-17T09:00:00Z"
        ) from error


def _read(data: bytes, source: str, kind: type[_File], schema: str) -> _File:
    if len(data) > MAX_BYTES:
        raise PsiFileError(f"{source}: is larger than {MAX_BYTES:,} bytes; no file of a comparison is")
    try:
        head = msgspec.json.decode(data, type=_Head).schema
        if head == schema:
            file = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PsiFileError(
            f"{source}: is damaged, or no file of a comparison ({error}); ask the sender for it again"
        ) from error
    if head != schema:
        raise PsiFileError(f"{source}: {_other(head, schema)}")
    if file.check != _check(file):
        raise PsiFileError(f"{source}: is damaged: its check does not fit; ask the sender for it again")
    if file.form != FORM:
        raise PsiFileError(
            f"{source}: compares addresses by form {file.form}, this version by form {FORM}; use one version of Tocsin"
        )
    if len(file.id) != 32 or set(file.id) - set("0123456789abcdef") or file.tlp not in TLPS:
        raise PsiFileError(f"{source}: its id or its TLP is none; it was not written by Tocsin")
    for text in (file.asker, file.answerer):
        if not text.strip() or len(text) > LONGEST_TEXT:
            raise PsiFileError(f"{source}: does not say who asks whom; it was not written by Tocsin")
    lasts_s = time_s(file.expires, source) - time_s(file.made, source)
    if not 0 < lasts_s <= LONGEST_DAYS * _DAY_S:
        raise PsiFileError(f"{source}: is good for no time, or longer than {LONGEST_DAYS} days; refused")
    return file


def _other(head: str, schema: str) -> str:
    known = {
        QUESTION_SCHEMA: "a question, which is answered",
        ANSWER_SCHEMA: "an answer, which ends a comparison",
    }
    if head in known:
        return f"is {known[head]}; expected {known[schema].partition(',')[0]}"
    if head.partition("/")[0] == schema.partition("/")[0]:
        return f"is {head[:40]!r}, of another version; expected {schema}"
    return "is no file of a comparison; expected one that tocsin targets compare wrote"


def _check(file: Question | Answer) -> str:
    return sha256(msgspec.msgpack.encode(msgspec.structs.replace(file, check=""))).hexdigest()


def _check_points(points: bytes, entries: int, most: int, source: str) -> tuple[bytes, ...]:
    if entries > most:
        raise PsiFileError(f"{source}: has {entries:,} entries; at most {most:,} are compared")
    if entries < LEAST or entries != filled_size(entries) or len(points) != entries * POINT_BYTES:
        raise PsiFileError(
            f"{source}: its number of entries is none that Tocsin writes, or does not fit; refused"
        )
    found = parted(points)
    if any(point[0] not in (2, 3) for point in found):
        raise PsiFileError(f"{source}: holds something that is no point of the curve; refused")
    if len(set(found)) != len(found):
        raise PsiFileError(f"{source}: holds one point twice; refused")
    return found
