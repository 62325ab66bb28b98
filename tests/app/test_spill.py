"""Records survive a crash up to the frame that was being written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tocsin.app.observing import unobserved
from tocsin.app.spill import SpillReader, SpillWriter, path_of, rows_in
from tocsin.model.source import RawMail


def write(folder: Path, count: int) -> None:
    writer = SpillWriter(folder, 0)
    for number in range(count):
        writer.append(unobserved(RawMail(f"box#{number}", "box", b"raw"), f"reason {number}"))
    writer.close()


def test_records_come_back(tmp_path: Path) -> None:
    write(tmp_path, 5)
    rows = list(rows_in(tmp_path, 0))
    reader = SpillReader(tmp_path)
    assert [reader.read(row).not_evaluated for row in rows] == [(f"reason {n}",) for n in range(5)]
    reader.close()


@pytest.mark.parametrize("cut", [1, 3, 10, 60])
def test_a_cut_frame_ends_the_file_and_no_more(tmp_path: Path, cut: int) -> None:
    write(tmp_path, 5)
    path = path_of(tmp_path, 0)
    path.write_bytes(path.read_bytes()[:-cut])
    assert [row.source for row in rows_in(tmp_path, 0)] == [f"box#{n}" for n in range(4)]
    # What was cut off is gone: appending goes on after the last whole frame.
    writer = SpillWriter(tmp_path, 0)
    writer.append(unobserved(RawMail("box#new", "box", b"raw"), "new"))
    writer.close()
    assert [row.source for row in rows_in(tmp_path, 0)][-1] == "box#new"


def test_noise_is_no_record(tmp_path: Path) -> None:
    path_of(tmp_path, 0).write_bytes(b"\xff" * 100)
    assert list(rows_in(tmp_path, 0)) == []


def test_files_are_private(tmp_path: Path) -> None:
    write(tmp_path, 1)
    assert path_of(tmp_path, 0).stat().st_mode & 0o077 == 0
