"""Workers can crash, hang or fail on a mail; the scan goes on and says so."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tocsin.app.observing import unobserved
from tocsin.app.spill import Row, SpillReader, StorageFailed, path_of
from tocsin.app.workers import Crew, WorkerFailed
from tocsin.model.observation import Observed
from tocsin.model.source import RawMail, ReadError


def mails(count: int, bad: dict[int, bytes] | None = None) -> list[RawMail]:
    return [RawMail(f"box#{n}", "box", (bad or {}).get(n, b"fine")) for n in range(count)]


def observe(mail: RawMail, without_attachments: str) -> Observed:
    if mail.raw.endswith(b" in an attachment") and without_attachments:
        return unobserved(mail, f"looked at without: {without_attachments}")
    if mail.raw.startswith(b"crash in"):
        os._exit(139)
    if mail.raw.startswith(b"hang in"):
        time.sleep(60)
    if mail.raw.startswith(b"raise in"):
        raise ValueError("not what was expected")
    if mail.raw == b"crash":
        os._exit(139)
    if mail.raw == b"hang":
        time.sleep(60)
    if mail.raw == b"noise":
        os.write(2, b"Fax4Decode: Bad code word at line 33\n")
    if mail.raw == b"raise":
        raise ValueError("not what was expected")
    return unobserved(mail, "looked at")


def make_observer() -> Callable[[RawMail, str], Observed]:
    return observe


def run(
    folder: Path, found: list[RawMail | ReadError], jobs: int = 1, limit_s: float = 30.0
) -> dict[str, str]:
    """What each mail's record says, by source."""
    crew = Crew(make_observer, folder, jobs, mail_time_s=limit_s)
    try:
        rows = [item for item in crew.run(iter(found)) if isinstance(item, Row)]
    finally:
        crew.close()
    reader = SpillReader(folder)
    said = {row.source: reader.read(row).not_evaluated[0] for row in rows}
    reader.close()
    assert len(said) == len(rows), "a mail was observed twice"
    return said


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_every_mail_is_observed_once(tmp_path: Path, jobs: int) -> None:
    said = run(tmp_path, list(mails(700)), jobs)
    assert len(said) == 700
    assert set(said.values()) == {"looked at"}


def test_a_crash_costs_one_mail(tmp_path: Path) -> None:
    said = run(tmp_path, list(mails(300, {0: b"crash", 57: b"crash", 299: b"crash"})), jobs=2)
    assert len(said) == 300
    assert sorted(source for source, text in said.items() if "ended the reading process" in text) == [
        "box#0", "box#299", "box#57",
    ]  # fmt: skip


def test_what_libraries_say_about_files_stays_off_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said = run(tmp_path, list(mails(3, {1: b"noise"})))
    os.write(2, b"our own\n")
    assert set(said.values()) == {"looked at"}
    assert capfd.readouterr().err == "our own\n"


def test_a_hang_costs_one_mail(tmp_path: Path) -> None:
    said = run(tmp_path, list(mails(40, {7: b"hang"})), limit_s=0.5)
    assert len(said) == 40
    assert "longer than 0.5 s" in said["box#7"]
    assert sum(text == "looked at" for text in said.values()) == 39


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (b"crash", "it ended the reading process"),
        (b"hang", "it took longer than 0.5 s"),
        (b"raise", "reading them failed (ValueError: not what was expected)"),
    ],
)
def test_a_hostile_attachment_costs_the_attachments(tmp_path: Path, what: bytes, reason: str) -> None:
    said = run(tmp_path, list(mails(40, {7: what + b" in an attachment"})), limit_s=0.5)
    assert len(said) == 40
    assert said["box#7"].startswith("looked at without: ")
    assert reason in said["box#7"]
    assert sum(text == "looked at" for text in said.values()) == 39


def test_an_exception_is_said_in_words(tmp_path: Path) -> None:
    said = run(tmp_path, list(mails(3, {1: b"raise"})))
    assert said["box#1"] == "Reading this mail failed (ValueError: not what was expected)"
    assert said["box#2"] == "looked at"


def test_errors_pass_through(tmp_path: Path) -> None:
    error = ReadError("truncated", "box", "cut off", 12)
    crew = Crew(make_observer, tmp_path, 1)
    try:
        items = list(crew.run(iter([error, *mails(2)])))
    finally:
        crew.close()
    assert error in items
    assert sum(isinstance(item, Row) for item in items) == 2


def fail_to_start() -> Callable[[RawMail, str], Observed]:
    raise RuntimeError("no lists")


def test_workers_that_cannot_start_end_the_scan(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    crew = Crew(fail_to_start, tmp_path, 1)
    try:
        with pytest.raises(WorkerFailed, match="RuntimeError: no lists"):
            list(crew.run(iter(mails(3))))
    finally:
        crew.close()
    assert capfd.readouterr().err == ""


def die_at_once() -> Callable[[RawMail, str], Observed]:
    os._exit(9)


def test_workers_that_die_at_once_end_the_scan(tmp_path: Path) -> None:
    crew = Crew(die_at_once, tmp_path, 2)
    try:
        with pytest.raises(WorkerFailed, match="again and again"):
            list(crew.run(iter(mails(300))))
    finally:
        crew.close()


def test_a_worker_killed_from_outside_costs_no_mail(tmp_path: Path) -> None:
    marker = tmp_path / "once"

    def die_once(mail: RawMail, without_attachments: str) -> Observed:
        if mail.source == "box#5" and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return observe(mail, without_attachments)

    crew = Crew(lambda: die_once, tmp_path, 1)
    try:
        rows = [item for item in crew.run(iter(mails(20))) if isinstance(item, Row)]
    finally:
        crew.close()
    reader = SpillReader(tmp_path)
    assert {reader.read(row).not_evaluated[0] for row in rows} == {"looked at"}
    assert sorted(row.source for row in rows) == sorted(mail.source for mail in mails(20))
    reader.close()


def test_one_mail_needs_one_worker(tmp_path: Path) -> None:
    run(tmp_path, list(mails(1)), jobs=4)
    assert len(list(tmp_path.glob("*.spill"))) == 2  # the worker's and the parent's


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs Linux's /dev/full")
def test_a_full_disk_ends_the_scan_and_says_where(tmp_path: Path) -> None:
    path_of(tmp_path, 1).symlink_to("/dev/full")
    crew = Crew(make_observer, tmp_path, 1)
    try:
        with pytest.raises(StorageFailed, match="No space left on device"):
            list(crew.run(iter(mails(3))))
    finally:
        crew.close()
