"""Tokens of a text and what they say when they are decoded: base64, base32, hexadecimal, rot13, compressed text."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterable, Iterator

LEAST_DECODED = 11  # characters of a token: those of a checksum in base64
MOST_DECODED = 16_384
_MOST_INFLATED = 16_384

# "+" and "/" are "-" and "_" in the alphabet for URLs, percent-encoded ones as well; "/" as it is parts a path.
_WIDE = bytes(
    i if i < 128 and (chr(i).isalnum() or chr(i) in "-_") else 45 if i == 43 else 32 for i in range(256)
)
_NARROW = bytes(i if i < 128 and chr(i).isalnum() else 32 for i in range(256))


def words_of(text: str) -> list[bytes]:
    """The alphanumeric ASCII runs of a text, in their order; what "%2B" and "%2F" part are two."""
    return _unescaped(text).translate(_NARROW).split()


def _unescaped(text: str) -> bytes:
    raw = text.encode("utf-8", "replace")
    if b"%2" in raw:
        raw = raw.replace(b"%2B", b"-").replace(b"%2F", b"_").replace(b"%2b", b"-").replace(b"%2f", b"_")
    return raw


def tokens_of(text: str) -> set[bytes]:
    """The alphanumeric ASCII runs of a text, and the longer ones that "-" and "_" join.

    "+" counts as "-", and so do "%2B" and "%2F" as "-" and "_": base64 has two alphabets.
    """
    raw = _unescaped(text)
    tokens = set(raw.translate(_WIDE).split())
    tokens.update(b" ".join(tokens).translate(_NARROW).split())
    for value in _PARTED.findall(text):
        if "/" in value:
            tokens.add(value.replace("+", "-").replace("/", "_").encode())
    return tokens


# A query value in base64's first alphabet: only there "/" parts no path.
_PARTED = re.compile(r"=([A-Za-z0-9+/]{21,128}+)(?![A-Za-z0-9+/])")


def _bytes_where(wanted: str) -> bytes:
    return bytes(ord(sign) for sign in wanted)


_UPPER, _LOWER, _DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
# The first sign of every group of ASCII bytes: their highest bit is 0.
_BASE64_HEADS = _bytes_where(_UPPER + _LOWER[:6])
_ROT13_HEADS = _bytes_where(_UPPER + "nopqrs")
_BASE32_HEADS = _bytes_where(_UPPER[:16] + _LOWER[:16])
_HEX_HEADS = b"234567"
_HEX = b"0123456789abcdefABCDEF"
_HEX_TURNED = b"0123456789nopqrsNOPQRS"
_BASE32_UPPER = _bytes_where(_UPPER + "234567")
_BASE32_LOWER = _bytes_where(_LOWER + "234567")
_ROT13 = bytes.maketrans(
    (_UPPER + _LOWER).encode(), (_UPPER[13:] + _UPPER[:13] + _LOWER[13:] + _LOWER[:13]).encode()
)


def rot13(text: str) -> str:
    """The ASCII letters of a text thirteen places on."""
    return text.encode("utf-8", "replace").translate(_ROT13).decode("utf-8", "replace")


_BASE32_VALUES = bytes.maketrans(
    (_UPPER + "234567" + _LOWER).encode(), b"0123456789abcdefghijklmnopqrstuv0123456789abcdefghijklmnop"
)
# Base64 of what gzip, zlib and JSON begin with.
_MARKED = (b"H4sI", b"eJ", b"eN", b"eA", b"eF", b"eyJ")


_BASE64, _HEXADECIMAL, _BASE32, _TURNED, _TURNED_HEX, _REVERSED = (1 << bit for bit in range(6))


def _may_be(heads: tuple[tuple[int, bytes], ...]) -> list[int]:
    """For each byte the encodings that may have it at a certain place of a token."""
    return [sum(coding for coding, allowed in heads if byte in allowed) for byte in range(256)]


_ANY = bytes(range(256))
_GROUP = (
    (_BASE64, _BASE64_HEADS),
    (_HEXADECIMAL, _HEX_HEADS),
    (_TURNED, _ROT13_HEADS),
    (_TURNED_HEX, _HEX_TURNED),
)
_AT_0 = _AT_8 = _may_be((*_GROUP, (_BASE32, _BASE32_HEADS)))
_AT_4 = _may_be((*_GROUP, (_BASE32, _ANY)))
_AT_END = _may_be(((_REVERSED, _BASE64_HEADS),))


def decoded(tokens: Iterable[bytes]) -> Iterator[tuple[bytes, str, str]]:
    """What tokens hold that is text: (token, encoding, text).

    Tokens have `LEAST_DECODED` characters or more, of which at most 16,384 are looked at, and 16,384 bytes of
    compressed text. Only what decodes to ASCII is told, or what says that it is JSON.
    """
    at_0, at_4, at_8, at_end = _AT_0, _AT_4, _AT_8, _AT_END
    for token in tokens:
        codings = at_0[token[0]] & at_4[token[4]] & at_8[token[8]]
        codings |= at_end[token[-1]] & at_end[token[-5]] & at_end[token[-9]]
        if codings or token.startswith(_MARKED):
            yield from _readings(token, codings)


def _readings(token: bytes, codings: int) -> Iterator[tuple[bytes, str, str]]:
    if token.startswith(_MARKED) and (inflated := _inflated(_base64(token))):
        yield from _told(token, "base64", inflated)
    elif (codings & _BASE64 and not token[::4].translate(None, _BASE64_HEADS)) or token.startswith(b"eyJ"):
        yield from _told(token, "base64", _base64(token))
    if codings & _HEXADECIMAL and len(token) % 2 == 0 and not token.translate(None, _HEX):
        yield from _told(token, "hex", binascii.unhexlify(token[:MOST_DECODED]))
    if codings & _BASE32 and not (
        token.translate(None, _BASE32_UPPER) and token.translate(None, _BASE32_LOWER)
    ):
        yield from _told(token, "base32", _base32(token))
    if codings & _TURNED and not token[::4].translate(None, _ROT13_HEADS):
        yield from _told(token, "rot13-base64", _base64(token.translate(_ROT13)))
    if codings & _TURNED_HEX and not token.translate(None, _HEX_TURNED):
        yield token, "rot13", token.translate(_ROT13).decode()
    if codings & _REVERSED and not token[::-4].translate(None, _BASE64_HEADS):
        yield from _told(token, "reversed-base64", _base64(token[::-1]))


def encoded_url(token: bytes) -> str:
    """The URL that a token is in base64, cut where "-" or "_" parts the token; "" if it is none."""
    if not token.startswith((b"aHR0cDov", b"aHR0cHM6", b"aHR0cCUz", b"aHR0cHMl")):
        return ""
    return _base64(token).decode("ascii", "replace")


def _told(token: bytes, encoding: str, data: bytes) -> Iterator[tuple[bytes, str, str]]:
    if len(data) < 4:
        return
    if data.isascii():
        yield token, encoding, data.decode()
    elif data[:2] == b'{"':
        yield token, encoding, data.decode("utf-8", "replace")


def _base64(token: bytes) -> bytes:
    token = token[:MOST_DECODED].replace(b"-", b"+").replace(b"_", b"/")
    whole = len(token) - (len(token) % 4 == 1)
    return binascii.a2b_base64(token[:whole] + b"==")


def _base32(token: bytes) -> bytes:
    token = token[:MOST_DECODED]
    size = len(token) * 5
    return (int(token.translate(_BASE32_VALUES), 32) >> size % 8).to_bytes(size // 8, "big")


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=47).decompress(data, _MOST_INFLATED)  # 47: zlib or gzip
    except zlib.error:
        return b""
