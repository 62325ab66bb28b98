"""The header blocks of tar archives, as archives of mailboxes and archives in mails have them (POSIX ustar, GNU)."""

from __future__ import annotations

BLOCK = 512


def is_header(block: bytes) -> bool:
    """Whether a block of 512 bytes is a header, by the checksum that it states (old archives have no magic)."""
    field = block[148:156].strip(b"\x00 ")
    if len(block) < BLOCK or not block[0] or not field or len(field) > 7 or field.strip(b"01234567"):
        return False
    return int(field, 8) == sum(block[:148]) + 256 + sum(block[156:512])


def padded(size: int) -> int:
    """Give the bytes that a member of this size takes up, whole blocks."""
    return -(-size // BLOCK) * BLOCK


def number_in(field: bytes) -> int:
    """Give the number of a field: octal digits, or GNU's binary form for sizes over 8 GiB; 0 where it is neither."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b"\x00 ")
    return int(digits, 8) if digits and not digits.strip(b"01234567") else 0


def name_in(block: bytes) -> bytes:
    """Give the name that a header states, with ustar's prefix."""
    name = block[:100].split(b"\x00", 1)[0]
    prefix = block[345:500].split(b"\x00", 1)[0] if block[257:263] == b"ustar\x00" else b""
    return prefix + b"/" + name if prefix else name
