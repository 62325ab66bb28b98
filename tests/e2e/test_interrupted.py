"""Streams that close, disks that fill, signals that come: no traceback, no false alert, nothing lost or left behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.mailboxes import mail, mbox
from tests.e2e.running import GOOD, INTERRUPTED, UNREAD, WRONG_USE, Result, environment, good, run, scan
from tests.e2e.test_scan import records


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


def without_stream(descriptor: int, *arguments: str | Path, home: Path) -> Result:
    line = f'exec "$@" {descriptor}{"<" if descriptor == 0 else ">"}&-'
    return run(*arguments, home=home, prefix=("sh", "-c", line, "sh"))


@pytest.mark.parametrize("descriptor", [0, 1, 2])
@pytest.mark.parametrize("json", [True, False])
def test_closed_standard_streams(tmp_path: Path, home: Path, descriptor: int, json: bool) -> None:
    good(tmp_path)
    arguments = ["--json"] if json else []
    assert without_stream(descriptor, "scan", tmp_path, *arguments, home=home).returncode == 0


def test_no_standard_input(home: Path) -> None:
    assert without_stream(0, "scan", "-", home=home).returncode == UNREAD
    code, ids, errors = scan("-", home=home)
    assert (code, ids) == (UNREAD, [])
    assert "standard input" in errors[0]["text"].lower()


@pytest.mark.parametrize("arguments", [["--json"], [], ["--json", "--html", "page.html"]])
def test_a_reader_that_leaves_early(
    tmp_path: Path, home: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = mbox(tmp_path / "box.mbox", [mail(n, html="<p>x</p>") for n in range(400)])
    command = [sys.executable, "-m", "tocsin", "scan", str(path), *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home)
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        code = process.wait(timeout=60)
    assert code in (0, INTERRUPTED)
    assert b"Traceback" not in said
    assert b"Exception ignored" not in said
    assert not list((home / "cache" / "tocsin").glob("scan-*")), "nobody will go on with this"


needs_full = pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs Linux's /dev/full")


@needs_full
@pytest.mark.parametrize(("arguments", "code"), [(["--json"], INTERRUPTED), ([], UNREAD)])
def test_output_on_a_full_disk(tmp_path: Path, home: Path, arguments: list[str], code: int) -> None:
    good(tmp_path)
    with open("/dev/full", "wb") as full:
        result = run("scan", tmp_path, *arguments, home=home,
                     input=None, capture_output=False, stdout=full, stderr=subprocess.PIPE)  # fmt: skip
    assert result.returncode == code
    assert b"No space left on device" in result.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs root and the right to mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_for_observations(tmp_path: Path, home: Path, small_disk: Path) -> None:
    box = [mail(n, html=f'<img src="http://192.0.2.1/{n}">' * 20) for n in range(400)]
    path = mbox(tmp_path / "box.mbox", box)
    result = run("scan", path, home=home, env=environment(home) | {"XDG_CACHE_HOME": str(small_disk)})
    assert result.returncode == INTERRUPTED
    assert b"No space left on device" in result.stderr
    assert b"Make room" in result.stderr


def test_a_full_disk_for_the_page(tmp_path: Path, home: Path, small_disk: Path) -> None:
    good(tmp_path)
    (small_disk / "filler").write_bytes(bytes(256 * 1024 - 8192))
    page = small_disk / "page.html"
    result = run("scan", tmp_path / "zz-good.mbox", "--html", page, home=home)
    assert result.returncode == UNREAD
    assert b"page could not be written" in result.stderr
    assert b"no sign" in result.stdout
    assert [path.name for path in small_disk.iterdir()] == ["filler"]


def test_a_cache_that_cannot_be_written(tmp_path: Path, home: Path) -> None:
    good(tmp_path)
    closed = {"XDG_CACHE_HOME": "/proc/nowhere", "XDG_STATE_HOME": "/proc/nowhere", "HOME": "/proc/nowhere"}
    result = run("scan", tmp_path, "--json", home=home, env=environment(home) | closed)
    assert result.returncode == 0
    assert len(records(result.stdout)) == 2
    assert not list(home.glob("tocsin-*")), "observations were left behind"


def test_no_place_for_observations_at_all(tmp_path: Path, home: Path) -> None:
    good(tmp_path)
    closed = environment(home) | {"XDG_CACHE_HOME": "/proc/nowhere", "TMPDIR": "/proc/nowhere"}
    code = (
        "import tempfile, sys\ntempfile.tempdir = '/proc/nowhere'\nfrom tocsin.cli.main import main\nmain()\n"
    )
    result = subprocess.run([sys.executable, "-c", code, "scan", str(tmp_path)], capture_output=True, env=closed,
                            timeout=60, check=False)  # fmt: skip
    assert result.returncode == INTERRUPTED
    assert b"Traceback" not in result.stderr
    assert b"TMPDIR" in result.stderr


def test_the_page_never_overwrites_mail_or_devices(tmp_path: Path, home: Path) -> None:
    good(tmp_path)
    box = tmp_path / "zz-good.mbox"
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    before = box.read_bytes()
    for page in (box, other, pipe, Path("/dev/null"), tmp_path, Path("-")):
        assert run("scan", box, "--html", page, home=home).returncode == WRONG_USE
    assert box.read_bytes() == before
    assert other.read_text() == "mine"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_report_beside_the_mail_is_no_mail(tmp_path: Path, home: Path) -> None:
    good(tmp_path)
    page = tmp_path / "report.html"
    for _ in range(2):  # and is replaced
        assert run("scan", tmp_path, "--html", page, home=home).returncode == 0
    assert scan(tmp_path, home=home)[:2] == (0, GOOD)


def slow_mailbox(folder: Path, mails: int = 600) -> Path:
    body = "".join(f'<p style="background:url(http://192.0.2.1/{n})">word {n}</p>' for n in range(30))
    return mbox(folder / "box.mbox", [mail(n, html=body) for n in range(mails)])


def heed_interrupts() -> None:
    """A shell starts what it runs in the background with SIGINT ignored, nohup SIGHUP, and children inherit that."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def started(path: Path, home: Path, *more: str) -> subprocess.Popen[bytes]:
    """A scan that has begun to write observations."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "scan", str(path), "--json", "--jobs", "1", *more],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home),
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not any(file.stat().st_size for file in (home / "cache").rglob("*.spill")):
        assert process.poll() is None, "the scan was over before it could be disturbed"
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return process


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


needs_proc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@needs_proc
def test_an_interrupted_scan_says_so_and_goes_on(tmp_path: Path, home: Path, number: int) -> None:
    path = slow_mailbox(tmp_path, 1000)  # long enough that a busy machine delivers the signal before the end
    process = started(path, home)
    workers = children(process.pid)
    process.send_signal(number)
    output, said = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED
    assert output == b""
    assert said.decode().strip() == "Interrupted; run the same command again to go on."
    assert workers
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    kept = [file.stat().st_size for file in (home / "cache").rglob("*.spill")]
    assert any(kept)
    if number != signal.SIGINT:  # what is kept is the same for all of them
        return
    again = run("scan", path, "--json", "--jobs", "1", home=home)
    assert not list((home / "cache" / "tocsin").glob("scan-*"))
    whole = run("scan", path, "--json", home=home)
    assert again.stdout == whole.stdout
    assert again.returncode == whole.returncode


@needs_proc
def test_the_whole_group_gets_ctrl_c(tmp_path: Path, home: Path) -> None:
    path = slow_mailbox(tmp_path, 1000)
    process = subprocess.Popen(
        [sys.executable, "-m", "tocsin", "scan", str(path)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home), start_new_session=True,
        preexec_fn=heed_interrupts,
    )  # fmt: skip
    while not any((home / "cache").rglob("*.spill")):
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == INTERRUPTED
    assert said.count(b"\n") == 1
    assert b"Traceback" not in said


@needs_proc
def test_a_worker_that_is_killed_costs_nothing(tmp_path: Path, home: Path) -> None:
    path = slow_mailbox(tmp_path)
    process = started(path, home)
    (worker,) = children(process.pid)
    os.kill(worker, signal.SIGKILL)
    output, said = process.communicate(timeout=120)
    assert b"Traceback" not in said
    assert output == run("scan", path, "--json", home=home).stdout


@needs_proc
def test_workers_end_when_the_scan_is_killed(tmp_path: Path, home: Path) -> None:
    process = started(slow_mailbox(tmp_path), home)
    workers = children(process.pid)
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline, "a worker outlived the scan"
        time.sleep(0.05)


def test_a_file_that_grows_and_one_that_vanishes(tmp_path: Path, home: Path) -> None:
    path = slow_mailbox(tmp_path)
    late = tmp_path / "zzz.eml"
    late.write_bytes(mail(1))
    process = started(tmp_path, home)
    with path.open("ab") as file:
        file.write(b"From a@b.test Mon Jan 11 09:00:00 2021\n" + mail(9999))
    late.unlink()
    output, said = process.communicate(timeout=120)
    assert b"Traceback" not in said
    found = records(output)
    assert len([record for record in found if record["schema"] == "tocsin.mail/1"]) >= 600
