"""QR and bar codes in grey pictures, and in what is drawn without one."""

from __future__ import annotations

from typing import Any

import msgspec

_NAMES = {
    "QRCode": "QR code",
    "MicroQRCode": "QR code",
    "RMQRCode": "QR code",
    "Aztec": "Aztec code",
    "DataMatrix": "Data Matrix code",
    "PDF417": "bar code",
    "Code128": "bar code",
}
_SHADES = bytes(0 if sign == ord("1") else 255 for sign in range(256))
_INVERTED = [255 - grey for grey in range(256)]
_LARGEST = 1_600  # pixels a side
_MOST_CODES = 50  # of one picture


class Code(msgspec.Struct, frozen=True, gc=False):
    """What one code says, and what people call such a code."""

    text: str
    name: str


def read_codes(picture: Any) -> tuple[Code, ...]:
    """Read the codes in a picture (a grey Pillow image or an 8-bit grey array), dark on light or light on dark.

    QR, Aztec and Data Matrix codes are read at any angle, bar codes only where they lie level. Never raises.
    """
    import zxingcpp

    formats = zxingcpp.BarcodeFormats([getattr(zxingcpp.BarcodeFormat, name) for name in _NAMES])
    try:
        found = zxingcpp.read_barcodes(picture, formats=formats, try_rotate=False)
    except (ValueError, TypeError, RuntimeError, MemoryError):
        return ()
    return tuple(
        Code(barcode.text, _NAMES.get(barcode.format.name, _NAMES.get(barcode.symbology.name, "bar code")))
        for barcode in found[:_MOST_CODES]
    )


def read_drawing(grid: str) -> tuple[Code, ...]:
    """Read the codes in rows of cells, "1" for dark and "0" for light, joined by line feeds.

    Cells need not be square: what is dark, with what is around it, is made so.
    """
    from PIL import Image

    rows = grid.split("\n")
    rows = [row for row in rows if len(row) == len(rows[0])]
    try:
        drawn = Image.frombytes("L", (len(rows[0]), len(rows)), "".join(rows).encode().translate(_SHADES))
        box = drawn.point(_INVERTED).getbbox()
    except ValueError:
        return ()
    if box is None:
        return ()
    drawn = drawn.crop(box)
    side = max(drawn.size) * max(1, min(8, _LARGEST // max(drawn.size)))
    margin = side // 8
    ground = Image.new("L", (side + 2 * margin, side + 2 * margin), 255)
    ground.paste(drawn.resize((side, side), Image.Resampling.NEAREST), (margin, margin))
    return read_codes(ground)
