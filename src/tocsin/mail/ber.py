"""Just enough of ASN.1's encoding to find the pieces of a signed mail, in bounded work (X.690)."""

from __future__ import annotations

import msgspec

MOST_ELEMENTS = 200_000
_DEEPEST = 12
SEQUENCE, SET, OCTETS, OID, INTEGER = 0x30, 0x31, 0x04, 0x06, 0x02
_CONSTRUCTED = 0x20


class Malformed(ValueError):
    """The bytes are not what the encoding allows, or are more than is read."""


class Element(msgspec.Struct, frozen=True, gc=False):
    """One element: its identifier octet, and offsets of its start, its contents, their end and what follows."""

    tag: int
    start: int
    body: int
    end: int
    stop: int


class Reader:
    """Reads elements of `data`; all reading together stops after MOST_ELEMENTS."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._left = MOST_ELEMENTS

    def head(self, at: int, limit: int) -> tuple[int, int, int]:
        """Identifier, offset of the contents, and their length (-1 where it is not told)."""
        self._left -= 1
        if self._left < 0:
            raise Malformed("more elements than are read")
        if at + 2 > limit:
            raise Malformed("ends too early")
        tag, length = self.data[at], self.data[at + 1]
        if tag & 0x1F == 0x1F:
            raise Malformed("a kind of element that signed mail does not have")
        body = at + 2
        if length == 0x80:
            if not tag & _CONSTRUCTED:
                raise Malformed("a length that only containers may leave open")
            return tag, body, -1
        if length > 0x80:
            size = length & 0x7F
            if size > 8 or body + size > limit:
                raise Malformed("a length that cannot be")
            length = int.from_bytes(self.data[body : body + size])
            body += size
        if length > limit - body:
            raise Malformed("ends too early")
        return tag, body, length

    def element(self, at: int, limit: int) -> Element:
        """The element at `at`. Raises Malformed."""
        tag, body, length = self.head(at, limit)
        if length >= 0:
            return Element(tag, at, body, body + length, body + length)
        depth, position = 1, body
        while True:
            if self.data.startswith(b"\0\0", position, limit):
                depth -= 1
                position += 2
                if not depth:
                    return Element(tag, at, body, position - 2, position)
                continue
            _, inner, size = self.head(position, limit)
            if size < 0:
                depth += 1
                if depth > _DEEPEST:
                    raise Malformed("nested deeper than is read")
            position = inner + max(size, 0)

    def children(self, parent: Element, most: int = MOST_ELEMENTS) -> list[Element]:
        """What a container holds, at most `most`. Raises Malformed."""
        if not parent.tag & _CONSTRUCTED:
            raise Malformed("a container was expected")
        found: list[Element] = []
        at = parent.body
        while at < parent.end:
            if len(found) >= most:
                raise Malformed(f"more than {most} where few are usual")
            one = self.element(at, parent.end)
            found.append(one)
            at = one.stop
        return found

    def octets(self, element: Element, depth: int = 0) -> bytes:
        """The bytes of an octet string, in one piece or several. Raises Malformed."""
        if not element.tag & _CONSTRUCTED:
            return self.data[element.body : element.end]
        if depth > 3:
            raise Malformed("nested deeper than is read")
        pieces = self.children(element)
        if any(piece.tag & ~_CONSTRUCTED != OCTETS for piece in pieces):
            raise Malformed("a text in pieces of several kinds")
        return b"".join([self.octets(piece, depth + 1) for piece in pieces])

    def whole(self, element: Element) -> bytes:
        """The element's own bytes, identifier and length included."""
        return self.data[element.start : element.stop]

    def contents(self, element: Element) -> bytes:
        """The bytes inside an element."""
        return self.data[element.body : element.end]
