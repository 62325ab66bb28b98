"""Codes in pictures and on pages: formats, kinds of code, and pictures built to be slow."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe.code_pictures import (
    WEB,
    code,
    on_photo_sized_ground,
    page_with_picture,
    saved,
    with_codes,
    without_codes,
)
from tests.observe.pdf_files import assembled, stream

from tocsin.model.attached import AttachedFile, FileReading
from tocsin.observe.beacons import pdf, qr
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import MAX_PAGES, Allowance
from tocsin.observe.files.pictures import Size, size_of

WITH = {name: (data, urls) for name, _, data, urls in with_codes()}
WITHOUT = {name: data for name, _, data in without_codes()}


def read(data: bytes, allowance: Allowance | None = None) -> FileReading:
    kind = kinds.kind_of(data[: kinds.HEAD], "", "")
    reader = pdf.read if kind == kinds.PDF else qr.read
    assert kind in (kinds.PDF, kinds.PICTURE)
    return reader(AttachedFile(data, "", "", kind, "2"), allowance or Allowance())


@pytest.mark.parametrize("name", WITH)
def test_code_is_read(name: str) -> None:
    data, urls = WITH[name]
    references = read(data).references
    assert {reference.url for reference in references} == set(urls)
    assert {reference.technique for reference in references} == {"qr"}
    assert {reference.trigger for reference in references} == {"click"}


@pytest.mark.parametrize("name", WITHOUT)
def test_code_that_contacts_nobody_is_left_out(name: str) -> None:
    assert read(WITHOUT[name]).references == ()


def test_label_names_the_kind_of_code() -> None:
    names = {
        name: read(WITH[name][0]).references[0].label for name in ("png", "aztec", "datamatrix", "code128")
    }
    assert names == {
        "png": "QR code",
        "aztec": "Aztec code",
        "datamatrix": "Data Matrix code",
        "code128": "bar code",
    }


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_large_pictures_are_shrunk_and_read(kind: str) -> None:
    reading = read(saved(on_photo_sized_ground(), kind))
    assert [reference.url for reference in reading.references] == [WEB]


def test_camera_photos_cost_what_is_decoded_of_them() -> None:
    allowance = Allowance()
    before = allowance.pixels_left
    read(saved(on_photo_sized_ground().resize((4000, 3000)), "JPEG"), allowance)
    assert before - allowance.pixels_left == 2000 * 1500


def huge_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(9_000, 9_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    reading = read(huge_png(width, height))
    assert [defect.code for defect in reading.defects] in (["picture-over-limit"], ["picture-damaged"])
    assert len(reading.not_evaluated) == 1


def many_scans() -> bytes:
    data = saved(on_photo_sized_ground().convert("L"), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * 2_000 + data[-2:]


def claiming(data: bytes, side: int) -> bytes:
    """A JPEG picture whose header states another size."""
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + side.to_bytes(2, "big") * 2 + data[place + 4 :]


JPEG_BOMBS = {
    "scans": many_scans(),
    "size": claiming(saved(code(WEB), "JPEG"), 60_000),
}


@pytest.mark.parametrize("name", JPEG_BOMBS)
def test_jpeg_bomb_is_refused(name: str) -> None:
    assert [defect.code for defect in read(JPEG_BOMBS[name]).defects] == ["picture-over-limit"]


def test_too_many_pictures_are_said_in_one_sentence() -> None:
    allowance = Allowance()
    allowance.pictures_left = 1
    picture = saved(code(WEB))
    readings = [read(picture, allowance) for _ in range(3)]
    assert [len(reading.references) for reading in readings] == [1, 0, 0]
    assert readings[1].not_evaluated == readings[2].not_evaluated
    assert readings[1].not_evaluated == (
        "Not all pictures were searched for QR codes: they are too many or too large.",
    )


def test_small_pictures_count_for_nothing() -> None:
    allowance = Allowance()
    before = allowance.pictures_left
    assert read(WITHOUT["too-small"], allowance) == FileReading()
    assert allowance.pictures_left == before


def many_pages(count: int) -> bytes:
    entries = b"/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8/Width 40/Height 40"
    page = (
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</XObject<</I 3 0 R>>>>>>"
    )
    return assembled(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[%s]/Count %d>>"
            % (b" ".join(b"%d 0 R" % n for n in range(5, 5 + count)), count),
            3: stream(bytes(1600), entries, deflated=True),
            4: stream(b"q 90 0 0 90 9 9 cm /I Do Q"),
            **dict.fromkeys(range(5, 5 + count), page),
        }
    )


def test_pages_beyond_the_allowance_are_said() -> None:
    assert read(many_pages(MAX_PAGES)).not_evaluated == ()
    assert [defect.code for defect in read(many_pages(MAX_PAGES + 1)).defects] == ["pages-not-drawn"]


def test_pages_of_text_count_for_nothing() -> None:
    allowance = Allowance()
    before = allowance.pages_left
    read(WITHOUT["page-of-text"], allowance)
    assert allowance.pages_left == before
    read(page_with_picture(code(WEB)), allowance)
    assert allowance.pages_left == before - 1


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_size_is_read_from_the_header(kind: str) -> None:
    data = saved(code(WEB).resize((150, 70)), kind)
    assert size_of(data) == Size(150, 70)
    assert size_of(data[:9]) is None


@given(st.sampled_from(sorted(WITH)), st.data())
@settings(max_examples=120, deadline=None)
def test_cut_and_changed_files_never_raise(name: str, draw: st.DataObject) -> None:
    data = WITH[name][0]
    end = draw.draw(st.integers(0, len(data)))
    start = draw.draw(st.integers(0, end))
    changed = data[:start] + draw.draw(st.binary(max_size=20)) + data[end:]
    reading = qr.read(AttachedFile(changed, "a.png", "", kinds.PICTURE, "2"), Allowance())
    assert all(one.technique == "qr" for one in reading.references)
