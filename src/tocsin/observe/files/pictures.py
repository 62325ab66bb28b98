"""Pictures in memory: their size without decoding them, then their light and dark, small enough to search."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import msgspec

from tocsin.mail.in_memory import InMemory
from tocsin.observe.files.allowance import Allowance

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

LEAST_SIDE = 21  # pixels: the smallest QR code with one pixel a module
LONGEST_SIDE = 1_600  # pixels that are searched; larger pictures are shrunk
MOST_FRAMES = 3
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF")
_JPEG_HEADERS = 1 << 20  # bytes before the size: colour profile, thumbnails, camera data
_MOST_STATED = 100_000_000  # pixels, before a JPEG picture is decoded small: its coefficients take memory
_MOST_SCANS = 100  # of a progressive JPEG picture; each goes over the whole picture
_GREY = 128


class Size(msgspec.Struct, frozen=True, gc=False):
    """Width and height in pixels, as the header states them."""

    width: int
    height: int


def size_of(data: bytes) -> Size | None:
    """Read a picture's size from its header; None where it is no PNG, GIF, BMP, JPEG or WebP or is cut short."""
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return _big(data[16:20], data[20:24]) if len(data) >= 24 else None
    if data[:4] == b"GIF8":
        return _little(data[6:8], data[8:10]) if len(data) >= 10 else None
    if data[:2] == b"BM":
        if data[14:18] == b"\x0c\x00\x00\x00":
            return _little(data[18:20], data[20:22])
        height = abs(int.from_bytes(data[22:26], "little", signed=True))
        return Size(int.from_bytes(data[18:22], "little"), height) if len(data) >= 26 else None
    if data[:3] == b"\xff\xd8\xff":
        return _jpeg_size(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP" and len(data) >= 30:
        return _webp_size(data)
    return None


def _jpeg_size(data: bytes) -> Size | None:
    at = 2
    while at + 9 < min(len(data), _JPEG_HEADERS):
        if data[at] != 0xFF:
            at += 1
            continue
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _big(data[at + 7 : at + 9], data[at + 5 : at + 7])
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return None


def _webp_size(data: bytes) -> Size | None:
    form = data[12:16]
    if form == b"VP8X":
        less = _little(data[24:27], data[27:30])
        return Size(less.width + 1, less.height + 1)
    if form == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return Size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if form == b"VP8 ":
        scaled = _little(data[26:28], data[28:30])
        return Size(scaled.width & 0x3FFF, scaled.height & 0x3FFF)
    return None


def _big(width: bytes, height: bytes) -> Size:
    return Size(int.from_bytes(width, "big"), int.from_bytes(height, "big"))


def _little(width: bytes, height: bytes) -> Size:
    return Size(int.from_bytes(width, "little"), int.from_bytes(height, "little"))


class NotDrawn(Exception):
    """A picture that is "damaged", of an "unknown" kind, or "over" what is decoded: that is its `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def grey_frames(data: bytes, allowance: Allowance) -> Iterator[Image]:
    """Decode a picture to grey, its first `MOST_FRAMES` frames, none longer than `LONGEST_SIDE` on a side.

    What is transparent becomes a middle grey, on which both dark and light codes stand out. A JPEG picture is
    decoded small at once. Raises `NotDrawn`; what is decoded counts against the allowance before it is.
    """
    picture = _opened(data)
    for number in range(MOST_FRAMES if getattr(picture, "is_animated", False) else 1):
        if number and not _moved_on(picture, number):
            return
        width, height = picture.size
        if min(width, height) < LEAST_SIDE:
            return
        if not allowance.take_picture(width * height):
            raise NotDrawn("over")
        yield _frame(picture)


def _problems() -> tuple[type[Exception], ...]:
    """What Pillow raises on pictures that are not as they should be."""
    from PIL import Image as pillow

    return (
        *(OSError, SyntaxError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError),
        *(RuntimeError, MemoryError, EOFError, struct.error, zlib.error, pillow.DecompressionBombError),
    )


def _opened(data: bytes) -> ImageFile:
    import PIL
    from PIL import Image as pillow

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes are checked here; other warnings concern what is not searched
        try:
            picture = pillow.open(cast("Any", InMemory(data)), formats=_FORMATS)
            width, height = picture.size
            least = LONGEST_SIDE / max(width, height, LONGEST_SIDE)
            picture.draft("L", (int(width * least), int(height * least)))
        except pillow.DecompressionBombError:
            raise NotDrawn("over") from None
        except _problems() as problem:
            known = size_of(data) is not None or not isinstance(problem, PIL.UnidentifiedImageError)
            raise NotDrawn("damaged" if known else "unknown") from None
    if width * height > _MOST_STATED or data.count(b"\xff\xda") > _MOST_SCANS:
        raise NotDrawn("over")
    return picture


def _moved_on(picture: ImageFile, number: int) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            picture.seek(number)
        except _problems():
            return False
    return True


def _frame(picture: ImageFile) -> Image:
    problems = _problems()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _load(picture, problems)
            return _grey(picture)
        except problems:
            raise NotDrawn("damaged") from None


def _load(picture: ImageFile, problems: tuple[type[Exception], ...]) -> None:
    """Decode; a picture that is cut short is taken as far as it goes, as programs show it."""
    try:
        picture.load()
    except problems:
        if not picture.tile:
            raise
        picture.tile = []  # nothing more to decode


def _grey(picture: Image) -> Image:
    from PIL import Image as pillow

    longest = max(picture.size)
    if longest > LONGEST_SIDE and picture.mode in ("L", "RGB", "RGBA", "CMYK", "YCbCr", "LA"):
        picture = picture.reduce(-(-longest // LONGEST_SIDE))
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        layers = picture.convert("RGBA").convert("LA")
        grey = pillow.new("L", layers.size, _GREY)
        grey.paste(layers.getchannel("L"), mask=layers.getchannel("A"))
    else:
        grey = picture.convert("L")
    if max(grey.size) > LONGEST_SIDE:
        grey = grey.reduce(-(-max(grey.size) // LONGEST_SIDE))
    return grey
