"""The memory's speed over synthetic mail: `python -m benchmarks.hunt [--mails N] [--encrypted] [--skip STEP ...]`.

Loads a store of SQLite, then asks it: 10,000 new exact indicators by the real hunt, LIKE, MATCHES and CIDR apart, one
new mail at a time against a million indicators, and DuckDB over the same rows. Each step is a process of its own, so
that its peak of memory is its own. `--minutes` ends the loading where time is short; the table says how far it came.
`--skip` leaves steps out. Ten million mails take some 22 GB, and making them takes longer than loading them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.hunt_world import World, check
from benchmarks.tables import Table, as_markdown
from tocsin.app.hunt import hunt_new
from tocsin.app.matcher import Matcher
from tocsin.hunt.digests import leading_digests
from tocsin.model.intel import Comparison, Indicator
from tocsin.model.stored import NewMail
from tocsin.store.interface import Store
from tocsin.store.sqlite_file import open_sqlite

BATCH = 5_000
BATCHES = 4  # made first, then loaded one behind the other
LATE = 25  # rounds of batches at the end whose rate is told apart
EXACT = 10_000
KNOWN = 100  # of the exact ones, that some mail shows
INTELLIGENCE = 1_000_000
NOW_S = 1_800_000_000.0
FORMS = (("host", "under"), ("host", "="), ("url", "="), ("hash", "="))


def main(arguments: list[str] | None = None) -> int:
    """Runs the steps and prints one table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hunt", description=__doc__.partition("\n")[0])
    parser.add_argument("--mails", type=int, default=1_000_000)
    parser.add_argument("--encrypted", action="store_true")
    parser.add_argument("--minutes", type=float, default=1e9, help="of loading, at most")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/hunt_bench"))
    parser.add_argument(
        "--skip", nargs="+", choices=sorted(set(STEPS) - {"load"}), default=(), metavar="STEP"
    )
    parser.add_argument("--step", choices=sorted(STEPS), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    os.environ["TOCSIN_KEY_FILE"] = str(options.folder / "key")
    if options.step:
        told = STEPS[options.step](options)
        told["rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(told), flush=True)
        return 0
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    rows: list[tuple[str, str, str]] = []
    try:
        for step in [step for step in STEPS if step not in options.skip]:
            told = run(step, options)
            rss = f"{told.pop('rss_mib', 0):.0f}"
            rows += [(what, figure, rss) for what, figure in told.items()]
            for what, figure in told.items():
                sys.stderr.write(f"{what}: {figure} ({rss} MiB)\n")
    finally:
        shutil.rmtree(options.folder, ignore_errors=True)
    title = "The memory's speed, " + ("encrypted" if options.encrypted else "plain")
    print(as_markdown(Table(title, ("what", "figure", "peak MiB"), tuple(rows))))
    return 0


def run(step: str, options: argparse.Namespace) -> dict[str, Any]:
    """What a step tells, run as a process of its own."""
    command = [sys.executable, "-m", "benchmarks.hunt", "--step", step, "--folder", str(options.folder)]
    command += ["--mails", str(options.mails), "--minutes", str(options.minutes)]
    command += ["--encrypted"] if options.encrypted else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        return {step: f"ended with {done.returncode}"}
    told: dict[str, Any] = json.loads(done.stdout)
    return told


# Steps ------------------------------------------------------------------------------------------------------


def load(options: argparse.Namespace) -> dict[str, Any]:
    """Keep mails, on the disk by the end of each round; making them is not timed."""
    world = World()
    check(world)
    store = open_sqlite(options.folder / "store", create=True, plain=not options.encrypted)
    mails = world.mails(0, 1 << 60)
    began = time.perf_counter()
    count = urls = 0
    spent = cpu = 0.0
    late: deque[tuple[int, float, float]] = deque(maxlen=LATE)
    chance = random.Random(3)
    known: list[tuple[str, str]] = []
    while count < options.mails and time.perf_counter() - began < options.minutes * 60:
        batches: list[list[NewMail]] = []
        for _ in range(BATCHES):
            batch = list(islice(mails, min(BATCH, options.mails - count - sum(len(one) for one in batches))))
            if not batch:
                break
            urls += sum(len(mail.observed.beacons) for mail in batch)
            mail = chance.choice(batch).observed
            known.append((mail.beacons[0].url, mail.sha256))
            batches.append(batch)
        start, start_cpu = time.perf_counter(), time.process_time()
        stored = sum(
            len(numbers) for numbers in store.add_all(batches, at_s=NOW_S)
        )  # all of it is on the disk when this ends
        took, took_cpu = time.perf_counter() - start, time.process_time() - start_cpu
        spent, cpu, count = spent + took, cpu + took_cpu, count + stored
        late.append((stored, took, took_cpu))
        if count % 500_000 < BATCH * BATCHES:
            sys.stderr.write(
                f"{count:,} mails, {count / spent:,.0f} mails/s, {count / cpu:,.0f} by processor time\n"
            )
    (options.folder / "known.json").write_text(json.dumps(chance.sample(known, min(len(known), KNOWN))))
    store.close()
    size = (options.folder / "store").stat().st_size
    late_count, late_s, late_cpu = (sum(one) for one in zip(*late, strict=True))
    return {
        f"mails stored (of {options.mails:,} wanted); URLs": f"{count:,}; {urls:,}",
        "bytes on disk, a mail": f"{size / 1e9:.2f} GB, {size / count:,.0f}",
        "loading, mails/s (by processor time)": f"{count / spent:,.0f} ({count / cpu:,.0f})",
        f"the last {late_count:,.0f}, mails/s (by processor time)": f"{late_count / late_s:,.0f}"
        f" ({late_count / late_cpu:,.0f})",
    }


def exact(options: argparse.Namespace) -> dict[str, Any]:
    """10,000 new indicators, and the same once more."""
    store = reopened(options)
    asked = exact_indicators(options)
    digests = [digest for one in asked for digest in leading_digests(one.pattern)]
    told = {"exact, find alone, s (first, then warm)": repeated(lambda: len(list(store.find(digests))), 4)}
    store.find([0])
    results = []
    told["10,000 exact indicators, hunt, s (first, then warm)"] = repeated(
        lambda: results.append(hunt_new(store, asked, now_s=NOW_S)), 4
    )
    told["hits (new at first, then)"] = ", ".join(f"{one.hits} ({one.new})" for one in results)
    store.close()
    return told


def searched(options: argparse.Namespace) -> dict[str, Any]:
    """What no digest leads to, one way at a time."""
    store = reopened(options)
    token = json.loads((options.folder / "known.json").read_text())[0][0].rpartition("/")[2][:12]
    told = {}
    for name, leaf in {
        "LIKE '%piece%' over all URLs": Comparison("url", "like", (f"%{token}%",)),
        "MATCHES with a literal over all URLs": Comparison(
            "url", "matches", (f"/o/[0-9a-f]+/{token}[0-9a-f]+",)
        ),
        "MATCHES without a literal over all hosts": Comparison("host", "matches", ("^[a-z]{9}-[0-9]{7}$",)),
        "CIDR": Comparison("ip", "cidr", ("203.0.113.0/24",)),
    }.items():
        one = Indicator(name, "bench", leaf, "written")
        hits: list[int] = []
        took = repeated(lambda one=one, hits=hits: hits.append(hunt_new(store, [one], now_s=NOW_S).hits), 2)  # type: ignore[misc]
        told[f"{name}, s (hits)"] = f"{took} ({hits[-1]})"
    store.close()
    return told


def one_mail(options: argparse.Namespace) -> dict[str, Any]:
    """One mail at a time against a million indicators."""
    store = reopened(options)
    started = time.perf_counter()
    given = strangers(random.Random(8), INTELLIGENCE)
    while batch := list(islice(given, 20_000)):
        store.add_indicators([(one, leading_digests(one.pattern)) for one in batch])
    rate = INTELLIGENCE / (time.perf_counter() - started)
    mails = [mail.observed for mail in islice(World(seed=9).mails(0, 1000), 2_000)]
    matcher = Matcher(store)
    times = []
    for mail in mails:
        start = time.perf_counter()
        matcher.hits([mail], NOW_S)
        times.append((time.perf_counter() - start) * 1000)
    cuts = quantiles(times[1000:], n=100)
    store.close()
    return {
        "adding indicators, a second": f"{rate:,.0f}",
        "one mail against 1 million, ms (median, 95th, 99th of 100)": f"{median(times[1000:]):.3f}, {cuts[94]:.3f},"
        f" {cuts[98]:.3f}",
    }


def duckdb_beside(options: argparse.Namespace) -> dict[str, Any]:
    """The same pairs in DuckDB, answered by a join."""
    import duckdb
    import numpy

    store: Any = reopened(options)
    database = duckdb.connect(str(options.folder / "pairs.duckdb"))
    database.execute("SET threads = 1; SET memory_limit = '400MB'")
    database.execute("CREATE TABLE shown (digest BIGINT, number BIGINT)")
    started = time.perf_counter()
    count = 0
    for digests, numbers in store._mails.shown.pairs():
        database.register("pairs", {"digest": numpy.asarray(digests), "number": numpy.asarray(numbers)})
        database.execute("INSERT INTO shown SELECT digest, number FROM pairs")
        count += len(digests)
    loaded = time.perf_counter() - started
    asked = [digest for one in exact_indicators(options) for digest in leading_digests(one.pattern)]
    wanted = numpy.array(sorted(set(asked)), dtype=numpy.int64)
    database.register("wanted", {"digest": wanted})
    sql = "SELECT digest, number FROM shown JOIN wanted USING (digest)"
    answers = []
    took = repeated(lambda: answers.append(sorted(database.execute(sql).fetchall())), 4)
    same = answers[-1] == sorted(store.find(asked))
    database.close()
    store.close()
    return {
        "pairs of digest and mail": f"{count:,}",
        "DuckDB, pairs loaded a second": f"{count / loaded:,.0f}",
        "DuckDB, exact by join, s (first, then warm)": took + ("" if same else " — ANSWERS DIFFER"),
    }


STEPS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "load": load,
    "exact": exact,
    "searched": searched,
    "duckdb": duckdb_beside,
    "one_mail": one_mail,
}


# Details ----------------------------------------------------------------------------------------------------


def reopened(options: argparse.Namespace) -> Store:
    return open_sqlite(options.folder / "store", plain=not options.encrypted)


def repeated(ask: Callable[[], object], times: int) -> str:
    """Seconds of each time."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        ask()
        took.append(f"{time.perf_counter() - start:.2f}")
    return ", ".join(took)


def exact_indicators(options: argparse.Namespace) -> list[Indicator]:
    """Domains, hosts, URLs and hashes, a hundred of them shown by some mail."""
    seen = json.loads((options.folder / "known.json").read_text())
    known = [
        Indicator(
            f"known-{place}", "bench", Comparison(kind, "=", (url if kind == "url" else sha256,)), "written"
        )
        for place, (url, sha256) in enumerate(seen)
        for kind in (("url", "hash")[place % 2],)
    ]
    return [*known, *strangers(random.Random(7), EXACT - len(known))]


def strangers(chance: random.Random, count: int) -> Iterator[Indicator]:
    """Exact indicators that no mail shows."""
    for place in range(count):
        kind, operator = FORMS[place % len(FORMS)]
        name = f"{chance.getrandbits(64):016x}"
        value = {
            "host": f"{name}.example",
            "url": f"https://{name}.example/{name}",
            "hash": f"{chance.getrandbits(256):064x}",
        }[kind]
        yield Indicator(f"i-{name}", "bench", Comparison(kind, operator, (value,)), f"written {value}")


if __name__ == "__main__":
    sys.exit(main())
