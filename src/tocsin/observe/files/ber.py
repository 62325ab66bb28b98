"""ASN.1 in BER and DER, read as a flat list of elements: enough to find what certificates and signatures name.

Certificates come out of hostile mail, so nothing is decoded that is not asked for: one pass with a stack,
without recursion, over at most `MAX_ELEMENTS` elements, that ends where the data stops making sense.
Source: ITU-T X.690.
"""

from __future__ import annotations

import msgspec

MAX_ELEMENTS = 100_000

SEQUENCE, SET, OCTETS, OID, IA5, BOOLEAN = 0x30, 0x31, 0x04, 0x06, 0x16, 0x01
_CONSTRUCTED = 0x20
_DEEPEST = 200


class Element(msgspec.Struct, gc=False):
    """One element: its identifier octet, where its content starts and ends, how deep it lies, and its parent.

    `parent` is an index in the list of elements, -1 at the top.
    """

    tag: int
    start: int
    end: int
    depth: int
    parent: int


def elements(data: bytes, start: int = 0, end: int | None = None) -> tuple[list[Element], bool]:
    """Give the elements of some bytes in their order, containers before content; False where not all was read.

    Indefinite lengths are followed to their end marks; a length that reaches beyond its container is cut.
    """
    found: list[Element] = []
    stack: list[tuple[int, int, bool]] = []  # (index, end, whether the length is indefinite)
    at, limit = start, len(data) if end is None else end
    outer = limit
    whole = True
    while True:
        while stack and at >= stack[-1][1]:
            index, stop, indefinite = stack.pop()
            found[index].end = stop
            whole = whole and not indefinite  # the end mark never came
            at = stop
        limit = stack[-1][1] if stack else outer
        if at + 2 > limit:
            if not stack:
                return found, whole and at >= outer
            at = limit
            continue
        tag = data[at]
        if found and not stack and tag != SEQUENCE:
            return found, whole  # a line end or padding behind the file
        if tag == 0 and data[at + 1] == 0 and stack and stack[-1][2]:
            index, _, _ = stack.pop()
            found[index].end = at
            at += 2
            continue
        at += 1
        if tag & 0x1F == 0x1F:  # a number of several octets
            while at < limit and data[at] & 0x80:
                at += 1
            at += 1
            if at >= limit:
                return found, False
        length = data[at]
        at += 1
        indefinite = length == 0x80
        if indefinite:
            stop = limit
        else:
            if length & 0x80:
                count = length & 0x7F
                length = int.from_bytes(data[at : at + count], "big") if count <= 8 else 1 << 62
                at += count
            stop = at + length
            if stop > limit:
                whole, stop = False, limit
        if len(found) >= MAX_ELEMENTS:
            return found, False
        index = len(found)
        found.append(Element(tag, min(at, limit), stop, len(stack), stack[-1][0] if stack else -1))
        if tag & _CONSTRUCTED and len(stack) < _DEEPEST:
            stack.append((index, stop, indefinite))
        else:
            whole = whole and not indefinite and not tag & _CONSTRUCTED
            at = stop


def content(data: bytes, found: list[Element], index: int) -> bytes:
    """Give the octets of a string, its pieces joined where it is written in pieces (X.690 8.7.3)."""
    element = found[index]
    if not element.tag & _CONSTRUCTED:
        return data[element.start : element.end]
    pieces = []
    for other in found[index + 1 :]:
        if other.start >= element.end:
            break
        if not other.tag & _CONSTRUCTED:
            pieces.append(data[other.start : other.end])
    return b"".join(pieces)


def children(found: list[Element], index: int) -> list[int]:
    """Give the elements directly in a container, as indices; those at the top for -1."""
    if index < 0:
        return [at for at, element in enumerate(found) if element.depth == 0]
    container = found[index]
    below = []
    for at in range(index + 1, len(found)):
        element = found[at]
        if element.depth <= container.depth:
            break
        if element.depth == container.depth + 1:
            below.append(at)
    return below
