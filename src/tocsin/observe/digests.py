"""Digests and checksums of a reader's addresses, in every spelling that senders take them of."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from tocsin.model.observation import Personal

_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")


class Reader(msgspec.Struct, frozen=True, gc=False):
    """One address, cut as its encodings need it; lower-case but for `written`."""

    address: str
    local: str
    domain: str
    alone: bool  # whether the local part identifies a reader without its domain
    written: str  # the address with the case that the mail gives it


# Hexadecimal digests, base64 of those, base64 of the bytes of MD5, SHA-1 and SHA-256.
SHORTEST_DIGEST = 22
DIGEST_RUN = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-Za-z0-9]{22}|[A-Za-z0-9]{27}|[A-Za-z0-9]{32}|[A-Za-z0-9]{40}|[A-Za-z0-9]{43}"
    r"|[A-Za-z0-9]{54}|[A-Za-z0-9]{56}|[A-Za-z0-9]{64}|[A-Za-z0-9]{75}|[A-Za-z0-9]{86}|[A-Za-z0-9]{96}"
    r"|[A-Za-z0-9]{128}|[A-Za-z0-9]{171})(?![A-Za-z0-9])"
)


def _spellings(readers: tuple[Reader, ...]) -> Iterator[tuple[bytes, str, str]]:
    """What senders digest of each reader: (bytes, "" or "-local", address); the first reader comes last."""
    for reader in reversed(readers[:8]):
        address, written = reader.address, reader.written
        for spelling in {address, written, address.upper()}:
            yield spelling.encode("utf-8", "replace"), "", address
        if reader.alone:
            for spelling in {reader.local, written.rpartition("@")[0], reader.local.upper()}:
                yield spelling.encode("utf-8", "replace"), "-local", address


@lru_cache(maxsize=1024)
def checksums_of(readers: tuple[Reader, ...]) -> dict[bytes, Personal]:
    """CRC-32 and Adler-32 of the readers' addresses: quickly made, and runs of their length stand in most URLs."""
    found: dict[bytes, Personal] = {}
    for coded, suffix, address in _spellings(readers):
        for name, checksum in (("crc32", zlib.crc32(coded)), ("adler32", zlib.adler32(coded))):
            personal = Personal(name + suffix, address)
            for form in (b"%08x" % checksum, b"%08X" % checksum, b"%d" % checksum):
                found[form] = personal
    return found


@lru_cache(maxsize=256)
def digests_of(readers: tuple[Reader, ...]) -> dict[bytes, Personal]:
    """Digests of the readers' addresses; worth making only where `DIGEST_RUN` finds a run of such a length."""
    found: dict[bytes, Personal] = {}
    for coded, suffix, address in _spellings(readers):
        found.update(_digests(coded, suffix, address))
    return found


def _digests(coded: bytes, suffix: str, address: str) -> dict[bytes, Personal]:
    found: dict[bytes, Personal] = {}
    for name in _DIGESTS:
        digest = getattr(hashlib, name)(coded, usedforsecurity=False)
        spelled = digest.hexdigest().encode()
        found[spelled] = found[spelled.upper()] = Personal(name + suffix, address)
        nested = Personal(f"base64-{name}{suffix}", address)
        found[base64.b64encode(spelled).rstrip(b"=")] = nested
        found[base64.b64encode(digest.digest()).rstrip(b"=")] = nested  # unless it has one of + / - _
    return found
