"""URLs without what tells one reader from another, so that an export gives nobody away."""

from __future__ import annotations

import re

from tocsin.model.observation import Beacon

CUT = "xxxx"  # what stands for what was cut
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,23}")
_LABEL = re.compile(r"[a-z][a-z-]{0,23}\d{0,3}", re.IGNORECASE)


def cut_url(beacon: Beacon, site: str = "") -> str:
    """The URL of a beacon with every piece but plain words cut, whether or not it is known to be personal.

    Path segments and values of the query that are words of letters stay, endings of file names too; fragments, user
    names and keys that are no words go. `site` is the registrable domain: labels of the host below it stay if they are
    words with few digits.
    """
    scheme, mark, rest = beacon.url.partition("://")
    if not mark:
        return f"{scheme.partition(':')[0]}:{CUT}"
    rest = rest.partition("#")[0]
    place, _, query = rest.partition("?")
    _, slash, path = place.partition("/")
    host = cut_host(beacon.host, site or beacon.site)
    port = re.search(r":\d{1,5}\Z", place.partition("/")[0])
    text = f"{scheme}://{host}{port[0] if port else ''}{slash}"
    text += "/".join(_piece(segment) for segment in path.split("/"))
    if query:
        pairs = (pair.partition("=") for pair in query.split("&"))
        text += "?" + "&".join(f"{_piece(key)}{equals}{_piece(value)}" for key, equals, value in pairs)
    return text


def cut_host(host: str, site: str) -> str:
    """A host whose labels below the registrable domain are words; others are cut."""
    if not site or host == site or not host.endswith("." + site):
        return host
    labels = host[: -len(site) - 1].split(".")
    return ".".join([label if _LABEL.fullmatch(label) else CUT for label in labels] + [site])


def _piece(piece: str) -> str:
    stem, dot, ending = piece.rpartition(".")
    if dot and stem and len(ending) <= 5 and ending.isalnum():
        return f"{_piece(stem)}.{ending}"
    if not piece or piece == CUT:
        return piece
    return piece if _WORD.fullmatch(piece) else CUT
