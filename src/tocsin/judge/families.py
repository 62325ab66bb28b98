"""What mails of one hand share although host, sender and text differ: how their calls are written."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tocsin.model.observation import Beacon, Observed

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


def template_of(mail: Observed, telling: Sequence[Beacon]) -> str:
    """What tells one mail-making template from another, or "" where nothing is told apart.

    `telling` are the calls that are out of sight or tell readers apart. The template is the structure of the HTML with
    technique and URL shape of the first such call that carries a token.
    """
    structure = mail.content.structure_hash
    if not structure:
        return ""
    for beacon in telling[:20]:
        shape = url_shape(beacon.url)
        if _TOKEN.search(shape) is not None:
            return f"{structure} {beacon.technique} {shape}"
    return ""


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
