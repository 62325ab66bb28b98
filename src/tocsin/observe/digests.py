"""Digests, checksums and numerals of a reader's addresses, in every spelling that senders take them of."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import msgspec

from tocsin.model.observation import Personal
from tocsin.observe import murmur

_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_MOST_READERS = 8  # of a mail to many, later ones are looked for in readable form only
_HALF = 1 << 31


class Reader(msgspec.Struct, frozen=True, gc=False):
    """One address, cut as its encodings need it; lower-case but for `written`."""

    address: str
    local: str
    domain: str
    alone: bool  # whether the local part identifies a reader without its domain
    written: str  # the address with the case that the mail gives it


def _spellings(reader: Reader) -> Iterator[tuple[bytes, str]]:
    """What senders encode of a reader, as (bytes, "" or "-local")."""
    for spelling in {reader.address, reader.written, reader.address.upper()}:
        yield spelling.encode("utf-8", "replace"), ""
    if reader.alone:
        for spelling in {reader.local, reader.written.rpartition("@")[0], reader.local.upper()}:
            yield spelling.encode("utf-8", "replace"), "-local"


@lru_cache(maxsize=1024)
def checksums_of(reader: Reader) -> dict[bytes, Personal]:
    """CRC-32, Adler-32 and Murmur of 32 bits in hexadecimal, decimal and, without its sign, signed decimal."""
    found: dict[bytes, Personal] = {}
    for coded, suffix in _spellings(reader):
        for name, checksum in (
            ("crc32", zlib.crc32(coded)),
            ("adler32", zlib.adler32(coded)),
            ("murmur2", murmur.murmur2(coded)),
            ("murmur3", murmur.murmur3(coded)),
        ):
            personal = Personal(name + suffix, reader.address)
            found[b"%08x" % checksum] = found[b"%08X" % checksum] = found[b"%d" % checksum] = personal
            if checksum >= _HALF:
                found[b"%d" % (2 * _HALF - checksum)] = personal
    return found


@lru_cache(maxsize=4096)
def digests_of(reader: Reader, name: str) -> dict[bytes, Personal]:
    """MD5 or a SHA (`name` as hashlib's) in hexadecimal, and in base64 for URLs without its padding."""
    found: dict[bytes, Personal] = {}
    for coded, suffix in _spellings(reader):
        digest = getattr(hashlib, name)(coded, usedforsecurity=False).digest()
        spelled = digest.hex().encode()
        found[spelled] = found[spelled.upper()] = Personal(name + suffix, reader.address)
        url_safe = base64.urlsafe_b64encode(digest).rstrip(b"=")
        found[url_safe] = Personal(f"base64-{name}{suffix}", reader.address)
    return found


@lru_cache(maxsize=1024)
def long_murmurs_of(reader: Reader) -> dict[bytes, Personal]:
    """Murmur of 64 and 128 bits in hexadecimal, and in decimal without its sign."""
    found: dict[bytes, Personal] = {}
    for coded, suffix in _spellings(reader):
        second = Personal("murmur2" + suffix, reader.address)
        found.update(dict.fromkeys(_number_forms(murmur.murmur2_64a(coded), 8), second))
        third = Personal("murmur3" + suffix, reader.address)
        for size, hashed in ((8, murmur.murmur3_x64_128(coded)), (4, murmur.murmur3_x86_128(coded))):
            words = b"".join([hashed[at : at + size][::-1] for at in range(0, 16, size)]).hex().encode()
            forms = (
                words,  # printed one after the other
                words.upper(),
                *_number_forms(int.from_bytes(hashed, "little"), 16),
                *_number_forms(int.from_bytes(hashed[:8], "little"), 8),
            )
            found.update(dict.fromkeys(forms, third))
    return found


def _number_forms(number: int, size: int) -> tuple[bytes, ...]:
    """A hash in hexadecimal, most and least significant byte first, and in decimal, unsigned and signed."""
    big, little = number.to_bytes(size, "big").hex(), number.to_bytes(size, "little").hex()
    signed = number - (1 << 8 * size) if number >> 8 * size - 1 else number
    forms = (big, big.upper(), little, little.upper(), str(number), str(abs(signed)))
    return tuple([form.encode() for form in forms])


# Digits in the orders in use: Bitcoin's base58; base62 as most libraries, as GMP, and as base64 begin it.
_NUMERALS = (
    ("base58", b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"),
    ("base62", b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("base62", b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
    ("base62", b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
)


@lru_cache(maxsize=1024)
def numerals_of(reader: Reader) -> dict[bytes, Personal]:
    """The reader's address as one number of base 58 or 62; worth making only for `numeral_lengths`."""
    found: dict[bytes, Personal] = {}
    for coded, suffix in _spellings(reader):
        values: dict[int, bytes] = {}
        for base in (58, 62):
            rest = int.from_bytes(coded, "big")
            digits = bytearray()
            while rest:
                rest, digit = divmod(rest, base)
                digits.append(digit)
            values[base] = bytes(reversed(digits))
        for name, alphabet in _NUMERALS:
            spelled = values[len(alphabet)].translate(alphabet.ljust(256, b"\0"))
            found[spelled] = Personal(name + suffix, reader.address)
    return found


@lru_cache(maxsize=1024)
def numeral_lengths(reader: Reader) -> frozenset[int]:
    """How long the numerals of a reader's address can be."""
    sizes = {len(coded) for coded, _ in _spellings(reader)}
    # 8 bits a byte, less the first one's highest, and 5.86 or 5.95 bits a digit.
    return frozenset(length for size in sizes for length in range(int(size * 1.32), int(size * 1.366) + 2))


# What a token of a length can be: families of digests by the number of characters.
_HEX_SIZES = {32: "md5", 40: "sha1", 56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
_BASE64_SIZES = {22: "md5", 27: "sha1", 38: "sha224", 43: "sha256", 64: "sha384", 86: "sha512"}
_LONG_MURMUR_SIZES = frozenset((16, 17, 18, 19, 20, 32, 37, 38, 39))
_TELLING_SIZES = frozenset((7, 8, 9, 10)).union(_HEX_SIZES, _BASE64_SIZES, _LONG_MURMUR_SIZES)
_HEX = b"0123456789abcdefABCDEF"


def hashed_readers(tokens: Iterable[bytes], readers: tuple[Reader, ...]) -> dict[bytes, Personal]:
    """Which tokens of a text are digests or checksums of a reader; those are made where a token has their form."""
    readers = readers[:_MOST_READERS]
    by_family: dict[str, list[bytes]] = {}
    for token in [token for token in tokens if len(token) in _TELLING_SIZES]:
        size = len(token)
        if size < 11:
            if token.isdigit() or (size == 8 and not token.translate(None, _HEX)):
                by_family.setdefault("checksum", []).append(token)
        elif token.translate(None, _HEX):
            if size in _BASE64_SIZES:
                by_family.setdefault(_BASE64_SIZES[size], []).append(token)
        else:
            if size in _HEX_SIZES:
                by_family.setdefault(_HEX_SIZES[size], []).append(token)
            if size in _LONG_MURMUR_SIZES:
                by_family.setdefault("murmur", []).append(token)
    found: dict[bytes, Personal] = {}
    for family, candidates in by_family.items():
        for reader in reversed(readers):
            if family == "checksum":
                table = checksums_of(reader)
            elif family == "murmur":
                table = long_murmurs_of(reader)
            else:
                table = digests_of(reader, family)
            if not table.keys().isdisjoint(candidates):
                found.update((token, table[token]) for token in candidates if token in table)
    return found


def numbered_readers(tokens: Sequence[bytes], readers: tuple[Reader, ...]) -> dict[bytes, Personal]:
    """Which alphanumeric tokens are a reader's address written as a number of base 58 or 62."""
    found: dict[bytes, Personal] = {}
    if not tokens:
        return found
    for reader in reversed(readers[:_MOST_READERS]):
        lengths = numeral_lengths(reader)
        candidates = [token for token in tokens if len(token) in lengths]
        if candidates:
            table = numerals_of(reader)
            found.update((token, table[token]) for token in candidates if token in table)
    return found
