"""How much a reader takes before it says no."""

from __future__ import annotations

import msgspec

MIB = 1024 * 1024
MAX_RECORDS_BYTES = 256 * 1024  # of the DNS records beside one mail


class ReadLimits(msgspec.Struct, frozen=True):
    """Bounds of one call of `read_mail`; sizes in bytes.

    `max_ratio` (unpacked to packed) only counts above `ratio_floor_bytes`, since small texts pack well.
    `max_depth` is how many archives may lie in one another; a compressed mailbox is one level.
    """

    max_mail_bytes: int = 256 * MIB
    max_members: int = 1_000_000
    max_ratio: int = 200
    ratio_floor_bytes: int = 64 * MIB
    max_unpacked_bytes: int = 64 * 1024 * MIB
    max_depth: int = 3
    chunk_bytes: int = MIB // 2  # fits the processor's cache: a quarter faster than 4 MiB
    progress_bytes: int = 2 * MIB
    progress_files: int = 50
    silence_s: float = 300.0  # a PST that yields nothing for this long is given up


DEFAULT_LIMITS = ReadLimits()
