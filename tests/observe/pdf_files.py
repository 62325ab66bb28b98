"""Small PDF files, built byte by byte so that nothing in them is more than a test asks for."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping

_PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_IDENTIFIER = bytes(range(16))


def document(
    catalog: bytes = b"",
    page: bytes = b"",
    objects: Mapping[int, bytes] | None = None,
    *,
    trailer: bytes = b"",
) -> bytes:
    """A PDF of one page; `catalog` and `page` are added to their dictionaries, `objects` count from 10."""
    return assembled(
        {
            1: b"<</Type/Catalog/Pages 2 0 R" + catalog + b">>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]" + page + b">>",
            **(objects or {}),
        },
        trailer,
    )


def assembled(objects: Mapping[int, bytes], trailer: bytes = b"") -> bytes:
    """A file of numbered objects with its cross-reference table."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    size = max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 00000 f \n"
    out += b"trailer\n<</Root 1 0 R/Size %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)
    return bytes(out)


def stream(data: bytes, entries: bytes = b"", *, deflated: bool = False) -> bytes:
    """A stream object."""
    if deflated:
        data = zlib.compress(data, 9)
        entries += b"/Filter/FlateDecode"
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def packed(hidden: Mapping[int, bytes], holder_entries: bytes = b"") -> bytes:
    """A file whose catalog, pages and `hidden` objects lie in a deflated object stream (PDF 1.5)."""
    bodies = {
        1: b"<</Type/Catalog/Pages 2 0 R%s>>" % holder_entries,
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        **hidden,
    }
    index, body = b"", b""
    for number, data in bodies.items():
        index += b"%d %d " % (number, len(body))
        body += data + b" "
    holder = max(bodies) + 1
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    holder_place = len(out)
    entries = b"/Type/ObjStm/N %d/First %d" % (len(bodies), len(index))
    out += b"%d 0 obj\n%s\nendobj\n" % (holder, stream(index + body, entries, deflated=True))
    table_place = len(out)
    rows = {number: b"\x02" + holder.to_bytes(3, "big") + bytes([at]) for at, number in enumerate(bodies)}
    rows[holder] = b"\x01" + holder_place.to_bytes(3, "big") + b"\x00"
    rows[holder + 1] = b"\x01" + table_place.to_bytes(3, "big") + b"\x00"
    table = b"".join(rows.get(number, bytes(5)) for number in range(holder + 2))
    entries = b"/Type/XRef/W[1 3 1]/Size %d/Root 1 0 R" % (holder + 2)
    out += b"%d 0 obj\n%s\nendobj\n" % (holder + 1, stream(table, entries, deflated=True))
    out += b"startxref\n%d\n%%%%EOF\n" % table_place
    return bytes(out)


def encrypted(action: bytes, password: bytes = b"") -> bytes:
    """A file encrypted with RC4 (40 bits) whose opening action has one string, the URL `action`."""
    owner = _rc4(hashlib.md5(_padded(b"owner")).digest()[:5], _padded(password))
    permissions = (-4).to_bytes(4, "little", signed=True)
    key = hashlib.md5(_padded(password) + owner + permissions + _IDENTIFIER).digest()[:5]
    own_key = hashlib.md5(key + (10).to_bytes(3, "little") + b"\x00\x00").digest()[:10]
    return document(
        b"/OpenAction 10 0 R",
        objects={
            10: b"<</S/URI/URI<%s>>>" % _rc4(own_key, action).hex().encode(),
            11: b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>"
            % (owner.hex().encode(), _rc4(key, _PAD).hex().encode()),
        },
        trailer=b"/Encrypt 11 0 R/ID[<%s><%s>]" % ((_IDENTIFIER.hex().encode(),) * 2),
    )


def _padded(password: bytes) -> bytes:
    return (password + _PAD)[:32]


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 255
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) & 255
        j = (j + state[i]) & 255
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) & 255])
    return bytes(out)
