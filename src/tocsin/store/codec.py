"""Records as bytes: msgpack, compressed; the first byte tells how, so that ways can be added and none forgotten."""

from __future__ import annotations

import json
from typing import Generic, TypeVar

import msgspec
import zstandard

T = TypeVar("T")

_MSGPACK = b"\0"
_JSON = b"\1"  # for text with lone surrogates, which msgpack cannot hold and JSON can escape
_LEVEL = 1


class Codec(Generic[T]):
    """Packs and unpacks values of one type; not for two threads at once."""

    def __init__(self, type_: type[T]) -> None:
        self._type = type_
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(type_).decode
        self._compress = zstandard.ZstdCompressor(level=_LEVEL).compress
        self._decompress = zstandard.ZstdDecompressor().decompress

    def pack(self, value: T) -> bytes:
        try:
            return _MSGPACK + self._compress(self._encode(value))
        except UnicodeEncodeError:
            text = json.dumps(msgspec.to_builtins(value), separators=(",", ":"))
            return _JSON + self._compress(text.encode("ascii"))

    def unpack(self, data: bytes) -> T:
        """Raises ValueError where these are no bytes that `pack` made."""
        way, body = data[:1], data[1:]
        try:
            if way == _MSGPACK:
                return self._decode(self._decompress(body))
            if way == _JSON:
                return msgspec.convert(json.loads(self._decompress(body)), self._type)
        except (zstandard.ZstdError, msgspec.DecodeError) as error:
            raise ValueError(f"a {self._type.__name__} in the store is damaged: {error}") from error
        raise ValueError(f"a {self._type.__name__} in the store is packed in a way that is not known")
