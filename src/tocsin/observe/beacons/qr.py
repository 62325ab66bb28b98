"""QR and bar codes that hold a URL: in pictures, drawn by markup or text, and on pages of PDF files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from tocsin.mail.url import find_urls, is_top_level
from tocsin.model.attached import AttachedFile, FileReading
from tocsin.model.message import Defect
from tocsin.model.reference import Reference
from tocsin.observe.beacons.technique import VISIT_WITH_COOKIES, Technique
from tocsin.observe.drawn_codes import codes_in_text
from tocsin.observe.files.allowance import Allowance
from tocsin.observe.files.codes import Code, read_codes, read_drawing
from tocsin.observe.files.pdf_pages import draw_pages, drawable_pages
from tocsin.observe.files.pictures import LEAST_SIDE, NotDrawn, grey_frames, size_of
from tocsin.observe.html_view import HtmlView

TECHNIQUE = "qr"

ABOUT = Technique(
    TECHNIQUE,
    "QR code with an address",
    "click",
    VISIT_WITH_COOKIES,
    "QR, Aztec, Data Matrix, PDF417 and Code 128 codes in pictures of the mail, in attached pictures and on pages "
    "of PDF files; square ones also drawn with table cells, coloured boxes or block characters",
    "The mail shows a code to be scanned with a telephone. The address in it is no link in the mail, so filters do "
    "not see it, and it opens on a device that the organisation often does not protect.",
    "Do not scan codes in mails that you did not expect. A telephone shows the address before it opens it: read "
    "it, and type the address of the service yourself instead.",
    "All: what acts is the telephone with which the code is scanned.",
    (
        "ISO/IEC 18004:2015 (QR code)",
        "ISO/IEC 24778 (Aztec)",
        "ISO/IEC 16022 (Data Matrix)",
        "ISO/IEC 15438 (PDF417)",
    ),
)

_REFUSED = {
    "over": (
        "picture-over-limit",
        "it was not searched for QR codes",
        "Not all pictures were searched for QR codes: they are too many or too large.",
    ),
    "damaged": (
        "picture-damaged",
        "it could not be drawn and was not searched for QR codes",
        "A damaged picture was not searched for QR codes.",
    ),
    "unknown": (
        "picture-unknown",
        "it is of a kind that is not drawn and was not searched for QR codes",
        "A picture of a kind that we cannot draw was not searched for QR codes.",
    ),
}
TAGS = frozenset({"@code"})
_LEAST_BYTES = 60  # no format writes a code in fewer
_MOST_TEXT = 8_000  # characters: more than any code holds
_IN_WORDS = re.compile(r"(?i)(?:url|urlto|u):(?=(?:https?:|www\.))|;")
_ESCAPED = re.compile(r"\\(?=[;:,\\])")
_BARE = re.compile(r"\s*+(?!www\.)(?:[A-Za-z0-9-]{1,63}\.){1,20}([A-Za-z]{2,18})(?:[/?#]\S*+)?\s*+")
_NO_CODE = re.compile(r"(?i)\s*(?:wifi:|smsto:|tel:|mailto:|matmsg:|geo:|upi:|bitcoin:|otpauth:)")


class PageCodes(msgspec.Struct, frozen=True, gc=False):
    """What the pages of a PDF show; `cut` says which pages were not drawn, "" if none was left out."""

    references: tuple[Reference, ...]
    cut: str = ""


def find(view: HtmlView) -> Iterator[Reference]:
    """Read what table cells, coloured boxes or block characters (█ ▀ ▄ ⬛) draw in 21 rows or more.

    A row is an element with boxes of two shades as its children, their widths counted, or a line of block
    characters. Drawings by borders, shadows, gradients or inline SVG are not read.
    """
    for node in view.tagged("@code"):
        for reference in _references(read_drawing(node.text), "markup"):
            yield msgspec.structs.replace(reference, conditional=node.conditional, fires_in=node.fires_in)


def find_in_text(text: str) -> Iterator[Reference]:
    """Read what block characters draw in a text."""
    for grid in codes_in_text(text):
        yield from _references(read_drawing(grid), "text")


def read(file: AttachedFile, allowance: Allowance) -> FileReading:
    """Read the codes in a picture of the mail or an attached one: PNG, JPEG, GIF, BMP, WebP,
    AVIF, TIFF.

    Pictures are searched at no more than 1,600 pixels a side, of those that move the first 3 frames. Pictures
    too small for a code are not decoded. Codes may be dark or light, and lie at any angle; several in one
    picture are all read. What counts is an address that contacts a host; access data of networks, payments and
    telephone numbers do not.
    """
    if len(file.data) < _LEAST_BYTES:
        return FileReading()
    size = size_of(file.data)
    if size is not None and min(size.width, size.height) < LEAST_SIDE:
        return FileReading()
    references: list[Reference] = []
    try:
        for frame in grey_frames(file.data, allowance):
            references.extend(_references(read_codes(frame), "picture"))
    except NotDrawn as refusal:
        code, text, sentence = _REFUSED[refusal.reason]
        return FileReading(
            tuple(references), defects=(Defect(code, text, file.path),), not_evaluated=(sentence,)
        )
    return FileReading(tuple(references))


def references_on_pages(pdf: Any, data: bytes, allowance: Allowance) -> PageCodes:
    """Draw the pages of a PDF (opened as a `pikepdf.Pdf`) that may hold a code, and read the codes on them.

    A page with no picture and few lines holds none. Pages that would take long to draw are left out, as are
    those beyond the allowance.
    """
    pages = []
    cut = ""
    for index in drawable_pages(pdf):
        if index is None:
            cut = "a page is too elaborate to be drawn"
        elif allowance.take_page():
            pages.append(index)
        else:
            cut = "there are more pages than are drawn for one mail"
            break
    if not pages:
        return PageCodes((), cut)
    references = [
        reference for drawn in draw_pages(data, pages) for reference in _references(read_codes(drawn), "page")
    ]
    return PageCodes(tuple(references), cut)


def _references(codes: Iterable[Code], place: str) -> Iterator[Reference]:
    for code in codes:
        for url in _urls(code.text[:_MOST_TEXT]):
            yield Reference(TECHNIQUE, url, place, "code", trigger="click", label=code.name)


def _urls(text: str) -> Iterator[str]:
    """The addresses in a code, as telephones take them: bare, without a scheme too, or in a bookmark or contact."""
    if _NO_CODE.match(text):
        return
    text = _ESCAPED.sub("", text)
    if (bare := _BARE.fullmatch(text)) is not None and is_top_level(bare[1]):
        yield f"http://{text.strip()}"
    for url, _ in find_urls(_IN_WORDS.sub(" ", text)):
        yield url
