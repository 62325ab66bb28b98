"""Records of arrivals under seal: anybody who has the folder can add some, only who opens the store can read them.

Each segment has a key of its own, agreed between a key made for the segment and the store's public key in the folder
(X25519, HKDF-SHA-256), and records are closed with it (AES-GCM, a nonce of 96 random bits before each).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tocsin.app.spill import Seal

if TYPE_CHECKING:
    from tocsin.store.interface import Store

_PUBLIC = "journal.key"
_SETTING = "journal-key"
_KEY_BYTES = 32
_OPEN, _SEALED = b"\0", b"\1"
_INFO = b"tocsin journal of arrivals"


class Closing:
    """Closes the records of one segment; `preamble` stands before them."""

    def __init__(self, preamble: bytes, seal: Seal) -> None:
        self.preamble = preamble
        self.close = seal.close


class Opened(msgspec.Struct, frozen=True):
    """How a segment is read: records begin at `start`; `whole` tells that its preamble is all there."""

    start: int
    seal: Seal
    whole: bool = True

    def open(self, body: bytes) -> bytes:
        """A record's bytes. Raises ValueError."""
        return self.seal.open(body)


class Opening:
    """Opens segments for one store; `private` is its key, b"" where it is kept in the open."""

    def __init__(self, private: bytes = b"") -> None:
        self._private = private

    def of(self, data: bytes) -> Opened | None:
        """How to read what follows the first line of a segment; None where it was sealed for another store."""
        if data[:1] == _OPEN or not data:
            return Opened(1, Seal(), whole=bool(data))
        start = 1 + 2 * _KEY_BYTES
        if len(data) < start:
            return Opened(0, Seal(), whole=False)
        if not self._private:
            return None
        ours, theirs = data[1 : 1 + _KEY_BYTES], data[1 + _KEY_BYTES : start]
        private, public = self._private, _public_of(self._private)
        if ours != public:
            return None
        return Opened(start, Seal(_agreed(private, theirs, public)))


def closing_for(folder: Path) -> Closing:
    """What closes a new segment in this folder; raises OSError where the key there cannot be read."""
    try:
        public = (folder / _PUBLIC).read_bytes()
    except FileNotFoundError:
        public = b""
    if len(public) != _KEY_BYTES:
        return Closing(_OPEN, Seal())
    mine = _new_private()
    return Closing(_SEALED + public + _public_of(mine), Seal(_agreed(mine, public, public, _public_of(mine))))


def opening_for(store: Store, folder: Path) -> Opening:
    """What opens the segments that are sealed for this store; puts its public key into the folder.

    A store that is open itself has none, and the folder's is taken away. Writes to the store the first time.
    """
    path = folder / _PUBLIC
    if not store.encrypted and not store.sockets():
        path.unlink(missing_ok=True)
        return Opening()
    private = store.get("setting", _SETTING)
    if private is None:
        with store.transaction():  # of two processes that find none, the second takes the first one's
            private = store.get("setting", _SETTING)
            if private is None:
                private = _new_private()
                store.put("setting", _SETTING, private)
    public = _public_of(private)
    if not path.exists() or path.read_bytes() != public:
        made = path.with_suffix(f".{os.getpid()}")
        fd = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(fd, "wb") as file:
            file.write(public)
        made.rename(path)
    return Opening(private)


def _new_private() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.generate().private_bytes_raw()


def _public_of(private: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _agreed(private: bytes, other: bytes, recipient: bytes, sender: bytes = b"") -> bytes:
    """The key of one segment; both public keys go into it."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(other))
    sender = sender or other
    return HKDF(SHA256(), 32, salt=recipient + sender, info=_INFO).derive(shared)
