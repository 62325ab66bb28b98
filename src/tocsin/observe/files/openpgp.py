"""OpenPGP packets: what keys and signatures name, and the text inside messages that are not encrypted.

Source: RFC 9580 (RFC 4880): packets section 4, subpackets section 5.2.3.7, armor section 6.
"""

from __future__ import annotations

import bz2
import re
from collections.abc import Iterator

import msgspec

from tocsin.mail.decompressors import Deflate, Engine
from tocsin.mail.transfer import base64_bytes
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.streams import unpack

MAX_PACKETS = 10_000
_MAX_NAMED = 1_000
_DEEPEST = 4  # compressed in compressed

_ARMOR = re.compile(
    rb"-----BEGIN PGP (?!SIGNED)[A-Z ,/0-9]{3,40}-----[ \t]*\r?\n((?:[A-Za-z][^\r\n:]*+:[^\r\n]*+\r?\n)*+)"
)
_ARMOR_END = re.compile(rb"\r?\n(?:=[A-Za-z0-9+/]{4}\s|-----END)")
_COMMENT = re.compile(rb"(?i)^(?:comment|url):\s*([^\r\n]{1,500})", re.MULTILINE)
_KEY_SERVER, _POLICY, _NOTATION = 24, 26, 20
_SIGNATURE, _COMPRESSED, _LITERAL = 2, 8, 11
_KEYS = frozenset({5, 6, 7, 14})
_ENCRYPTED = frozenset({1, 3, 9, 18, 20})


class Pgp(msgspec.Struct):
    """What OpenPGP data hold, collected over all packets.

    `named` are (role, text) with the roles "key server", "policy", "notation" and "comment"; `texts` are literal
    data with their file names.
    """

    named: dict[tuple[str, str], None] = {}
    texts: list[tuple[str, bytes]] = []
    encrypted: bool = False
    key: bool = False
    whole: bool = True


def read_pgp(data: bytes, allowance: Allowance) -> Pgp:
    """Read OpenPGP data, in armor or not; what is compressed is unpacked as far as the allowance goes.

    Never raises; `whole` is False where something was damaged, too much or of an unknown method.
    """
    pgp = Pgp(named={}, texts=[])
    blocks = 0
    if b"-----BEGIN PGP " in data:
        for armor in _ARMOR.finditer(data):
            blocks += 1
            if blocks > 100:
                pgp.whole = False
                break
            for comment in _COMMENT.findall(armor[1]):
                _name(pgp, "comment", comment)
            end = _ARMOR_END.search(data, armor.end())
            _read(base64_bytes(data[armor.end() : end.start() if end else len(data)]), pgp, allowance, 0)
            if end is None:
                break
    elif data[:1] >= b"\x80":
        _read(data, pgp, allowance, 0)
    return pgp


def _read(data: bytes, pgp: Pgp, allowance: Allowance, depth: int) -> None:
    for count, (tag, body) in enumerate(_packets(data)):
        if count >= MAX_PACKETS or tag < 0:
            pgp.whole = False
            return
        if tag == _SIGNATURE:
            for kind, value in _subpackets(body):
                _subpacket(pgp, kind, value)
        elif tag in _KEYS:
            pgp.key = True
        elif tag in _ENCRYPTED:
            pgp.encrypted = True
        elif tag == _LITERAL and len(body) > 2:
            length = body[1]
            name = body[2 : 2 + length].decode("utf-8", "replace")
            pgp.texts.append((name, body[6 + length :]))
        elif tag == _COMPRESSED and body:
            inner = _decompressed(body, allowance)
            if inner is None or depth >= _DEEPEST:
                pgp.whole = False
            else:
                _read(inner, pgp, allowance, depth + 1)


def _subpacket(pgp: Pgp, kind: int, value: bytes) -> None:
    if kind == _KEY_SERVER:
        _name(pgp, "key server", value)
    elif kind == _POLICY:
        _name(pgp, "policy", value)
    elif kind == _NOTATION and len(value) > 8:
        start = 8 + int.from_bytes(value[4:6], "big")
        _name(pgp, "notation", value[start : start + int.from_bytes(value[6:8], "big")])


def _name(pgp: Pgp, role: str, value: bytes) -> None:
    if len(pgp.named) < _MAX_NAMED:
        pgp.named[role, value[:2_000].decode("utf-8", "replace").strip()] = None
    else:
        pgp.whole = False


def _decompressed(body: bytes, allowance: Allowance) -> bytes | None:
    engines: dict[int, Engine] = {1: Deflate(), 2: Deflate(15), 3: bz2.BZ2Decompressor()}
    if body[0] == 0:
        return body[1:]
    engine = engines.get(body[0])
    if engine is None:
        return None
    found = unpack(engine, memoryview(body)[1:], allowance.largest(len(body)))
    allowance.take_bytes(len(found.data))
    return None if found.over or found.damaged else found.data


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Packets as (type, body); (-1, b"") ends them where the bytes are no packets."""
    at, size = 0, len(data)
    while at < size:
        head = data[at]
        at += 1
        if not head & 0x80:
            yield -1, b""
            return
        if not head & 0x40:
            octets = (1, 2, 4, 0)[head & 3]
            length = int.from_bytes(data[at : at + octets], "big") if octets else size - at
            at += octets
            yield head >> 2 & 0x0F, data[at : at + length]
            at += length
            continue
        pieces = []
        more = True
        while more and at < size:
            length, at, more = _length(data, at)
            pieces.append(data[at : at + length])
            at += length
        yield head & 0x3F, b"".join(pieces)


def _length(data: bytes, at: int) -> tuple[int, int, bool]:
    """A length as packets of the new format and subpackets have it, where it ends, and whether more follows."""
    first = data[at]
    if first < 192:
        return first, at + 1, False
    if first < 224:
        return (first - 192 << 8) + int.from_bytes(data[at + 1 : at + 2], "big") + 192, at + 2, False
    if first == 255:
        return int.from_bytes(data[at + 1 : at + 5], "big"), at + 5, False
    return 1 << (first & 0x1F), at + 1, True


def _subpackets(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Hashed and other subpackets of a signature of version 4 to 6; older ones have none."""
    if body[:1] not in (b"\x04", b"\x05", b"\x06"):
        return
    width = 4 if body[0] == 6 else 2
    at = 4
    for _ in range(2):
        end = at + width + int.from_bytes(body[at : at + width], "big")
        at += width
        end = min(end, len(body))
        while at < end:
            first = body[at]
            if 224 <= first < 255:  # here two octets up to 254 (RFC 9580 section 5.2.3.7)
                length, at = (first - 192 << 8) + int.from_bytes(body[at + 1 : at + 2], "big") + 192, at + 2
            else:
                length, at, _ = _length(body, at)
            if length:
                yield body[at] & 0x7F if at < end else 0, body[at + 1 : min(at + length, end)]
            at += length
        at = end
