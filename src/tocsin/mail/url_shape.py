"""How URLs are written, apart from whose they are and what they say."""

from __future__ import annotations

import re

_MOST_SEGMENTS = 12
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{8,}", re.IGNORECASE)
_TOKEN = re.compile(r"(?:^|[/=])(?:9|uuid|h\d+|x\d+)(?:$|[/?&.])")
_WORD = re.compile(r"[a-z][a-z_-]{0,23}", re.IGNORECASE)


def url_shape(url: str) -> str:
    """How the path and query of a URL are written, without the host: words stay, tokens become their kind and length.

    Numbers are "9", UUIDs "uuid", hexadecimal tokens "h" and their length, all else "x" and its length in eights; keys
    of the query stay in their order. "" for a URL without path and query.
    """
    path, _, query = url.partition("://")[2][:2_000].partition("#")[0].partition("?")
    segments = path.split("/")[1:][:_MOST_SEGMENTS]
    shape = "/".join(_kind(segment) for segment in segments)
    if query:
        pairs = [pair.partition("=") for pair in query.split("&")[:_MOST_SEGMENTS]]
        keys = [f"{key if _WORD.fullmatch(key) else _kind(key)}={_kind(value)}" for key, _, value in pairs]
        shape += "?" + "&".join(keys)
    return shape


def holds_token(shape: str) -> bool:
    """Whether a shape names a number or a token: it then tells one message or reader from another."""
    return _TOKEN.search(shape) is not None


def _kind(piece: str) -> str:
    stem, dot, ending = piece.rpartition(".")
    if dot and stem and len(ending) <= 5 and ending.isalnum():
        return f"{_kind(stem)}.{ending.lower()}"
    if not piece:
        return ""
    if piece.isdigit():
        return "9"
    if _UUID.fullmatch(piece):
        return "uuid"
    if _HEX.fullmatch(piece):
        return f"h{len(piece)}"
    if _WORD.fullmatch(piece):
        return piece.lower()
    return f"x{len(piece) // 8}"
