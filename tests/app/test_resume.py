"""An interrupted scan goes on where it stopped, and only with mail that is still the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.e2e.mailboxes import mail, mbox

from tocsin.app.resume import WorkFolder, cache_folder
from tocsin.app.scan import Scan, ScanRequest
from tocsin.app.weights import load_weights
from tocsin.model.scan import Judged


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def request(path: Path) -> ScanRequest:
    return ScanRequest((str(path),), load_weights(), jobs=1)


def digests(scan: Scan) -> list[str]:
    return sorted(item.observed.sha256 for item in scan if isinstance(item, Judged))


def test_a_finished_scan_leaves_nothing(tmp_path: Path) -> None:
    path = mbox(tmp_path / "box.mbox", [mail(n) for n in range(3)])
    scan = Scan(request(path))
    assert len(digests(scan)) == 3
    scan.close()
    assert list(cache_folder().iterdir()) == []


def test_an_interrupted_scan_goes_on(tmp_path: Path) -> None:
    path = mbox(tmp_path / "box.mbox", [mail(n) for n in range(300)])
    first = Scan(request(path))
    items = iter(first)
    assert isinstance(next(items), Judged)  # all is observed, judging has begun
    first.close()
    kept = next(cache_folder().iterdir())
    assert kept.stat().st_mode & 0o077 == 0
    observed = sum(file.stat().st_size for file in kept.glob("*.spill"))

    second = Scan(request(path))
    assert len(digests(second)) == 300
    grown = sum(file.stat().st_size for file in kept.glob("*.spill"))
    second.close()
    assert grown == observed, "mails were observed again"
    assert list(cache_folder().iterdir()) == []


def test_a_changed_mailbox_is_read_anew(tmp_path: Path) -> None:
    path = mbox(tmp_path / "box.mbox", [mail(n) for n in range(5)])
    first = Scan(request(path))
    next(iter(first))
    first.close()
    mbox(path, [mail(n, text="changed") for n in range(6)])
    second = Scan(request(path))
    assert len(digests(second)) == 6
    second.close()


def test_two_scans_of_one_mailbox_do_not_share_a_folder(tmp_path: Path) -> None:
    path = str(mbox(tmp_path / "box.mbox", [mail(1)]))
    first, second = WorkFolder([path]), WorkFolder([path])
    assert first.path != second.path
    assert not second.resumable
    first.remove()
    second.remove()


def test_standard_input_is_never_kept() -> None:
    work = WorkFolder(["-"])
    assert not work.resumable
    work.remove()
    assert not work.path.exists()
