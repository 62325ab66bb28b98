"""Stores that cannot be used, or go away in mid-scan: said clearly, nothing lost, and the same command goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.mailboxes import OWNER, mail, mbox
from tests.e2e.running import ALERT, INTERRUPTED, WRONG_USE, environment
from tests.e2e.stores import BREAKING, RECON, content, keep, mailbox
from tests.e2e.test_zero_contact import contacts, needs_strace, traced
from tests.postgres_server import Server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs root and the right to mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_what_is_no_store_is_refused_and_not_touched(tmp_path: Path, home: Path) -> None:
    box = mailbox(tmp_path)
    text = tmp_path / "notes.txt"
    text.write_text("what I wrote down\n" * 500)
    before = box.read_bytes(), text.read_bytes()
    for store in (box, text, tmp_path, Path("/proc/nowhere/mail.db"), "ftp://store.example/x"):
        result = keep(box, store=store, home=home)
        assert result.returncode == WRONG_USE, store
        assert str(store).encode() in result.stderr
        assert not result.stdout
    assert (box.read_bytes(), text.read_bytes()) == before


def test_a_newer_store_and_a_lost_key(tmp_path: Path, home: Path) -> None:
    box, store = mailbox(tmp_path), tmp_path / "mail.db"
    assert keep(box, "--plain", store=store, home=home).returncode == ALERT
    newer = tmp_path / "newer.db"
    shutil.copyfile(store, newer)
    import sqlcipher3.dbapi2 as sqlite

    connection = sqlite.connect(str(newer))
    connection.execute("UPDATE meta SET value = '99' WHERE name = 'version'")
    connection.commit()
    connection.close()
    before = newer.read_bytes()
    result = keep(box, store=newer, home=home)
    assert result.returncode == WRONG_USE
    assert b"newer Tocsin" in result.stderr
    assert newer.read_bytes() == before
    sealed = tmp_path / "sealed.db"
    assert keep(box, store=sealed, home=home).returncode == ALERT
    (key,) = home.rglob("*.key")
    key.rename(tmp_path / "away")
    result = keep(box, store=sealed, home=home)
    assert result.returncode == WRONG_USE
    assert str(key).encode() in result.stderr
    (tmp_path / "away").rename(key)
    assert keep(box, store=sealed, home=home).returncode == ALERT


def test_a_full_disk(tmp_path: Path, home: Path, small_disk: Path) -> None:
    box = mbox(
        tmp_path / "box.mbox",
        [mail(n, html=RECON.format(n=n, who=OWNER), text=os.urandom(600).hex()) for n in range(300)],
    )
    store = small_disk / "mail.db"
    result = keep(box, store=store, home=home)
    assert result.returncode == INTERRUPTED
    assert b"disk is full" in result.stderr or b"No space left" in result.stderr
    assert b"Make room" in result.stderr
    subprocess.run(["mount", "-o", "remount,size=16m", str(small_disk)], check=True)
    result = keep(box, store=store, home=home)
    assert result.returncode != INTERRUPTED, result.stderr
    assert len(content_of(store, home)) == 300


def content_of(store: Path, home: Path) -> dict[tuple[str, str], tuple[object, ...]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        return content(store)


def test_a_store_that_may_only_be_read(tmp_path: Path, home: Path) -> None:
    """Run as another account where that is possible: root may write everywhere."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv")
    box, folder = mailbox(tmp_path), Path(tempfile.mkdtemp(prefix="tocsin-closed-"))
    try:
        assert keep(box, "--plain", store=folder / "mail.db", home=home).returncode == ALERT
        before = (folder / "mail.db").read_bytes()
        (folder / "mail.db").chmod(0o644)
        shutil.copyfile(box, folder / "box.mbox")
        folder.chmod(0o755)
        (folder / "own").mkdir()
        (folder / "own").chmod(0o777)
        prefix = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
        for store in (folder / "mail.db", folder / "new.db"):
            result = keep(
                folder / "box.mbox", "--plain", store=store, home=folder / "own", prefix=prefix, cwd=folder
            )
            assert result.returncode in (WRONG_USE, INTERRUPTED)
            assert str(store).encode() in result.stderr
        assert (folder / "mail.db").read_bytes() == before
        assert not (folder / "new.db").exists()
    finally:
        shutil.rmtree(folder)


def test_two_scans_at_once(tmp_path: Path, home: Path) -> None:
    """They take turns, and together keep what one scan of both would."""
    boxes = [mailbox(tmp_path, f"{n}.mbox", first=n * 10) for n in range(2)]
    store = tmp_path / "mail.db"
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tocsin", "scan", str(box), "--store", str(store), "--plain", "--json"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment(home),
        )
        for box in boxes
    ]  # fmt: skip
    for process in running:
        said = process.communicate(timeout=100)[1]
        assert process.returncode == ALERT, said
    keep(*boxes, store=tmp_path / "whole.db", home=home, env=environment(home) | {"TOCSIN_PLAIN": "1"})
    found, whole = content(store), content(tmp_path / "whole.db")
    assert {name: places for name, (places, *_) in found.items()} == {
        name: places for name, (places, *_) in whole.items()
    }
    assert all(verdict is not None for *_, verdict in found.values())


def test_a_team_s_store_that_goes_away_in_mid_scan(
    tmp_path: Path, home: Path, postgres: Server, postgres_url: str
) -> None:
    box = mailbox(tmp_path)
    assert keep(box, store=tmp_path / "whole.db", home=home, env=plainly(home)).returncode == ALERT
    for stage in ("storing", "judging"):
        try:
            ended = broken_by_server(stage, box, postgres_url, home, postgres)
            refused = keep(box, store=postgres_url, home=home)
        finally:
            postgres.start()
        assert ended.returncode in (INTERRUPTED, ALERT), ended.stderr  # what alarmed before outranks the end
        assert b"Traceback" not in ended.stderr
        assert b"Stopped: postgresql://" in ended.stderr
        assert refused.returncode == WRONG_USE
    result = keep(box, store=postgres_url, home=home)
    assert result.returncode == ALERT
    assert content(postgres_url) == content(tmp_path / "whole.db")


def plainly(home: Path) -> dict[str, str]:
    return environment(home) | {"TOCSIN_PLAIN": "1"}


def broken_by_server(
    stage: str, box: Path, url: str, home: Path, server: Server
) -> subprocess.CompletedProcess[bytes]:
    """A scan that stops itself at a moment; the server goes away meanwhile, and the scan goes on."""
    command = [sys.executable, "-c", BREAKING, stage, str(int(signal.SIGSTOP)), "4", "scan", str(box)]
    process = subprocess.Popen(
        [*command, "--store", url, "--json", "--jobs", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home), start_new_session=True,
    )  # fmt: skip
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    server.stop()
    process.send_signal(signal.SIGCONT)
    output, said = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, output, said)


@needs_strace
def test_a_scan_into_a_store_makes_no_network_call(tmp_path: Path, home: Path) -> None:
    trace = tmp_path / "trace"
    command = [
        sys.executable,
        "-m",
        "tocsin",
        "scan",
        str(mailbox(tmp_path)),
        "--store",
        str(tmp_path / "m.db"),
    ]
    result = traced([*command, "--json", "--jobs", "1"], trace)
    assert result.returncode == ALERT, result.stderr
    assert contacts(trace) == []
