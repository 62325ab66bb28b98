"""Tocsin beside its peers on the same mails, the same core, in one run: `python benchmarks/peers.py`.

Takes the mails from TOCSIN_CORPUS (a folder that holds dev/). Peers: the standard library with BeautifulSoup,
mail-parser, eml-parser (AGPL: a process and an environment of its own), rspamd and SpamAssassin (Debian packages,
network checks off). Runs as root on Debian, inside a network namespace with loopback only; what is missing is named
and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
PYTHON_PEERS = ("stdlib-bs4", "mail-parser", "eml-parser")
PACKAGES = ("beautifulsoup4", "lxml", "mail-parser", "eml-parser")
CORE, CLIENT_CORE = 0, 1


def main() -> int:
    options = arguments()
    corpus = os.environ.get("TOCSIN_CORPUS", "")
    if not Path(corpus, "dev").is_dir():
        sys.stderr.write("TOCSIN_CORPUS is not set to a folder that holds dev/; nothing was measured.\n")
        return 2
    if os.geteuid() == 0 and not options.inside and shutil.which("unshare"):
        peer_python(options.cache)  # downloads, so before the network goes
        return subprocess.call(
            ["unshare", "-n", sys.executable, __file__, *sys.argv[1:], "--inside"],
            env=os.environ | {"PYTHONHASHSEED": "0"},
        )
    if options.inside:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=False)
    with tempfile.TemporaryDirectory(prefix="tocsin-peers-") as name:
        work = Path(name)
        work.chmod(0o755)
        mails = single_mails(Path(corpus, "dev"), work / "mails")
        megabytes = sum(mail.stat().st_size for mail in mails) / 1e6
        print(f"{len(mails)} mails, {megabytes:.0f} MB; core {CORE}, {os.uname().machine}")
        for line in measure(mails, work, options):
            print(line, flush=True)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="times each fast program runs, in turn")
    parser.add_argument("--sample", type=int, default=2000, help="mails given to the Python peers")
    parser.add_argument("--slow-sample", type=int, default=400, help="mails given to the slow peers")
    parser.add_argument("--skip", action="append", default=[], help="a peer to leave out")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path.home() / ".cache" / "tocsin-peers",
        help="environment of the Python peers",
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def single_mails(folder: Path, into: Path) -> list[Path]:
    """Copy the files that are one mail each, so that every program is given the same."""
    into.mkdir()
    kept: list[Path] = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        data = path.read_bytes()
        head = data[:4096].lower()
        if (
            not data
            or data.startswith((b"From ", b"\xd0\xcf\x11\xe0", b"!BDN"))
            or b":" not in head.split(b"\n")[0]
        ):
            continue
        target = into / f"{len(kept):05d}.eml"
        target.write_bytes(data)
        kept.append(target)
    return kept


def measure(mails: list[Path], work: Path, options: argparse.Namespace) -> Iterator[str]:
    """Run everything and yield lines of the table as they are known."""
    fast: dict[str, Callable[[], float]] = {"tocsin scan --json --jobs 1": lambda: tocsin(work, 1, {CORE})}
    stop: list[Callable[[], None]] = []
    if "rspamd" not in options.skip:
        if shutil.which("rspamd"):
            from benchmarks.peer_servers import start_rspamd

            rspamd = start_rspamd(work, CORE)
            stop.append(rspamd.stop)
            fast["rspamd"] = lambda: rspamd.scan_all(mails, {CLIENT_CORE})
        else:
            yield "rspamd: not installed (Debian package rspamd); left out"
    try:
        results: dict[str, list[float]] = {name: [] for name in fast}
        for run in fast.values():  # warm caches, not counted
            run()
        for _ in range(options.rounds):
            for name, run in fast.items():
                results[name].append(len(mails) / run())
        for name, rates in results.items():
            yield row(name, rates, len(mails))
        if "rspamd" in results:
            ratios = [a / b for a, b in zip(*results.values(), strict=True)]
            yield f"tocsin / rspamd, round by round: {', '.join(f'{ratio:.2f}' for ratio in ratios)}"
    finally:
        for end in stop:
            end()
    both = os.sched_getaffinity(0)
    one, two = tocsin_observing(work, 1, both), tocsin_observing(work, min(2, len(both)), both)
    yield f"observing with two jobs / one: {one / two:.2f} ({len(mails) / one:.0f} and {len(mails) / two:.0f} msg/s)"
    python = peer_python(options.cache)
    for name in PYTHON_PEERS:
        if name in options.skip:
            continue
        sample = every_nth(mails, options.slow_sample if name == "eml-parser" else options.sample)
        yield row(name, [python_peer(python, name, sample, work)], len(sample))
    if "spamassassin" not in options.skip:
        if shutil.which("spamd"):
            from benchmarks.peer_servers import start_spamd

            spamd = start_spamd(work, CORE)
            try:
                sample = every_nth(mails, options.slow_sample)
                spamd.scan_all(sample[:20], {CLIENT_CORE})
                yield row("SpamAssassin", [len(sample) / spamd.scan_all(sample, {CLIENT_CORE})], len(sample))
            finally:
                spamd.stop()
        else:
            yield "SpamAssassin: not installed (Debian package spamd); left out"


def every_nth(mails: list[Path], wanted: int) -> list[Path]:
    """About so many mails, spread evenly."""
    return mails[:: max(1, len(mails) // wanted)]


def row(name: str, rates: list[float], mails: int) -> str:
    spread = f" ({min(rates):.0f} to {max(rates):.0f} in {len(rates)} runs)" if len(rates) > 1 else ""
    return f"{name:32} {statistics.median(rates):8.0f} msg/s{spread}, {mails} mails"


def tocsin(work: Path, jobs: int, cores: set[int]) -> float:
    """Seconds for the whole command, start-up included, its output written to a file."""
    command = [
        sys.executable,
        "-m",
        "tocsin",
        "scan",
        str(work / "mails"),
        "--json",
        "--quiet",
        "--jobs",
        str(jobs),
    ]
    with (work / "tocsin.jsonl").open("wb") as output:
        started = time.perf_counter()
        process = subprocess.run(
            command, stdout=output, check=False, preexec_fn=lambda: os.sched_setaffinity(0, cores)
        )
        seconds = time.perf_counter() - started
    if process.returncode not in (0, 1, 3):
        raise SystemExit(f"tocsin ended with {process.returncode}")
    return seconds


def tocsin_observing(work: Path, jobs: int, cores: set[int]) -> float:
    """Seconds of the first pass alone (reading and observing), best of three."""
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from tocsin.app.observing import observer_factory\n"
        "from tocsin.app.workers import Crew\n"
        "from tocsin.connect.files import read_mail\n"
        "crew = Crew(observer_factory(None), Path(sys.argv[2]), int(sys.argv[3]))\n"
        "started = time.perf_counter()\n"
        "count = sum(1 for _ in crew.run(read_mail([sys.argv[1]])))\n"
        "print(time.perf_counter() - started)\n"
        "crew.close()\n"
    )
    best = float("inf")
    for _ in range(3):
        with tempfile.TemporaryDirectory(dir=work) as spill:
            output = subprocess.run(
                [sys.executable, "-c", code, str(work / "mails"), spill, str(jobs)],
                capture_output=True,
                text=True,
                check=True,
                preexec_fn=lambda: os.sched_setaffinity(0, cores),
            ).stdout
        best = min(best, float(output))
    return best


def peer_python(cache: Path) -> Path:
    """The interpreter of the peers' own environment, made on first use."""
    python = cache / "bin" / "python"
    if not python.exists():
        venv.create(cache, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def python_peer(python: Path, name: str, mails: list[Path], work: Path) -> float:
    """Messages a second of one Python peer, in its own process on the one core; start-up not counted."""
    listing = work / "list.json"
    listing.write_text(json.dumps([str(mail) for mail in mails]))
    output = subprocess.run(
        [python, str(HERE / "peer_parsers.py"), name, str(listing)],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {CORE}),
    ).stdout
    return float(json.loads(output)["messages_per_s"])


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    sys.exit(main())
