""".pst and .ost: Outlook's mailboxes, read by libpff in a process of its own.

A crash or a hang of that process costs the item it was at: that is said, and a new process goes on after it.
"""

from __future__ import annotations

import os
import select
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from typing import BinaryIO, cast

import msgspec

from tocsin.connect.feed import BLOCK, Feed
from tocsin.connect.folder_names import printable
from tocsin.connect.place import Place
from tocsin.connect.pst_child import Fault, Frame, Mail, Opened, Passed, Reached
from tocsin.connect.reading import Reading
from tocsin.model.source import RawMail, ReadError

_CRASHES = 20
_LARGEST_FRAME = 1024**3
_START = (
    "import sys; sys.path[:] = {path!r}; "
    "from tocsin.connect.pst_child import main; main({skip}, {wanted}, {limit})"
)


def read_pst(feed: Feed, place: Place, reading: Reading) -> Iterator[RawMail | ReadError]:
    """The mails of a PST, folder by folder; sources are `path#Folder/Subfolder@item`."""
    if feed.file is not None:
        yield from _read(feed.file, place, reading)
        return
    with tempfile.TemporaryFile() as spool:  # libpff must seek; the file has no name and goes with us
        while block := feed.read(BLOCK):
            spool.write(block)
        spool.flush()
        yield from _read(cast(BinaryIO, spool), place, reading)


def _read(file: BinaryIO, place: Place, reading: Reading) -> Iterator[RawMail | ReadError]:
    account = msgspec.structs.replace(place, account=True)
    at, folder, skip, items, others = 0, "", 0, 0, 0
    for _ in range(_CRASHES):
        done = False
        for frame in _frames(file, skip, reading):
            match frame:
                case Opened():
                    items = frame.items
                case Reached():
                    _advance(place, reading, items, frame.number - at)
                    at, folder = frame.number, frame.folder
                case Mail():
                    yield _raw_mail(account, frame)
                case Fault():
                    yield _error(place, frame)
                case Passed():
                    others += frame.others
                    done = True
        if done:
            break
        if not items or at <= skip:
            yield ReadError(
                "damaged-file",
                place.label,
                _advice("The file stopped the reader before any item could be read."),
            )
            return
        skip = at
        yield ReadError(
            "reader-crashed",
            f"{place.label}#{folder}",
            _advice(
                f"Item {at} of {items} stopped the reader and was passed over; the reading went on behind it."
            ),
        )
    else:
        yield ReadError(
            "damaged-file",
            place.label,
            _advice(f"Reading was given up at item {at} of {items}, after {_CRASHES} crashes."),
        )
    if others:
        reading.pass_over(f"{others} appointments, contacts, tasks in {os.path.basename(place.label)}")


def _advice(what: str) -> str:
    return f"{what} Repair a copy with Outlook's scanpst.exe, or export it anew, and scan that."


def _advance(place: Place, reading: Reading, items: int, step: int) -> None:
    if items and step > 0 and place.size:
        reading.counter.bytes += place.size * step // items


def _raw_mail(place: Place, mail: Mail) -> RawMail:
    return RawMail(
        source=f"{place.label}#{mail.folder}@{mail.identifier}",
        mailbox=place.label,
        raw=mail.raw,
        folder=mail.folder,
        arrival_s=mail.arrival_s,
        flags=mail.flags,
        outgoing=mail.outgoing or place.outgoing,
    )


def _error(place: Place, fault: Fault) -> ReadError:
    source = f"{place.label}#{printable(fault.where)}" if fault.where else place.label
    return ReadError(
        fault.code, source, _advice(fault.text) if fault.code != "mail-too-large" else fault.text
    )


def _frames(file: BinaryIO, skip: int, reading: Reading) -> Iterator[Frame]:
    """The frames of one child; ends early when it crashes or is silent for too long."""
    wanted = reading.wanted.rpartition("@")[2]
    code = _START.format(
        path=[entry or os.getcwd() for entry in sys.path],
        skip=skip,
        wanted=int(wanted) if wanted.isdigit() else 0,
        limit=reading.limits.max_mail_bytes,
    )
    file.seek(0)
    decoder = msgspec.msgpack.Decoder(Frame)
    with subprocess.Popen(
        [sys.executable, "-I", "-c", code], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        try:
            assert child.stdout is not None
            while (header := _exactly(child.stdout.fileno(), 4, reading.limits.silence_s)) is not None:
                length = struct.unpack(">I", header)[0]
                data = _exactly(child.stdout.fileno(), min(length, _LARGEST_FRAME), reading.limits.silence_s)
                if data is None:
                    return
                yield decoder.decode(data)
        finally:
            child.kill()


def _exactly(descriptor: int, size: int, silence_s: float) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        ready, _, _ = select.select([descriptor], [], [], silence_s)
        block = os.read(descriptor, min(size - len(data), 1024 * 1024)) if ready else b""
        if not block:
            return None
        data += block
    return bytes(data)
