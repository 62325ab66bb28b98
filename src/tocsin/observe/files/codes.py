"""QR and bar codes in grey pictures."""

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
