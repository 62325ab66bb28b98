"""Pictures of which a client picks one by screen or format: `srcset`, `picture`, `imagesrcset`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import BLOCK_REMOTE, HTML_STANDARD, VISIT_WITH_COOKIES, Technique
from tocsin.observe.html import HtmlNode, HtmlView

TECHNIQUE = "image-candidates"

ABOUT = Technique(
    TECHNIQUE,
    "Picture in several sizes",
    "open",
    VISIT_WITH_COOKIES,
    "`srcset`, `picture` and `source`, `imagesrcset`",
    "The mail offers several files for one picture and the reader's program picks one by the size and "
    "density "
    "of the screen or by the formats it knows. The server sees the request, and the choice says "
    "something about the device.",
    BLOCK_REMOTE,
    "Programs that draw mail with a current browser engine; the others fetch the plain `src`.",
    (HTML_STANDARD + "multipage/images.html#parsing-a-srcset-attribute",),
)
MAX_CANDIDATES = 5_001  # one more than beacons are kept: the limit is then said

_URL = re.compile(r"[ \t\n\f\r,]*+([^ \t\n\f\r]++)")
_DESCRIPTORS = re.compile(r"((?:\([^)]*+\)?|[^,(])*+),?")
_VALID = re.compile(r"(?:\d+w(?:\s+\d+h)?|\d+h\s+\d+w|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?x)?", re.IGNORECASE)


def find(view: HtmlView) -> Iterator[Reference]:
    """Find the candidates; each is conditional when there are several, or a `media` or `type` decides."""
    for node in view.tagged("img"):
        if srcset := node.get("srcset"):
            yield from _candidates(node, srcset, "srcset", bool(node.parent == "picture"))
    for node in view.tagged("source"):
        if node.parent == "picture" and (srcset := node.get("srcset")):
            yield from _candidates(node, srcset, "srcset", bool(node.get("media") or node.get("type")))
    for node in view.tagged("link"):
        if srcset := node.get("imagesrcset"):
            yield from _candidates(
                node, srcset, "imagesrcset", "preload" not in node.get("rel").lower().split()
            )


def parse_srcset(srcset: str) -> list[tuple[str, str]]:
    """Split a srcset into (url, descriptors), as written. Source: WHATWG HTML, parsing a srcset attribute.

    A URL runs to the next white space, commas included, and loses trailing commas; leading commas are
    skipped.
    """
    found: list[tuple[str, str]] = []
    position = 0
    while len(found) < MAX_CANDIDATES and (match := _URL.match(srcset, position)):
        url, position = match[1], match.end()
        descriptors = ""
        if url[-1] == ",":
            url = url.rstrip(",")
        elif rest := _DESCRIPTORS.match(srcset, position):
            descriptors, position = rest[1].strip(), rest.end()
        if url:
            found.append((url, descriptors))
    return found


def _candidates(node: HtmlNode, srcset: str, attribute: str, chosen: bool) -> Iterator[Reference]:
    candidates = parse_srcset(srcset)
    for url, descriptors in candidates:
        single = len(candidates) == 1 and (descriptors in ("", "1x") or not node.get("src"))
        conditional = chosen or not single or not _VALID.fullmatch(descriptors)
        yield node.reference(TECHNIQUE, url, attribute, conditional=conditional)
