"""Records as bytes: msgpack, compressed; the first byte tells how, so that ways can be added and none forgotten.

Records of mails are small and alike, so they are compressed with a dictionary that is shipped
(`benchmarks/record_dictionary.py` made it, from practice mail). Dictionaries that are out stay, with their number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from threading import Thread
from typing import Any, Generic, TypeVar

import msgspec
import zstandard

T = TypeVar("T")

_MSGPACK = b"\0"
_JSON = b"\1"  # for text with lone surrogates, which msgpack cannot hold and JSON can escape
_RECORD_1 = b"\2"  # msgpack, compressed with the first dictionary of records
_SHORT = b"\3"  # msgpack as it is: compressing so little takes longer than it saves
_SHORT_BYTES = 320
_LEVEL = 1
_MANY = 64  # fewer are packed before a thread has started


class Codec(Generic[T]):
    """Packs and unpacks values of one type; not for two threads at once.

    `records` tells that they are records of mails.
    """

    def __init__(self, type_: type[T], *, records: bool = False) -> None:
        self._type = type_
        self._records = records
        encoder = msgspec.msgpack.Encoder()
        self._encode, self._encode_into = encoder.encode, encoder.encode_into
        self._decode = msgspec.msgpack.Decoder(type_).decode
        self._compress = zstandard.ZstdCompressor(level=_LEVEL).compress
        self._decompress = zstandard.ZstdDecompressor().decompress
        if records:
            dictionary = _dictionary("record-1")
            self._compressor = zstandard.ZstdCompressor(
                level=_LEVEL, dict_data=dictionary, write_dict_id=False
            )
            self._compress_record = self._compressor.compress
            self._decompress_record = zstandard.ZstdDecompressor(dict_data=dictionary).decompress

    def pack(self, value: T) -> bytes:
        try:
            data = self._encode(value)
        except UnicodeEncodeError:
            text = json.dumps(msgspec.to_builtins(value), separators=(",", ":"))
            return _JSON + self._compress(text.encode("ascii"))
        if self._records:
            return _RECORD_1 + self._compress_record(data)
        return _SHORT + data if len(data) < _SHORT_BYTES else _MSGPACK + self._compress(data)

    def pack_many(self, values: Sequence[T]) -> Callable[[], list[bytes]]:
        """Begin to pack records, on another core where there is one; what is returned waits for them and gives them."""
        segments = self._encoded(values) if self._records and len(values) >= _MANY else None
        if segments is None:
            return lambda: [self.pack(value) for value in values]
        packed: list[bytes] = []

        def compress() -> None:
            frames = self._compressor.multi_compress_to_buffer(segments, threads=1)
            packed.extend([_RECORD_1 + frames[place].tobytes() for place in range(len(frames))])

        thread = Thread(target=compress)
        thread.start()

        def wait() -> list[bytes]:
            thread.join()
            return packed if len(packed) == len(values) else [self.pack(value) for value in values]

        return wait

    def _encoded(self, values: Sequence[T]) -> Any:
        """Values one behind the other, as the compressor takes many; None where that cannot be."""
        if not hasattr(self._compressor, "multi_compress_to_buffer"):
            return None
        import numpy as np

        data, ends, encode = bytearray(), [0], self._encode_into
        try:
            for value in values:
                encode(value, data, -1)
                ends.append(len(data))
        except UnicodeEncodeError:
            return None
        bounds = np.array(ends, "<u8")
        pieces = np.column_stack((bounds[:-1], np.diff(bounds)))
        return zstandard.BufferWithSegments(data, pieces.tobytes())

    def unpack(self, data: bytes) -> T:
        """Raises ValueError where these are no bytes that `pack` made."""
        way, body = data[:1], data[1:]
        try:
            if way == _SHORT:
                return self._decode(body)
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
