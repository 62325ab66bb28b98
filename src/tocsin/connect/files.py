"""Mail as people have it on disk: files, folders and standard input, in whatever format."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from msgspec.structs import replace

from tocsin.connect.dispatch import read_feed
from tocsin.connect.feed import Feed, FileBytes
from tocsin.connect.folder_names import printable
from tocsin.connect.limits import DEFAULT_LIMITS, MAX_RECORDS_BYTES, ReadLimits
from tocsin.connect.place import Place, place_of_file
from tocsin.connect.reading import Reading
from tocsin.connect.tree import is_companion, special_file, total_size, unreadable, walk
from tocsin.model.source import RawMail, ReadError, ReadProgress

STDIN = "-"
Item = RawMail | ReadError | ReadProgress


def read_mail(
    paths: Sequence[str], *, limits: ReadLimits = DEFAULT_LIMITS, stdin: BinaryIO | None = None
) -> Iterator[RawMail | ReadError | ReadProgress]:
    """Every mail under `paths`, in their order, with what could not be read and how far the reading is.

    Formats are told by content. Folders are searched to the bottom in the order of names; "-" is `stdin`.
    Files inside a folder or archive that are not mail are counted and said once for each path, as
    ReadError("skipped-files"), which means nothing is missing; every other ReadError means that something
    could not be read. Never raises for what lies in the files. Memory stays at a few chunks, or the largest
    mail where that is more.
    """
    reading = Reading(limits)
    yield from _with_progress(paths, reading, stdin)


def total_bytes(paths: Sequence[str]) -> int:
    """The bytes that `read_mail` will consume, for a progress line: sizes of files, nothing opened; 0 where
    unknown."""
    total = 0
    for path in paths:
        if path == STDIN:
            return 0
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            continue  # `read_mail` says what is wrong with it
        if stat.S_ISREG(status.st_mode):
            total += status.st_size
        elif stat.S_ISDIR(status.st_mode):
            total += total_size(path)
    return total


def _with_progress(paths: Sequence[str], reading: Reading, stdin: BinaryIO | None) -> Iterator[Item]:
    counter, limits = reading.counter, reading.limits
    total = total_bytes(paths)
    next_bytes, next_files = limits.progress_bytes, limits.progress_files
    for path in paths:
        for item in _read_path(path, reading, stdin):
            yield item
            if counter.bytes >= next_bytes or counter.files >= next_files:
                yield ReadProgress(done=counter.bytes, total=total)
                next_bytes = counter.bytes + limits.progress_bytes
                next_files = counter.files + limits.progress_files
    yield ReadProgress(done=counter.bytes, total=total or counter.bytes)


def _read_path(path: str, reading: Reading, stdin: BinaryIO | None) -> Iterator[RawMail | ReadError]:
    reading.not_mail, reading.not_mail_count = [], 0
    mails = errors = 0
    for item in _read_any(path, reading, stdin):
        mails += isinstance(item, RawMail)
        errors += isinstance(item, ReadError)
        yield item
    if not mails and not errors:
        what = f" {_list_of_others(reading)}" if reading.not_mail_count else ""
        yield ReadError(
            "no-mail",
            printable(path),
            f"No mail was found here.{what} Point to the folder or file that the mail program's export made.",
        )
    elif reading.not_mail_count:
        yield ReadError("skipped-files", printable(path), _list_of_others(reading))


def _list_of_others(reading: Reading) -> str:
    count, names = reading.not_mail_count, ", ".join(os.path.basename(name) for name in reading.not_mail)
    more = f" and {count - len(reading.not_mail)} more" if count > len(reading.not_mail) else ""
    return f"{count} file{'s are' if count > 1 else ' is'} not mail: {names}{more}."


def _read_any(path: str, reading: Reading, stdin: BinaryIO | None) -> Iterator[RawMail | ReadError]:
    if path == STDIN:
        if stdin is None:
            yield ReadError(
                "no-input", STDIN, "Standard input is not connected. Pipe mail in, or name a file."
            )
            return
        place = Place(label=STDIN, shelf=STDIN, given=True)
        yield from read_feed(Feed(FileBytes(stdin, reading.counter)), place, reading)
        return
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        yield unreadable(
            path, error if isinstance(error, OSError) else OSError(0, "the name holds a NUL byte")
        )
        return
    if stat.S_ISREG(status.st_mode):
        yield from read_file(path, place_of_file(path, given=True, size=status.st_size), reading)
    elif stat.S_ISDIR(status.st_mode):
        for found in walk(path):
            if isinstance(found, ReadError):
                yield found
            elif not is_companion(os.path.basename(found[0])):
                yield from read_file(*found, reading)
    else:
        yield special_file(path, status.st_mode)


def read_file(path: str, place: Place, reading: Reading) -> Iterator[RawMail | ReadError]:
    """The mails of one regular file."""
    reading.counter.files += 1
    try:
        # O_NONBLOCK: the path may have become a pipe since it was looked at
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        yield unreadable(path, error)
        return
    with open(descriptor, "rb", buffering=0) as file:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            yield special_file(path, mode)
            return
        found = read_feed(Feed(FileBytes(file, reading.counter), file), place, reading)
        if path.lower().endswith(".eml"):
            found = _with_records(found, path, place)
        yield from found


def _with_records(
    found: Iterator[RawMail | ReadError], path: str, place: Place
) -> Iterator[RawMail | ReadError]:
    """The mail of an .eml file with the DNS records of the file beside it, if there is one."""
    for item in found:
        if isinstance(item, RawMail) and item.source == place.label:
            records = _read_records(path + ".dns")
            if isinstance(records, ReadError):
                yield records
            elif records:
                item = replace(item, records=records)
        yield item


def _read_records(path: str) -> bytes | ReadError:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        # A name that is too long for the file system is one that no file has.
        missing = error.errno in (errno.ENOENT, errno.ENAMETOOLONG)
        return b"" if missing else unreadable(path, error)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        return special_file(path, mode)
    with open(descriptor, "rb", buffering=0) as file:
        data = file.read(MAX_RECORDS_BYTES + 1) or b""
    if len(data) > MAX_RECORDS_BYTES:
        return ReadError(
            "records-too-large",
            printable(path),
            f"These DNS records are larger than {MAX_RECORDS_BYTES // 1024} KiB and were passed over. "
            "Keep those that the mail's domains need.",
        )
    return data
