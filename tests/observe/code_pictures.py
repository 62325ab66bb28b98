"""Pictures and PDF pages with QR and bar codes, and some without."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import zxingcpp
from PIL import Image
from tests.observe.pdf_files import document, stream

WEB = "https://r.beacon.example/5c1d"
OTHER = "https://s.beacon.example/77ab"
MARGIN = 4  # modules


def code(text: str, kind: str = "QRCode", scale: int = 4) -> Image.Image:
    """A code in black on white, `scale` pixels a module, with its margin."""
    barcode = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    drawn: Any = zxingcpp.write_barcode_to_image(barcode, scale=scale, add_quiet_zones=True)
    pixels = memoryview(drawn)
    height, width = pixels.shape or (0, 0)
    return with_margin(Image.frombytes("L", (width, height), bytes(pixels)), MARGIN * scale)


def with_margin(picture: Image.Image, margin: int) -> Image.Image:
    """The picture on a white ground that is larger on every side."""
    ground = Image.new("L", (picture.width + 2 * margin, picture.height + 2 * margin), 255)
    ground.paste(picture, (margin, margin))
    return ground


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def see_through(picture: Image.Image, *, light: bool) -> Image.Image:
    """The dark modules alone, in black or in white, on a ground that is transparent."""
    colour = 255 if light else 0
    coloured = Image.new("LA", picture.size, (colour, 0))
    coloured.putalpha(picture.point(lambda value: 255 - value))
    return coloured


def _second_frame() -> bytes:
    plain = Image.new("L", code(WEB).size, 200)
    return saved(plain, "GIF", save_all=True, append_images=[code(WEB)], duration=100)


def _side_by_side() -> Image.Image:
    first, second = code(WEB), code(OTHER)
    ground = Image.new("L", (first.width + second.width + 40, max(first.height, second.height)), 255)
    ground.paste(first, (0, 0))
    ground.paste(second, (first.width + 40, 0))
    return ground


def on_photo_sized_ground() -> Image.Image:
    """A code in a corner of a picture of six million pixels."""
    ground = Image.new("L", (3000, 2000), 255)
    ground.paste(code(WEB, scale=8), (2200, 1400))
    return ground


def page_with_picture(picture: Image.Image) -> bytes:
    """A PDF whose page shows the picture, about three centimetres wide."""
    entries = (
        b"/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8/Width %d/Height %d"
        % picture.size
    )
    return document(
        page=b"/Contents 10 0 R/Resources<</XObject<</I 11 0 R>>>>",
        objects={
            10: stream(b"q 85 0 0 85 60 600 cm /I Do Q"),
            11: stream(picture.tobytes(), entries, deflated=True),
        },
    )


def page_with_drawing(picture: Image.Image) -> bytes:
    """A PDF whose page draws each dark pixel of a small picture as a square."""
    squares = b"".join(
        b"%d %d 2 2 re f\n" % (60 + 2 * x, 600 - 2 * y)
        for y in range(picture.height)
        for x in range(picture.width)
        if not picture.getpixel((x, y))
    )
    return document(page=b"/Contents 10 0 R", objects={10: stream(squares, deflated=True)})


def with_codes() -> Iterator[tuple[str, str, bytes, tuple[str, ...]]]:
    """Name, name of the file, file, and the addresses in it."""
    plain = code(WEB)
    yield "png", "code.png", saved(plain), (WEB,)
    yield "png-black-and-white", "code.png", saved(plain.convert("1")), (WEB,)
    yield "jpeg", "code.jpg", saved(plain, "JPEG", quality=60), (WEB,)
    yield "gif", "code.gif", saved(plain, "GIF"), (WEB,)
    yield "gif-second-frame", "code.gif", _second_frame(), (WEB,)
    yield "bmp", "code.bmp", saved(plain.convert("1"), "BMP"), (WEB,)
    yield "webp", "code.webp", saved(plain, "WEBP", lossless=True), (WEB,)
    yield "tiff", "code.tif", saved(plain.convert("1"), "TIFF", compression="group4"), (WEB,)
    yield "one-pixel-a-module", "code.png", saved(code(WEB, scale=1)), (WEB,)
    yield "light-on-dark", "code.png", saved(plain.point(lambda value: 255 - value)), (WEB,)
    yield "turned", "code.png", saved(plain.rotate(31, expand=True, fillcolor=255)), (WEB,)
    yield "upside-down", "code.png", saved(plain.rotate(180)), (WEB,)
    yield "transparent-dark", "code.png", saved(see_through(plain, light=False)), (WEB,)
    yield "transparent-light", "code.png", saved(see_through(plain, light=True)), (WEB,)
    yield (
        "coloured",
        "code.png",
        saved(Image.merge("RGB", (plain.point(lambda v: v // 2 + 127), plain, plain))),
        (WEB,),
    )
    yield "two-codes", "code.png", saved(_side_by_side().convert("1")), (WEB, OTHER)
    yield "jpeg-cut-short", "code.jpg", saved(plain, "JPEG", quality=60)[:-40], (WEB,)
    for kind in ("Aztec", "DataMatrix", "PDF417", "Code128", "RMQRCode"):
        yield kind.lower(), "code.png", saved(code(WEB, kind).convert("1")), (WEB,)
    yield "upper-case", "code.png", saved(code(WEB.upper())), (WEB.upper(),)
    yield "bookmark", "code.png", saved(code(f"MEBKM:TITLE:Programme;URL:{WEB};;")), (WEB,)
    yield "contact", "code.png", saved(code(f"BEGIN:VCARD\r\nFN:P. Renard\r\nURL:{WEB}\r\nEND:VCARD")), (WEB,)
    yield (
        "without-scheme",
        "code.png",
        saved(code("www.beacon.example/5c1d")),
        ("http://www.beacon.example/5c1d",),
    )
    yield "page-with-picture", "code.pdf", page_with_picture(plain), (WEB,)
    yield "page-with-drawing", "code.pdf", page_with_drawing(code(WEB, scale=1)), (WEB,)


def without_codes() -> Iterator[tuple[str, str, bytes]]:
    """Name, name of the file, and a file with no address that is contacted."""
    yield "network", "code.png", saved(code("WIFI:T:WPA;S:Guests;P:https://r.beacon.example;;"))
    yield "telephone", "code.png", saved(code("tel:+33100000000"))
    yield "letter-address", "code.png", saved(code("mailto:paul@lettre-du-parc.example"))
    yield "payment", "code.png", saved(code("upi://pay?pa=paul@bank.example&pn=Paul&am=10"))
    yield "words", "code.png", saved(code("Table 12, second floor"))
    yield "number", "code.png", saved(code("4006381333931", "Code128"))
    yield "plain-picture", "code.png", saved(Image.linear_gradient("L"))
    yield "too-small", "code.gif", saved(Image.new("L", (1, 1)), "GIF")
    yield "damaged", "code.png", saved(code(WEB))[:60]
    yield (
        "page-of-text",
        "code.pdf",
        document(page=b"/Contents 10 0 R", objects={10: stream(b"BT /F1 12 Tf 60 600 Td (Programme) Tj ET")}),
    )
