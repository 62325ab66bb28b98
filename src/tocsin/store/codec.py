"""Records as bytes: msgpack, compressed; the first byte tells how, so that ways can be added and none forgotten.

Records of mails are small and alike, so they are compressed with a dictionary that is shipped
(`benchmarks/record_dictionary.py` made it, from practice mail). Dictionaries that are out stay, with their number.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Generic, TypeVar

import msgspec
import zstandard

T = TypeVar("T")

_MSGPACK = b"\0"
_JSON = b"\1"  # for text with lone surrogates, which msgpack cannot hold and JSON can escape
_RECORD_1 = b"\2"  # msgpack, compressed with the first dictionary of records
_LEVEL = 1


class Codec(Generic[T]):
    """Packs and unpacks values of one type; not for two threads at once.

    `records` tells that they are records of mails.
    """

    def __init__(self, type_: type[T], *, records: bool = False) -> None:
        self._type = type_
        self._records = records
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(type_).decode
        self._compress = zstandard.ZstdCompressor(level=_LEVEL).compress
        self._decompress = zstandard.ZstdDecompressor().decompress
        if records:
            dictionary = _dictionary("record-1")
            self._compress_record = zstandard.ZstdCompressor(
                level=_LEVEL, dict_data=dictionary, write_dict_id=False
            ).compress
            self._decompress_record = zstandard.ZstdDecompressor(dict_data=dictionary).decompress

    def pack(self, value: T) -> bytes:
        try:
            data = self._encode(value)
        except UnicodeEncodeError:
            text = json.dumps(msgspec.to_builtins(value), separators=(",", ":"))
            return _JSON + self._compress(text.encode("ascii"))
        if self._records:
            return _RECORD_1 + self._compress_record(data)
        return _MSGPACK + self._compress(data)

    def unpack(self, data: bytes) -> T:
        """Raises ValueError where these are no bytes that `pack` made."""
        way, body = data[:1], data[1:]
        try:
            if way == _MSGPACK:
                return self._decode(self._decompress(body))
            if way == _RECORD_1 and self._records:
                return self._decode(self._decompress_record(body))
            if way == _JSON:
                return msgspec.convert(json.loads(self._decompress(body)), self._type)
        except (zstandard.ZstdError, msgspec.DecodeError) as error:
            raise ValueError(f"a {self._type.__name__} in the store is damaged: {error}") from error
        raise ValueError(f"a {self._type.__name__} in the store is packed in a way that is not known")


@cache
def _dictionary(name: str) -> zstandard.ZstdCompressionDict:
    data = (files("tocsin.store") / "data" / f"{name}.zdict").read_bytes()
    dictionary = zstandard.ZstdCompressionDict(data)
    dictionary.precompute_compress(level=_LEVEL)
    return dictionary
