"""Samples damaged at random from a fixed seed: text and files are changed behind their encodings."""

from __future__ import annotations

import base64
import io
import random
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from tocsin.mail.body import part_bytes
from tocsin.mail.mime import scan
from tocsin.model.message import Part

_TOKENS = (
    *(b"<", b">", b"\"", b"'", b"&", b"&#x", b"<!--", b"-->", b"<![CDATA[", b"</style>", b"<svg>", b"<math>"),
    *(b"url(", b"@import ", b"/*", b"*/", b"\\", b"{", b"}", b"var(--a)", b"--a:", b"image-set(", b"\\75"),
    *(b"\x00", b"\xff\xfe", b"\r\n", b"\n\n", b"=", b"%", b"%25", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"--"),
    *(b"obj", b"endobj", b"stream\n", b"<<", b">>", b"/F ", b"/URI(", b"PK\x03\x04", b"PK\x01\x02", b"\x1f\x8b"),
    *(b"\\\\host\\share", b"http://", b"//", b"cid:", b"data:text/html,", b"BEGIN:VEVENT", b"\\object", b"\\bin9"),
    *(b"\x30\x84\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"0" * 64),
)  # fmt: skip
_LARGEST = 200_000  # bytes: repetition stops there


def mutated(path: Path, cases: int) -> Iterator[bytes]:
    """Give damaged versions of one sample mail; the same ones whenever it is called."""
    raw = path.read_bytes()
    message = scan(raw)
    leaves = [part for part in message.parts if part.end > part.start and part.data is None]
    leaves = [part for part in leaves if not part.media_type.startswith(("multipart/", "message/"))]
    for number in range(cases):
        chance = random.Random(f"{path.parent.name}/{path.name}:{number}")
        if not leaves or chance.random() < 0.2:
            yield _damaged(raw, chance)
            continue
        part = chance.choice(leaves)
        data = part_bytes(message, part)
        if data[:2] == b"PK" and chance.random() < 0.7:
            data = _with_damaged_member(data, chance)
        elif data[:4] == b"%PDF" and chance.random() < 0.5:
            data = _with_damaged_stream(data, chance)
        else:
            data = _damaged(data, chance)
        yield raw[: part.start] + _encoded(data, part) + raw[part.end :]


def _encoded(data: bytes, part: Part) -> bytes:
    """Text that is declared as quoted-printable stays as it is: what does not decode is damage too."""
    return base64.encodebytes(data) if part.encoding == "base64" else data


def _with_damaged_member(data: bytes, chance: random.Random) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    # What zipfile raises: NotImplementedError for a method of compression, RuntimeError for a password.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError):
        return _damaged(data, chance)
    if not members:
        return _damaged(data, chance)
    hurt = chance.randrange(len(members))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for index, (name, content) in enumerate(members):
            archive.writestr(name, _damaged(content, chance) if index == hurt else content)
    return out.getvalue()


def _with_damaged_stream(data: bytes, chance: random.Random) -> bytes:
    start = data.find(b"stream\n")
    end = data.find(b"\nendstream", start)
    if start < 0 or end < 0:
        return _damaged(data, chance)
    return data[: start + 7] + _damaged(data[start + 7 : end], chance) + data[end:]


def _damaged(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        data = _damaged_once(data, chance)
    return data


def _damaged_once(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice((1, 2, 4, 16, 64, 512)))
    match chance.randrange(8):
        case 0:  # one byte
            return data[:start] + bytes([chance.randrange(256)]) + data[start + 1 :]
        case 1:  # cut out
            return data[:start] + data[end:]
        case 2:  # cut off
            return data[:start]
        case 3:  # twice
            return data[:end] + data[start:]
        case 4:  # moved
            return data[end:] + data[start:end]
        case 5:  # many times
            piece = data[start:end] or b"\0"
            many = min(chance.choice((10, 1_000)), max(1, (_LARGEST - len(data)) // len(piece)))
            return data[:start] + piece * many + data[end:]
        case 6:  # random bytes
            return data[:start] + chance.randbytes(end - start) + data[end:]
        case _:  # something that a parser looks for
            return data[:start] + chance.choice(_TOKENS) + data[start:]
