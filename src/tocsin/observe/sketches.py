"""Sketches by which near copies are found: minima of hashes over runs of words or of tags (Broder 1997)."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from sys import byteorder

LENGTH = 24  # minima; 16 bits of each are kept
_SEED = 20210
_RUN = 3  # words or tags in a run
_LEAST = 20  # runs; fewer meet by chance
_MOST = 200


def sketch_of(words: Sequence[bytes]) -> bytes:
    """The sketch of a sequence: 24 numbers of 16 bits, little-endian; b"" for a short one.

    The share of numbers that two sketches have in common is about the share of runs of three that both sequences have
    (Jaccard), give or take 0.08. Of a long sequence the first 200 runs count.
    """
    if len(words) < _LEAST + _RUN - 1:
        return b""
    from rensa import RMinHash

    words = words[: _MOST + _RUN - 1]
    found = RMinHash(LENGTH, _SEED)
    found.update(list(map(b" ".join, zip(words, words[1:], words[2:], strict=False))))
    numbers = array("H", [number & 0xFFFF for number in found.digest()])
    if byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
