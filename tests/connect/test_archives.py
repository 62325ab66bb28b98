"""Archives and compressed files: the same mails as outside, bounded, damage told for the right member."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from tests.connect.makers import codes, mail, mbox, read, read_all, tarred, zipped
from tocsin.connect.limits import ReadLimits
from tocsin.connect.reread import reread

BOX = mbox([mail(1), mail(2, body=">From me"), mail(3)])
RAWS = [mail(1), mail(2, body="From me"), mail(3)]
MEMBERS = {
    "Takeout/Mail/All mail.mbox": BOX,
    "loose/a.eml": mail(4),
    "loose/b.html": b"<html>Hi</html>",
    "notes": b"x",
}
PACKED = {
    "gzip": gzip.compress(BOX, mtime=0),
    "gzip twice": gzip.compress(BOX[:150], mtime=0) + gzip.compress(BOX[150:], mtime=0) + bytes(64),
    "bzip2": bz2.compress(BOX),
    "xz": lzma.compress(BOX),
}
ARCHIVES = {
    "zip": zipped(MEMBERS),
    "zip, stored": zipped(MEMBERS, zipfile.ZIP_STORED),
    "zip, bzip2": zipped(MEMBERS, zipfile.ZIP_BZIP2),
    "tar": tarred(MEMBERS),
    "tar, gnu": tarred(MEMBERS, form=tarfile.GNU_FORMAT),
    "tar.gz": tarred(MEMBERS, "w:gz"),
    "tar.bz2": tarred(MEMBERS, "w:bz2"),
    "tar.xz": tarred(MEMBERS, "w:xz"),
}


@pytest.mark.parametrize("kind", sorted(PACKED))
@pytest.mark.parametrize("chunk", [100, 1 << 19])
def test_a_compressed_mailbox_reads_as_the_mailbox(tmp_path: Path, kind: str, chunk: int) -> None:
    path = tmp_path / "box"
    path.write_bytes(PACKED[kind])
    found = read(path, limits=ReadLimits(chunk_bytes=chunk))
    assert [one.raw for one in found] == RAWS
    assert [reread(one.source) for one in found] == RAWS
    assert found[1].source == f"{path}#@{BOX.index(b'From ann', 10)}"
    assert [one.raw for one in read("-", stdin=PACKED[kind])] == RAWS


@pytest.mark.parametrize("kind", sorted(ARCHIVES))
def test_members_of_an_archive_are_read_by_their_content(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "export"
    path.write_bytes(ARCHIVES[kind])
    mails, errors = read_all(path)
    assert [one.raw for one in mails] == [*RAWS, mail(4), MEMBERS["loose/b.html"]]
    assert [one.source.removeprefix(f"{path}#") for one in mails[3:]] == ["loose/a.eml", "loose/b.html"]
    assert mails[0].source == f"{path}#Takeout/Mail/All mail.mbox@0"
    assert {one.mailbox for one in mails} == {f"{path}#Takeout/Mail/All mail.mbox", f"{path}#loose"}
    assert (codes(errors), errors[0].text) == (["skipped-files"], "1 file is not mail: export#notes.")
    assert [reread(one.source) for one in mails] == [one.raw for one in mails]
    assert [one.raw for one in read_all("-", stdin=ARCHIVES[kind])[0]] == [one.raw for one in mails]


def test_long_and_odd_names_in_a_tar(tmp_path: Path) -> None:
    names = ["d/" * 90 + "a.eml", "é" * 80, "x" * 300]
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        path = tmp_path / str(form)
        path.write_bytes(tarred({name: mail(at) for at, name in enumerate(names)}, form=form))
        found = read(path)
        assert [one.source for one in found] == [f"{path}#{name}" for name in names]


def test_archives_in_archives_down_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "nested"
    data = zipped({"a.eml": mail()})
    for name in ("in.zip", "in.tgz"):
        data = zipped({name: data}) if name.endswith("zip") else tarred({name: data}, "w:gz")
    path.write_bytes(data)
    (found,) = read(path)
    assert found.source == f"{path}#in.tgz#in.zip#a.eml"
    assert reread(found.source) == mail()
    path.write_bytes(zipped({"out.zip": data, "b.eml": mail(2)}))
    mails, errors = read_all(path)
    assert [one.raw for one in mails] == [mail(2)]
    assert codes(errors) == ["archive-too-deep"]


def test_a_gzip_that_holds_itself_over_and_over_ends(tmp_path: Path) -> None:
    data = mail()
    for _ in range(8):
        data = gzip.compress(data, mtime=0)
    (tmp_path / "a").write_bytes(data)
    assert codes(read_all(tmp_path / "a")[1]) == ["archive-too-deep"]


def test_an_account_inside_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "backup.zip"
    members = {
        "ann/Inbox.mbox": BOX,
        "ann/Sent/1.eml": mail(5),
        "md/cur/1.host:2,S": mail(6),
        "md/.Sent/cur/2.host:2,": mail(7),
    }
    path.write_bytes(zipped(members))
    found = read(path)
    assert [
        (one.mailbox.removeprefix(str(path)), one.folder, one.outgoing, one.flags) for one in found[2:]
    ] == [
        ("#ann", "Inbox", False, ""),
        ("#ann", "Sent", True, ""),
        ("#md", "INBOX", False, "S"),
        ("#md", "Sent", True, "U"),
    ]


def test_names_that_climb_touch_no_file(tmp_path: Path) -> None:
    inside = tmp_path / "deep" / "er"
    inside.mkdir(parents=True)
    for maker in (zipped, tarred):
        path = inside / "evil"
        path.write_bytes(maker({"../../up.eml": mail(1), "/etc/abs.eml": mail(2), "C:\\x\\y.eml": mail(3)}))
        assert [one.raw for one in read(path)] == [mail(1), mail(2), mail(3)]
    assert sorted(found.name for found in tmp_path.rglob("*")) == ["deep", "er", "evil"]


def noise(seed: int) -> str:
    """Text that packs badly."""
    return " ".join(str(seed * at * 7919 % 104729) for at in range(1, 3000))


def streamed_zip(members: dict[str, bytes]) -> bytes:
    """A zip written to a pipe: sizes follow the data."""

    class Pipe:
        def __init__(self) -> None:
            self.data = bytearray()

        def write(self, data: bytes) -> int:
            self.data += data
            return len(data)

        def flush(self) -> None:
            pass

    pipe = Pipe()
    with zipfile.ZipFile(cast(BinaryIO, pipe), "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return bytes(pipe.data)


def test_a_zip_whose_sizes_follow_the_data_is_read_from_file_pipe_and_cut(tmp_path: Path) -> None:
    data = streamed_zip({"a.eml": mail(1), "box": BOX, "z.eml": mail(9)})
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    expected = [mail(1), *RAWS, mail(9)]
    assert [one.raw for one in read(path)] == expected
    assert [one.raw for one in read("-", stdin=data)] == expected
    path.write_bytes(data[: data.index(b"PK\x01\x02")])
    mails, errors = read_all(path)
    assert [one.raw for one in mails] == expected
    assert codes(errors) == ["truncated-archive"]


@pytest.mark.parametrize("kind", ["zip", "zip, stored", "tar", "tar.gz"])
def test_a_cut_archive_gives_what_came_before(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "cut"
    members = {f"{n}.eml": mail(n, body=noise(n)) for n in range(1, 6)}
    whole = zipped(members, zipfile.ZIP_STORED if "stored" in kind else 8) if "zip" in kind else b""
    whole = whole or tarred(members, "w:gz" if "gz" in kind else "w")
    path.write_bytes(whole[: len(whole) * 2 // 3])
    mails, errors = read_all(path)
    assert 2 <= len(mails) <= 4
    assert all(one.raw == members[one.source.rpartition("#")[2]] for one in mails[:-1])
    assert members[mails[-1].source.rpartition("#")[2]].startswith(mails[-1].raw)
    assert "truncated-archive" in codes(errors)
    assert all(error.offset is not None and error.source.startswith(str(path)) for error in errors)


@pytest.mark.parametrize("kind", sorted(PACKED))
def test_a_cut_or_damaged_compressed_mailbox_gives_what_came_before(tmp_path: Path, kind: str) -> None:
    mails = [mail(n, body=noise(n)) for n in range(1, 80)]
    data = bz2.compress(mbox(mails)) if kind == "bzip2" else gzip.compress(mbox(mails))
    if kind == "xz":
        data = lzma.compress(mbox(mails), preset=1)
    path = tmp_path / "box"
    path.write_bytes(data[: len(data) // 2])
    found, errors = read_all(path)
    assert codes(errors) == ["truncated-archive"]
    assert errors[0].offset == len(data) // 2
    if kind != "xz" and kind != "bzip2":
        assert [one.raw for one in found[:-1]] == mails[: len(found) - 1]
        assert len(found) > 20
    path.write_bytes(data[: len(data) // 2] + bytes(50) + data[len(data) // 2 + 50 :])
    found, errors = read_all(path)
    assert codes(errors) == ["damaged-archive"]


def test_a_wrong_checksum_costs_nothing_but_a_word(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.eml": mail(1), "b.eml": mail(2)}, zipfile.ZIP_STORED))
    data[data.index(b"Hello")] ^= 1
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    mails, errors = read_all(path)
    assert [one.raw for one in mails] == [mail(1).replace(b"Hello", b"Iello"), mail(2)]
    assert (codes(errors), errors[0].source) == (["damaged-archive"], f"{path}#a.eml")


def test_a_damaged_tar_header_costs_one_member(tmp_path: Path) -> None:
    data = bytearray(
        tarred({"a.eml": mail(1), "b.eml": mail(2), "c.eml": mail(3)}, form=tarfile.USTAR_FORMAT)
    )
    data[data.index(b"b.eml")] ^= 1
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    mails, errors = read_all(path)
    assert [one.raw for one in mails] == [mail(1), mail(3)]
    assert codes(errors) == ["damaged-archive"]


LIMITS = ReadLimits(ratio_floor_bytes=1 << 20, max_unpacked_bytes=8 << 20, chunk_bytes=1 << 16)


def bomb(size: int) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = mbox([mail(1)]) + b"From b@desk.example Tue Mar  5 10:00:00 2024\n" + mail(2)
    return (
        engine.compress(head)
        + b"".join(engine.compress(bytes(1 << 16)) for _ in range(size >> 16))
        + engine.flush()
    )


def test_bombs_are_stopped_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.gz").write_bytes(bomb(4 << 20))
    (tmp_path / "b.zip").write_bytes(zipped({"big.eml": mail(3, body=" " * (4 << 20)), "small.eml": mail(4)}))
    (tmp_path / "c.eml").write_bytes(mail(5))
    mails, errors = read_all(tmp_path, limits=LIMITS)
    assert codes(errors) == ["archive-bomb", "archive-bomb"]
    assert [one.raw for one in mails if len(one.raw) < 1000] == [mail(1), mail(4), mail(5)]
    assert sum(len(one.raw) for one in mails) < 4 << 20


def test_the_sum_of_what_is_unpacked_is_bounded(tmp_path: Path) -> None:
    noise = [mail(n, body=str(n) * 9000) for n in range(400)]
    (tmp_path / "a.gz").write_bytes(gzip.compress(mbox(noise)))
    mails, errors = read_all(tmp_path, limits=ReadLimits(max_unpacked_bytes=1 << 20, chunk_bytes=1 << 16))
    assert codes(errors) == ["archive-too-large"]
    assert 0 < len(mails) < 200


def test_overlapping_members_are_a_bomb(tmp_path: Path) -> None:
    data = zipped({f"{n}.eml": mail(n) for n in range(3)}, zipfile.ZIP_STORED)
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entries = data[start:end] * 300
    count = 900
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(entries), start, 0)
    (tmp_path / "a.zip").write_bytes(data[:start] + entries + tail)
    mails, errors = read_all(tmp_path / "a.zip")
    assert codes(errors) == ["archive-bomb"]
    assert len(mails) < count


def test_too_many_members(tmp_path: Path) -> None:
    for name, data in (
        ("zip", zipped({f"{n}": mail(n) for n in range(9)})),
        ("tar", tarred({"a": mail(), "b": mail(), "c": mail()})),
    ):
        (tmp_path / name).write_bytes(data)
        mails, errors = read_all(tmp_path / name, limits=ReadLimits(max_members=2))
        assert (len(mails), codes(errors)) == (2, ["archive-too-large"])


def test_protected_and_unsupported_members_are_said_once_for_the_archive(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.eml": mail(1), "b.eml": mail(2), "c.eml": mail(3), "d.eml": mail(4)}))
    for mark, flags, method in ((b"PK\x01\x02", 8, 10), (b"PK\x03\x04", 6, 8)):
        at = -1
        for number in range(4):
            at = data.index(mark, at + 1)
            if number < 2:
                data[at + flags] |= 1
            elif number == 2:
                struct.pack_into("<H", data, at + method, 9)
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    for mails, errors in (read_all(path), read_all("-", stdin=bytes(data))):
        assert [one.raw for one in mails] == [mail(4)]
        assert codes(errors) == ["password-protected", "unsupported-compression"]
        assert errors[0].text.startswith("2 members")
        assert "Deflate64" in errors[1].text


@pytest.mark.parametrize(
    "magic", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01\x00", b"\x28\xb5\x2f\xfd", bytes(32769) + b"CD001"]
)
def test_other_archives_are_said_with_advice(tmp_path: Path, magic: bytes) -> None:
    (tmp_path / "a").write_bytes(magic + bytes(3000))
    (tmp_path / "b.eml").write_bytes(mail())
    mails, errors = read_all(tmp_path)
    assert [one.raw for one in mails] == [mail()]
    assert codes(errors) == ["unsupported-archive"]
    assert "Unpack it" in errors[0].text


def test_sixty_four_bit_sizes_in_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive, archive.open("a.eml", "w", force_zip64=True) as member:
        member.write(mail())
    assert [one.raw for one in read(path)] == [mail()]
    assert [one.raw for one in read("-", stdin=path.read_bytes())] == [mail()]


def test_a_self_extracting_zip_is_not_mistaken_and_a_zip_in_a_folder_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a.exe").write_bytes(b"MZ" + bytes(500) + zipped({"a.eml": mail(1)}))
    (tmp_path / "b.bin").write_bytes(zipped({"b.eml": mail(2)}))
    mails, errors = read_all(tmp_path)
    assert [one.raw for one in mails] == [mail(2)]
    assert codes(errors) == ["skipped-files"]
