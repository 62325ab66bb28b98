"""Observations on disk between the two passes, so that memory does not grow with the mailbox.

One append-only file a writer: frames of a 4-byte little-endian length and a msgpack record. A frame that was cut
off by a crash ends its file; all before it is used when an interrupted scan is taken up again. Where the scan goes
into an encrypted store, records are sealed with a key that the store holds, so that nothing lies open beside it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tocsin.judge.copies import copy_keys
from tocsin.model.observation import Observed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_LENGTH = struct.Struct("<I")
_NONCE_BYTES = 12
MAX_FRAME_BYTES = 256 * 1024 * 1024


class StorageFailed(RuntimeError):
    """Observations cannot be written; the message says where, why, and what to do."""


def storage_failed(folder: Path, error: OSError) -> StorageFailed:
    """The error for a work folder that takes nothing more: disk full, quota, permissions."""
    return StorageFailed(
        f"{folder}: observations cannot be written there ({error.strerror or error}). Make room, or set "
        "XDG_CACHE_HOME to a folder that has it, and run the same command again"
    )


class Row(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Where one mail's observations lie, and the little that ordering, owners and identity need.

    `time_s` is arrival or else Date (Unix seconds UTC), None where neither is known. `spill` is the number of
    the file, `offset` and `length` the msgpack record in it. `copies` are what copies of the mail share
    (`judge.copies`). `exercise` marks practice mail.
    """

    source: str
    mailbox: str
    sha256: str
    time_s: float | None
    sender: str
    delivered_to: tuple[str, ...]
    to: tuple[str, ...]
    outgoing: bool
    spill: int
    offset: int
    length: int
    copies: tuple[int, ...] = ()
    exercise: bool = False


class Entry(msgspec.Struct, gc=False):
    """One mail of one owner that a scan read: its row, and all places it lies in."""

    row: Row
    owner: str
    sources: list[str]


# Enough to learn an owner from; a mail to 10,000 people must not fill the index.
_KEPT_RECIPIENTS = 8

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Observed)


def row_of(observed: Observed, spill: int, offset: int, length: int) -> Row:
    """Describe where a record lies."""
    return Row(
        observed.source,
        observed.mailbox,
        observed.sha256,
        observed.arrival_s if observed.arrival_s is not None else observed.date_s,
        observed.sender.address,
        observed.delivered_to[:_KEPT_RECIPIENTS],
        observed.to[:_KEPT_RECIPIENTS],
        observed.outgoing,
        spill,
        offset,
        length,
        copy_keys(observed),
        observed.exercise,
    )


class Seal:
    """Closes and opens records with a key (AES-GCM, a nonce of 96 random bits before each); none leaves them open."""

    def __init__(self, key: bytes = b"") -> None:
        self._cipher: AESGCM | None = None
        if key:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._cipher = AESGCM(key)

    def close(self, record: bytes) -> bytes:
        if self._cipher is None:
            return record
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, record, None)

    def open(self, frame: bytes) -> bytes:
        """Raises ValueError where the frame was closed with another key, or is damaged."""
        if self._cipher is None:
            return frame
        from cryptography.exceptions import InvalidTag

        try:
            return self._cipher.decrypt(frame[:_NONCE_BYTES], frame[_NONCE_BYTES:], None)
        except InvalidTag as error:
            raise ValueError("the record was sealed with another key, or is damaged") from error


class SpillWriter:
    """Appends records to one spill file; `flush` hands them to the system in one write.

    `key` seals them (16, 24 or 32 bytes; b"": none). Raises StorageFailed where the file cannot be made.
    """

    def __init__(self, folder: Path, number: int, key: bytes = b"") -> None:
        self.number = number
        self._seal = Seal(key)
        self._folder = folder
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            self._file = os.open(path_of(folder, number), flags, 0o600)
        except OSError as error:
            raise storage_failed(folder, error) from error
        self._offset = os.fstat(self._file).st_size
        self._pending: list[bytes] = []

    def append(self, observed: Observed) -> Row:
        """Add one record; it is on disk after the next `flush`."""
        record = self._seal.close(_encoder.encode(observed))
        row = row_of(observed, self.number, self._offset + _LENGTH.size, len(record))
        self._pending.append(_LENGTH.pack(len(record)))
        self._pending.append(record)
        self._offset += _LENGTH.size + len(record)
        return row

    def flush(self) -> None:
        """Write what is pending. Raises StorageFailed (disk full) with nothing acknowledged."""
        data = memoryview(b"".join(self._pending))
        self._pending.clear()
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise storage_failed(self._folder, error) from error

    def close(self) -> None:
        self.flush()
        os.close(self._file)


class SpillReader:
    """Reads records at random from all spill files of a folder."""

    def __init__(self, folder: Path, key: bytes = b"") -> None:
        self._folder = folder
        self._seal = Seal(key)
        self._files: dict[int, int] = {}

    def read(self, row: Row) -> Observed:
        """Decode the record of a row."""
        file = self._files.get(row.spill)
        if file is None:
            file = os.open(path_of(self._folder, row.spill), os.O_RDONLY | os.O_CLOEXEC)
            self._files[row.spill] = file
        return _decoder.decode(self._seal.open(os.pread(file, row.length, row.offset)))

    def close(self) -> None:
        for file in self._files.values():
            os.close(file)
        self._files.clear()


def path_of(folder: Path, number: int) -> Path:
    return folder / f"observed-{number}.spill"


def numbers_in(folder: Path) -> list[int]:
    """List the spill files a folder holds."""
    return sorted(int(path.stem.rpartition("-")[2]) for path in folder.glob("observed-*.spill"))


def rows_in(folder: Path, number: int, key: bytes = b"") -> Iterator[Row]:
    """Rebuild the index of one spill file, up to its first damaged frame; what follows that is cut off."""
    path = path_of(folder, number)
    seal = Seal(key)
    with path.open("r+b") as file:
        end = 0
        while True:
            head = file.read(_LENGTH.size)
            if len(head) < _LENGTH.size:
                break
            (length,) = _LENGTH.unpack(head)
            record = file.read(length) if length <= MAX_FRAME_BYTES else b""
            if len(record) < length or not record:
                break
            try:
                observed = _decoder.decode(seal.open(record))
            except (msgspec.DecodeError, ValueError):
                break
            yield row_of(observed, number, end + _LENGTH.size, length)
            end += _LENGTH.size + length
        file.truncate(end)
