"""PowerPoint's binary slides: hyperlinks and linked media.

Source: MS-PPT 2.3.1 (record headers), 2.10 (external objects); MS-PPT 2.3.2 and 2.3.7 for encryption.
"""

from __future__ import annotations

import struct

from tocsin.observe.files.office_findings import CLICKED, ENCRYPTED, SLIDES_ASKED, Findings, Way

_STRING, _ENCRYPTION = 0x0FBA, 0x2F14
_CONTAINERS: dict[int, tuple[str, Way]] = {
    0x0FD7: ("hyperlink", CLICKED),  # ExHyperlink
    0x1005: ("video", SLIDES_ASKED),
    0x1006: ("video", SLIDES_ASKED),
    0x1007: ("video", SLIDES_ASKED),
    0x100D: ("audio", SLIDES_ASKED),
    0x1010: ("audio", SLIDES_ASKED),
    0x0FCE: ("linked object", SLIDES_ASKED),
}
MAX_DEPTH = 20
MAX_RECORDS = 500_000


def read_slides(data: bytes, findings: Findings) -> None:
    """Read the records of a "PowerPoint Document" stream, containers inside containers to a fixed depth."""
    at = 0
    around: list[tuple[int, tuple[str, Way] | None]] = []  # ends of the open containers, and what they are
    for _ in range(MAX_RECORDS):
        while around and at >= around[-1][0]:
            around.pop()
        if at + 8 > len(data):
            break
        head, kind, length = struct.unpack_from("<HHI", data, at)
        at += 8
        if kind == _ENCRYPTION:
            findings.troubles[ENCRYPTED] = None
        if head & 0x0F == 0x0F and len(around) < MAX_DEPTH:
            inherited = around[-1][1] if around else None
            around.append((at + length, _CONTAINERS.get(kind, inherited)))
            continue
        known = around[-1][1] if around else None
        if kind == _STRING and known is not None and length <= 8_192:
            text = data[at : at + (length & ~1)].decode("utf-16-le", "replace")
            if head >> 4 != 0 or known[1] is not CLICKED:  # instance 0 of a hyperlink is what it is called
                findings.target(text, *known, tag="ExObject")
        at += length
