"""Archives and disk images: what any program would show is looked into, and nothing costs more than allowed."""

from __future__ import annotations

import base64
import bz2
import lzma
import tarfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observe import archive_files as made
from tests.observe.make_file_samples import mail

from tocsin.mail.mime import scan
from tocsin.model.attached import AttachedFile, FileReading
from tocsin.observe.beacons import archive
from tocsin.observe.beacons.assemble import Found, observe_beacons
from tocsin.observe.files import kinds
from tocsin.observe.files.allowance import MAX_BYTES, MAX_MEMBERS, Allowance
from tocsin.observe.tokens import NO_NEEDLES
from tocsin.observe.vendors import index_catalogue

PAGE = b'<html><img src="https://img.beacon.example/77ab.gif"></html>' + b"<p>text</p>" * 300
FILES = {"letter/page.html": PAGE, "Überblick.txt": b"The programme follows.\r\n"}
PLAIN = {"page.html": PAGE}


def look(name: str, data: bytes, allowance: Allowance | None = None) -> FileReading:
    kind = kinds.kind_of(data[: kinds.HEAD], name, "")
    assert kind in archive.KINDS
    return archive.read(AttachedFile(data, name, "", kind, "2"), allowance or Allowance())


def observe(name: str, data: bytes) -> Found:
    return observe_beacons(scan(mail("archive", 0, name, data)), index_catalogue((), {}), NO_NEEDLES)


def members(reading: FileReading) -> dict[str, bytes]:
    return {member.name: member.data for member in reading.members}


WHOLE = {
    "stored.zip": made.zipped(FILES, 0),
    "deflated.zip": made.zipped(FILES),
    "bzip2.zip": made.zipped(FILES, 12),
    "lzma.zip": made.zipped(FILES, 14),
    "streamed.zip": made.streamed_zip(FILES),
    "cut.zip": made.without_directory(made.zipped(FILES)),
    "streamed-cut.zip": made.without_directory(made.streamed_zip(FILES)),
    "behind-junk.zip": b"MZ" + bytes(1_000) + made.zipped(FILES),
    "before-junk.zip": made.zipped(FILES) + bytes(1_000),
    "pax.tar": made.tarred(FILES),
    "gnu.tar": made.tarred(FILES, form=tarfile.GNU_FORMAT),
    "ustar.tar": made.tarred(FILES, form=tarfile.USTAR_FORMAT),
    "copy.7z": made.seven_zipped(FILES, method="copy"),
    "lzma.7z": made.seven_zipped(FILES, method="lzma"),
    "lzma2.7z": made.seven_zipped(FILES),
    "x86.7z": made.seven_zipped(FILES, method="x86"),
    "joliet.iso": made.disk_image(FILES),
    "udf.img": made.udf_image(FILES),
    "udf-anchor.img": made.udf_image(FILES, anchor=256),
}


@pytest.mark.parametrize("name", WHOLE)
def test_files_come_out_as_they_went_in(name: str) -> None:
    reading = look(name, WHOLE[name])
    assert members(reading) == FILES
    assert not reading.defects
    assert not reading.not_evaluated


@pytest.mark.parametrize("packed", [True, False])
def test_a_cabinet_gives_its_files(packed: bool) -> None:
    files = {"page.html": PAGE * 30, "note.txt": b"note"}  # more than one block of 32 KiB
    assert members(look("a.cab", made.cabinet(files, packed=packed))) == files


@pytest.mark.parametrize(
    ("name", "inner", "pack"),
    [
        ("page.html.gz", "page.html", made.gzipped),
        ("PAGE.HTML.BZ2", "PAGE.HTML", bz2.compress),
        ("page.html.xz", "page.html", lzma.compress),
        ("page.html.lzma", "page.html", lambda data: lzma.compress(data, lzma.FORMAT_ALONE)),
        ("all.tgz", "all.tar", made.gzipped),
        ("", "", made.gzipped),
    ],
)
def test_one_packed_file(name: str, inner: str, pack: Callable[[bytes], bytes]) -> None:
    assert members(look(name, pack(PAGE))) == {inner: PAGE}


def test_streams_one_after_another_are_one_file() -> None:
    assert members(look("a.gz", made.gzipped(b"one ") + made.gzipped(b"two"))) == {"a": b"one two"}
    assert members(look("a.xz", lzma.compress(b"one ") + bytes(4) + lzma.compress(b"two"))) == {
        "a": b"one two"
    }


def test_both_directories_of_a_zip_are_read() -> None:
    data = made.zipped({"first.html": PAGE}) + made.zipped({"second.html": PAGE})
    assert set(members(look("a.zip", data))) == {"first.html", "second.html"}


def test_a_zip_inside_a_zip_is_one_member() -> None:
    inner = made.zipped(PLAIN, 0)
    assert members(look("a.zip", made.zipped({"inner.zip": inner}, 0))) == {"inner.zip": inner}


def test_a_file_with_a_wrong_checksum_is_read_and_said() -> None:
    data = bytearray(made.zipped(PLAIN))
    at = data.rindex(b"PK\x01\x02") + 16
    data[at] ^= 1
    reading = look("a.zip", bytes(data))
    assert members(reading) == PLAIN
    assert [defect.code for defect in reading.defects] == ["archive-damaged"]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.zip", made.marked_encrypted(made.zipped(PLAIN), method=99), "archive-encrypted"),
        ("a.7z", made.seven_zipped(PLAIN, method="aes"), "archive-encrypted"),
        ("a.7z", made.seven_zipped(PLAIN, method="ppmd"), "archive-unknown"),
        ("a.7z", made.seven_zipped(PLAIN)[:-30], "archive-damaged"),
        ("a.cab", made.cabinet(PLAIN, method=3), "archive-unknown"),
        ("a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(50), "archive-unknown"),
        ("a.ace", bytes(7) + b"**ACE**" + bytes(50), "archive-unknown"),
        ("a.zst", b"\x28\xb5\x2f\xfd" + bytes(50), "archive-unknown"),
        ("a.iso", bytes(40_000), "archive-unknown"),
        ("a.gz", made.gzipped(PAGE)[:-30], "archive-damaged"),
        ("a.tar", made.tarred(PLAIN)[:2_000], "archive-damaged"),
    ],
)
def test_what_cannot_be_read_is_said(name: str, data: bytes, code: str) -> None:
    found = observe(name, data)
    assert code in {defect.code for defect in found.defects}
    assert any(f"“{name}”" in sentence for sentence in found.not_evaluated)


def test_a_name_from_the_mail_is_shown_in_one_short_line() -> None:
    name = "x" * 300 + "\r\n\u202egpj.rar"
    reading = archive.read(AttachedFile(b"Rar!\x1a\x07", name, "", kinds.OTHER_ARCHIVE, "2"), Allowance())
    (sentence,) = reading.not_evaluated
    assert sentence.isprintable()
    assert len(sentence) < 250


BOMBS = {
    "zeros.zip": made.zipped({"0": bytes(64 << 20)}),
    "zeros.xz": made.xz_bomb(10 << 30),
    "zeros.bz2": bz2.compress(bytes(64 << 20)),
    "solid.7z": made.seven_zipped({"0": bytes(100 << 20)}),
    "stated.7z": made.seven_zipped({"0": bytes(1_000)}, stated=1 << 60),
    "members.gz": made.gzip_quine(),
    "nested.zip": made.nested_zip_bomb(10, 3),
    "overlapping.zip": made.overlapping_zip(10_000),
    "many.zip": made.zipped({f"{number}": b"" for number in range(3_000)}),
    "many.tar": made.tarred({f"{number}": b"" for number in range(3_000)}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_with_a_defect(name: str) -> None:
    found = observe(name, BOMBS[name])
    assert {defect.code for defect in found.defects} & {"archive-over-limit", "archive-damaged"}
    assert found.not_evaluated


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_gives_no_more_than_is_allowed(name: str) -> None:
    allowance = Allowance()
    reading = look(name, BOMBS[name], allowance)
    assert sum(len(member.data) for member in reading.members) <= MAX_BYTES
    assert len(reading.members) <= MAX_MEMBERS
    assert allowance.bytes_left >= 0


@pytest.mark.parametrize(
    ("name", "data"),
    [("loop.iso", made.disk_image(PLAIN, loop=True)), ("loop.img", made.udf_image(PLAIN, loop=True))],
)
def test_a_folder_that_holds_itself_is_read_once(name: str, data: bytes) -> None:
    assert members(look(name, data)) == PLAIN


def test_a_file_that_packs_itself_is_followed_to_the_limit_of_depth() -> None:
    inner = made.zipped(PLAIN)
    for _ in range(8):
        inner = made.zipped({"again.zip": inner})
    found = observe("again.zip", inner)
    assert not found.beacons
    assert "files-nested-too-deep" in {defect.code for defect in found.defects}


def test_what_a_page_carries_in_its_text_is_looked_into() -> None:
    for data, name in (
        (made.zipped(FILES), "2!plan.bin!letter/page.html"),
        (made.disk_image(FILES), "2!plan.bin.iso!letter/page.html"),
    ):
        encoded = base64.b64encode(data).decode()
        page = f'<a download="plan.bin" href="data:application/octet-stream;base64,{encoded}">plan</a>'
        found = observe("page.html", page.encode())
        assert {beacon.technique for beacon in found.beacons} == {"archive"}
        assert {beacon.part for beacon in found.beacons} == {name}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_damage_never_raises(name: str, data: st.DataObject) -> None:
    raw = bytearray(WHOLE[name])
    places = st.integers(0, len(raw) - 1)
    for at in data.draw(st.lists(places, max_size=8)):
        raw[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    kind = kinds.kind_of(WHOLE[name][: kinds.HEAD], name, "")
    for broken in (bytes(raw), bytes(raw[:cut])):
        reading = archive.read(AttachedFile(broken, name, "", kind, "2"), Allowance())
        assert len(reading.defects) == len(reading.not_evaluated)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=2_000), st.sampled_from(sorted(archive.KINDS)))
def test_noise_never_raises(data: bytes, kind: str) -> None:
    reading = archive.read(AttachedFile(data, "a", "", kind, "2"), Allowance())
    assert len(reading.defects) == len(reading.not_evaluated)
