"""MurmurHash as SMHasher verifies it: a hash of the hashes of 256 keys, whose first word is published."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tocsin.observe.murmur import murmur2, murmur2_64a, murmur3, murmur3_x64_128, murmur3_x86_128


@pytest.mark.parametrize(
    ("function", "size", "published"),
    [
        (murmur2, 4, 0x27864C1E),
        (murmur2_64a, 8, 0x1F0D3804),
        (murmur3, 4, 0xB0F57EE3),
        (murmur3_x86_128, 16, 0xB3ECE62A),
        (murmur3_x64_128, 16, 0x6384BA69),
    ],
)
def test_verification_value(function: Callable[[bytes, int], int | bytes], size: int, published: int) -> None:
    def hashed(key: bytes, seed: int) -> bytes:
        value = function(key, seed)
        return value if isinstance(value, bytes) else value.to_bytes(size, "little")

    hashes = b"".join(hashed(bytes(range(length)), 256 - length) for length in range(256))
    assert int.from_bytes(hashed(hashes, 0)[:4], "little") == published
