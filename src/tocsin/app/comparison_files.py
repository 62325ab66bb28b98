"""Reads and writes the files of a comparison of targets, and lists of addresses that are given by hand."""

from __future__ import annotations

from pathlib import Path

from tocsin.exchange import psi_files
from tocsin.exchange.psi import PsiMissing
from tocsin.exchange.psi_files import MAX_BYTES, PsiFileError, read_answer, read_question
from tocsin.mail.canonical import canonical
from tocsin.model.comparison import Answer, Question

_MAX_LIST_BYTES = 64 * 1024 * 1024

__all__ = [
    "PsiFileError",
    "PsiMissing",
    "addresses_in",
    "file_bytes",
    "fingerprint_of",
    "load_answer",
    "load_file",
    "load_question",
]


def load_question(path: Path) -> Question:
    """The question in this file. Raises PsiFileError."""
    return read_question(_bounded(path), str(path))


def load_answer(path: Path) -> Answer:
    """The answer in this file. Raises PsiFileError."""
    return read_answer(_bounded(path), str(path))


def load_file(path: Path) -> Question | Answer:
    """Whichever of both this file is. Raises PsiFileError."""
    data = _bounded(path)
    is_answer = psi_files.is_answer(data)
    return read_answer(data, str(path)) if is_answer else read_question(data, str(path))


def file_bytes(file: Question | Answer) -> bytes:
    """A file as it is sent."""
    return psi_files.encoded(file)


def fingerprint_of(file: Question | Answer) -> str:
    """What its sender reads out."""
    return psi_files.fingerprint(file)


def addresses_in(path: Path) -> tuple[str, ...]:
    """The addresses of a file that has one a line; blank lines and what begins with # are passed over. PsiFileError."""
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_LIST_BYTES + 1)
    except OSError as error:
        raise PsiFileError(
            f"{path}: cannot be read ({error.strerror}); check the path given to --list"
        ) from error
    if len(data) > _MAX_LIST_BYTES:
        raise PsiFileError(
            f"{path}: is larger than {_MAX_LIST_BYTES // 1024**2} MiB; is it a list of addresses?"
        )
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise PsiFileError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    found: list[str] = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if not canonical(text):
            raise PsiFileError(f"{path}, line {number}: expected one address, as in name@parliament.example")
        found.append(text)
    return tuple(found)


def _bounded(path: Path) -> bytes:
    """Not more than a file can be long: a device named by mistake has no end."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PsiFileError(f"{path}: cannot be read ({error.strerror}); check the path") from error
