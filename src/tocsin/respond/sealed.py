"""The original of a mail under seal: a file that no program opens by a double click, held to its digest."""

from __future__ import annotations

import hashlib
import zlib

import msgspec

from tocsin.mail.mime import scan

SUFFIX = ".tocsin-sealed"
_MAGIC = b"TOCSIN SEALED MAIL 1\n"
_LONGEST_HEAD = 1_000_000
LARGEST = 2**31
_RECORDED = frozenset(("authentication-results", "arc-authentication-results", "received-spf"))
_MOST_RECORDED = 50


class SealBroken(ValueError):
    """The file is no sealed mail, or does not hold what it says; the message says what was expected."""


class Head(msgspec.Struct, frozen=True):
    """What is said of a sealed mail: its digest and size in bytes, and what the receiver recorded of its sender."""

    sha256: str
    size: int
    authentication: tuple[str, ...] = ()


def seal(raw: bytes) -> bytes:
    """The bytes of a mail under seal, with what was recorded of its authentication when it came."""
    ends = [end for mark in (b"\n\n", b"\r\n\r\n") if (end := raw.find(mark)) >= 0]
    fields = (
        raw[: min(ends) + 4] if ends else raw
    )  # the rest of the mail has nothing to say here, and takes time
    recorded = tuple(
        f"{header.name}: {header.value[:2_000]}"
        for header in scan(fields).headers
        if header.name in _RECORDED
    )
    head = Head(hashlib.sha256(raw).hexdigest(), len(raw), recorded[:_MOST_RECORDED])
    return _MAGIC + msgspec.json.encode(head) + b"\n" + zlib.compress(raw, 1)


def unseal(data: bytes) -> tuple[bytes, Head]:
    """The mail as it was, held to its digest. Raises SealBroken."""
    if not data.startswith(_MAGIC):
        raise SealBroken("this is no mail sealed by Tocsin (such a file starts with TOCSIN SEALED MAIL 1)")
    end = data.find(b"\n", len(_MAGIC), len(_MAGIC) + _LONGEST_HEAD)
    try:
        head = msgspec.json.decode(data[len(_MAGIC) : max(end, 0)], type=Head)
    except msgspec.DecodeError as error:
        raise SealBroken(f"its second line is not readable ({error}); take a copy that is whole") from error
    if not 0 <= head.size <= LARGEST:
        raise SealBroken(f"it says {head.size} bytes, which is beyond what is read")
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(data[end + 1 :], head.size + 1)
    except zlib.error as error:
        raise SealBroken(f"it is damaged ({error}); take a copy that is whole") from error
    if len(raw) != head.size or hashlib.sha256(raw).hexdigest() != head.sha256:
        raise SealBroken(
            "what is inside does not have the digest that was written down; take a copy that is whole"
        )
    return raw, head
