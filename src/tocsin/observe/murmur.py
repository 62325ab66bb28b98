"""MurmurHash 2 and 3 of short keys, as senders use them to name a reader; Austin Appleby's SMHasher defines them."""

from __future__ import annotations

_32 = 0xFFFF_FFFF
_64 = 0xFFFF_FFFF_FFFF_FFFF


def murmur2(key: bytes, seed: int = 0) -> int:
    """MurmurHash2, 32 bits."""
    m = 0x5BD1E995
    whole = len(key) & ~3
    h = seed ^ len(key)
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * m & _32
        h = (h * m & _32) ^ ((k ^ k >> 24) * m & _32)
    if len(key) > whole:
        h = (h ^ int.from_bytes(key[whole:], "little")) * m & _32
    h = (h ^ h >> 13) * m & _32
    return h ^ h >> 15


def murmur2_64a(key: bytes, seed: int = 0) -> int:
    """MurmurHash64A, 64 bits."""
    m = 0xC6A4A7935BD1E995
    whole = len(key) & ~7
    h = seed ^ (len(key) * m & _64)
    for at in range(0, whole, 8):
        k = int.from_bytes(key[at : at + 8], "little") * m & _64
        h = (h ^ ((k ^ k >> 47) * m & _64)) * m & _64
    if len(key) > whole:
        h = (h ^ int.from_bytes(key[whole:], "little")) * m & _64
    h = (h ^ h >> 47) * m & _64
    return h ^ h >> 47


def murmur3(key: bytes, seed: int = 0) -> int:
    """MurmurHash3_x86_32."""
    whole = len(key) & ~3
    h = seed
    for at in range(0, whole, 4):
        h ^= _mixed_32(int.from_bytes(key[at : at + 4], "little"), 0xCC9E2D51, 15, 0x1B873593)
        h = (_left_32(h, 13) * 5 + 0xE6546B64) & _32
    if len(key) > whole:
        h ^= _mixed_32(int.from_bytes(key[whole:], "little"), 0xCC9E2D51, 15, 0x1B873593)
    return _final_32(h ^ len(key))


def murmur3_x86_128(key: bytes, seed: int = 0) -> bytes:
    """MurmurHash3_x86_128: four words of 32 bits, each little-endian."""
    c = (0x239B961B, 0xAB0E9789, 0x38B34AE5, 0xA1E38B93)
    added = (0x561CCD1B, 0x0BCAA747, 0x96CD1C35, 0x32AC3B17)
    turns, spins = (15, 16, 17, 18), (19, 17, 15, 13)
    h = [seed] * 4
    whole = len(key) & ~15
    for at in range(0, whole, 16):
        for i in range(4):
            word = int.from_bytes(key[at + 4 * i : at + 4 * i + 4], "little")
            h[i] ^= _mixed_32(word, c[i], turns[i], c[(i + 1) % 4])
            h[i] = (_left_32(h[i], spins[i]) + h[(i + 1) % 4] & _32) * 5 + added[i] & _32
    for i in range(4):
        rest = key[whole + 4 * i : whole + 4 * i + 4]
        if rest:
            h[i] ^= _mixed_32(int.from_bytes(rest, "little"), c[i], turns[i], c[(i + 1) % 4])
    h = _summed([word ^ len(key) for word in h], _32)
    h = _summed([_final_32(word) for word in h], _32)
    return b"".join(word.to_bytes(4, "little") for word in h)


def murmur3_x64_128(key: bytes, seed: int = 0) -> bytes:
    """MurmurHash3_x64_128: two words of 64 bits, each little-endian."""
    c = (0x87C37B91114253D5, 0x4CF5AD432745937F)
    added = (0x52DCE729, 0x38495AB5)
    turns, spins = (31, 33), (27, 31)
    h = [seed] * 2
    whole = len(key) & ~15
    for at in range(0, whole, 16):
        for i in range(2):
            word = int.from_bytes(key[at + 8 * i : at + 8 * i + 8], "little")
            h[i] ^= _left_64(word * c[i] & _64, turns[i]) * c[1 - i] & _64
            h[i] = (_left_64(h[i], spins[i]) + h[1 - i] & _64) * 5 + added[i] & _64
    for i in range(2):
        rest = key[whole + 8 * i : whole + 8 * i + 8]
        if rest:
            word = int.from_bytes(rest, "little")
            h[i] ^= _left_64(word * c[i] & _64, turns[i]) * c[1 - i] & _64
    h = _summed([word ^ len(key) for word in h], _64)
    h = _summed([_final_64(word) for word in h], _64)
    return b"".join(word.to_bytes(8, "little") for word in h)


def _left_32(word: int, by: int) -> int:
    return (word << by | word >> 32 - by) & _32


def _left_64(word: int, by: int) -> int:
    return (word << by | word >> 64 - by) & _64


def _mixed_32(word: int, first: int, by: int, second: int) -> int:
    return _left_32(word * first & _32, by) * second & _32


def _final_32(h: int) -> int:
    h = (h ^ h >> 16) * 0x85EBCA6B & _32
    h = (h ^ h >> 13) * 0xC2B2AE35 & _32
    return h ^ h >> 16


def _final_64(h: int) -> int:
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD & _64
    h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53 & _64
    return h ^ h >> 33


def _summed(h: list[int], mask: int) -> list[int]:
    first = sum(h) & mask
    return [first, *((word + first) & mask for word in h[1:])]
