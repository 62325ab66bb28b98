"""DNS records that lie beside a mail: handed over with it, and never taken for mail or for a broken file."""

from __future__ import annotations

from pathlib import Path

from tests.connect.makers import codes, mail, read, read_all
from tocsin.connect.limits import MAX_RECORDS_BYTES
from tocsin.connect.reread import reread

RECORDS = b'outlet.example. TXT "v=spf1 -all"\n'


def test_records_beside_an_eml_come_with_it(tmp_path: Path) -> None:
    path = tmp_path / "x.eml"
    path.write_bytes(mail())
    assert read(path)[0].records == b""
    (tmp_path / "x.eml.dns").write_bytes(RECORDS)
    assert read(path)[0].records == RECORDS
    mails, errors = read_all(tmp_path)
    assert [one.records for one in mails] == [RECORDS]
    assert errors == []
    assert reread(mails[0].source) == mail()


def test_only_a_single_eml_has_records(tmp_path: Path) -> None:
    (tmp_path / "box.eml").write_bytes(b"From a@b.example Tue Mar  5 10:00:00 2024\n" + mail() + b"\n" + (
        b"From a@b.example Tue Mar  5 10:00:00 2024\n" + mail()
    ))  # fmt: skip
    (tmp_path / "box.eml.dns").write_bytes(RECORDS)
    (tmp_path / "other.txt").write_bytes(mail())
    (tmp_path / "other.txt.dns").write_bytes(RECORDS)
    assert {one.records for one in read(tmp_path)} == {b""}


def test_records_without_a_mail_are_no_broken_file(tmp_path: Path) -> None:
    (tmp_path / "gone.eml.dns").write_bytes(RECORDS)
    (tmp_path / "here.eml").write_bytes(mail())
    mails, errors = read_all(tmp_path)
    assert (len(mails), errors) == (1, [])


def test_records_that_are_too_large_or_no_file_are_said(tmp_path: Path) -> None:
    (tmp_path / "x.eml").write_bytes(mail())
    beside = tmp_path / "x.eml.dns"
    beside.write_bytes(b";" * (MAX_RECORDS_BYTES + 1))
    mails, errors = read_all(tmp_path / "x.eml")
    assert (mails[0].records, codes(errors)) == (b"", ["records-too-large"])
    beside.write_bytes(b";" * MAX_RECORDS_BYTES)
    assert len(read(tmp_path / "x.eml")[0].records) == MAX_RECORDS_BYTES
    beside.unlink()
    beside.mkdir()
    mails, errors = read_all(tmp_path / "x.eml")
    assert (len(mails), len(errors)) == (1, 1)
