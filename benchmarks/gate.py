"""Measures the gate on a real Postfix: mails a second with and without it, and what it adds to each mail's wait.

    TOCSIN_CORPUS=/path/to/mail python -m benchmarks.gate [--mails 1000] [--connections 4] [--blocks 4] [--jobs N]
                                                          [--policy defuse|tag] [--generated] [--deliver] [--store]

Two Postfix of the benchmark's own, one with the gate as milter on a unix socket, take the same mails over a few
connections in turns; what they take is discarded, or with --deliver handed to a Dovecot by LMTP. Needs root and the
packages of Postfix (and Dovecot). Mails come from the corpus at random (seeded), or with --generated from
tests/mail_kinds.py. With --store the gate judges with a store and moves there what arrives. Latency is from the end of
DATA to its answer; what is added is paired, mail by mail. Prints tables as markdown.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import smtplib
import socket
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue

import msgspec
from tests import dovecot_server, postfix_server
from tests.e2e.running import run
from tests.mail_house import Gate
from tests.mail_kinds import kinds

POLICIES = {
    "defuse": '[default]\nalert = "defuse"\ntracked = "defuse"\nother = "tag"\n',
    "tag": '[default]\nalert = "tag"\ntracked = "tag"\nother = "tag"\n',
}
SIZES = ((0, 10_000), (10_000, 30_000), (30_000, 100_000), (100_000, 1_000_000), (1_000_000, 1 << 40))
LARGEST = 20_000_000


class Run(msgspec.Struct, frozen=True):
    """One pass over all mails: seconds in all, and by mail the seconds that its end of DATA waited (-1: refused)."""

    seconds: float
    waits_s: tuple[float, ...]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--mails", type=int, default=1000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--connections", type=int, default=4)
    options.add_argument("--blocks", type=int, default=4)
    options.add_argument("--policy", choices=POLICIES, default="defuse")
    options.add_argument("--jobs", type=int, default=3)
    options.add_argument("--generated", action="store_true")
    options.add_argument("--deliver", action="store_true")
    options.add_argument("--store", action="store_true")
    wanted = options.parse_args()
    if why := postfix_server.missing() or (dovecot_server.missing() if wanted.deliver else ""):
        sys.exit(why)
    mails = generated(wanted.mails) if wanted.generated else drawn(wanted.mails, wanted.seed)
    print(
        f"{len(mails)} mails, {sum(map(len, mails)) / len(mails):,.0f} bytes on average; "
        f"{wanted.connections} connections, {wanted.jobs} workers, policy {wanted.policy}, "
        f"queues and spool below {tempfile.gettempdir()}"
    )
    busy = f"{os.getloadavg()[0]:.1f}"
    runs, gate_cpu_s = measured(mails, wanted)
    passed = sum(len(run.waits_s) for run in runs["with"])
    print(f"load of the machine before and after: {busy}, {os.getloadavg()[0]:.1f}")
    print(f"processor time of the gate, its start included: {1000 * gate_cpu_s / passed:.1f} ms a mail")
    for table in (speeds(runs), *latencies(mails, runs)):
        print()
        for row in table:
            print(f"| {' | '.join(row)} |")


def drawn(count: int, seed: int) -> list[bytes]:
    """Mails of the corpus at random, as they would come by SMTP."""
    corpus = os.environ.get("TOCSIN_CORPUS")
    if not corpus:
        sys.exit("TOCSIN_CORPUS is not set: name a folder of mail, or take --generated")
    paths = sorted(Path(corpus).rglob("*.eml"))
    random.Random(seed).shuffle(paths)
    mails: list[bytes] = []
    for path in paths:
        raw = path.read_bytes()
        if raw.strip() and len(raw) < LARGEST:
            mails.append(smtplib._fix_eols(raw.decode("latin-1")).encode("latin-1"))  # type: ignore[attr-defined]
        if len(mails) == count:
            break
    return mails


def generated(count: int) -> list[bytes]:
    """Mails of many kinds, small ones for the most part."""
    return [kind.raw for kind in kinds(count)]


def measured(mails: list[bytes], wanted: argparse.Namespace) -> tuple[dict[str, list[Run]], float]:
    """Both servers in turns, and the seconds of processor time that the gate took."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-bg-"))
    folder.chmod(0o755)
    store = ("--store", folder / "mail.db") if wanted.store else ()
    gate = Gate(folder / "gate", "--jobs", str(wanted.jobs), *store, policy=POLICIES[wanted.policy])
    if wanted.store:  # of a few mails, so that there is one
        (folder / "few.eml").write_bytes(mails[0])
        run("scan", folder / "few.eml", *store, "--plain", "--quiet", home=folder / "gate")
    dovecot = dovecot_server.start(Path(tempfile.mkdtemp(prefix="tocsin-dc-"))) if wanted.deliver else None
    transport = "" if wanted.deliver else "discard:"
    port = dovecot.lmtp_port if dovecot is not None else 0
    servers = {
        "without": postfix_server.Server(folder / "plain", port, transport=transport),
        "with": postfix_server.Server(
            folder / "gated", port, transport=transport, milter=f"unix:{gate.socket}"
        ),
    }
    runs: dict[str, list[Run]] = {name: [] for name in servers}
    try:
        gate.start()
        for server in servers.values():
            server.start()
            one_pass(server, mails[:50], wanted.connections, 0)
        for block in range(wanted.blocks):
            for name in sorted(servers, reverse=bool(block % 2)):
                runs[name].append(one_pass(servers[name], mails, wanted.connections, 1 + block))
                servers[name].wait_until_delivered(600)
        if wanted.store:
            print(f"{gate.log().count(', the store')} mails were judged without the store")
        gate.log()
    finally:
        for server in servers.values():
            server.stop()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        gate.stop()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if dovecot is not None:
            dovecot.close()
        shutil.rmtree(folder, ignore_errors=True)
    return runs, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def one_pass(server: postfix_server.Server, mails: list[bytes], connections: int, number: int) -> Run:
    """Send all mails once, with a field of the pass: originals are not sealed already."""
    waits_s = [-1.0] * len(mails)
    queue: SimpleQueue[int] = SimpleQueue()
    for place in range(len(mails)):
        queue.put(place)

    def send(_: int) -> None:
        with server.smtp() as client:
            assert client.sock is not None
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.ehlo()
            while True:
                try:
                    place = queue.get_nowait()
                except Empty:
                    return
                raw = b"X-Pass: %d\r\n" % number + mails[place].replace(b"\r\n.", b"\r\n..")
                client.putcmd("MAIL FROM:<writer@outlet.example>")
                client.getreply()
                client.rcpt("one@desk.test")
                client.putcmd("DATA")
                client.getreply()
                client.send(raw if raw.endswith(b"\r\n") else raw + b"\r\n")
                start_s = time.perf_counter()
                client.send(b".\r\n")
                code, _text = client.getreply()
                if code == 250:
                    waits_s[place] = time.perf_counter() - start_s

    start_s = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(send, range(connections)))
    return Run(time.perf_counter() - start_s, tuple(waits_s))


def speeds(runs: dict[str, list[Run]]) -> list[tuple[str, ...]]:
    """Mails a second, and how many were refused."""
    table: list[tuple[str, ...]] = [("", "mails/s, each pass", "best", "refused"), ("---",) * 4]
    for name, passes in runs.items():
        rates = [len(run.waits_s) / run.seconds for run in passes]
        refused = sum(wait < 0 for run in passes for wait in run.waits_s)
        each = ", ".join(f"{rate:.0f}" for rate in rates)
        table.append((f"{name} the gate", each, f"{max(rates):.0f}", str(refused)))
    return table


def latencies(mails: list[bytes], runs: dict[str, list[Run]]) -> list[list[tuple[str, ...]]]:
    """Added wait by size: the median over passes of each mail with the gate, less that without."""
    added: list[tuple[int, float]] = []
    alone: list[tuple[int, float]] = []
    for place, raw in enumerate(mails):
        both = [
            [run.waits_s[place] for run in runs[name] if run.waits_s[place] >= 0]
            for name in ("with", "without")
        ]
        if all(both):
            middle = [sorted(waits)[len(waits) // 2] for waits in both]
            added.append((len(raw), middle[0] - middle[1]))
            alone.append((len(raw), middle[1]))
    table: list[tuple[str, ...]] = [
        ("size", "mails", "without p50", "added p50", "added p95", "added p99", "added most"),
        ("---",) * 7,
    ]
    for low, high in ((0, 100_000), *SIZES):
        here = sorted(wait for size, wait in added if low <= size < high)
        if not here:
            continue
        before = sorted(wait for size, wait in alone if low <= size < high)
        figures = [
            before[len(before) // 2],
            *(here[min(len(here) - 1, int(len(here) * q))] for q in (0.5, 0.95, 0.99, 1.0)),
        ]
        name = f"{low // 1000} to {high // 1000} kB" if high < 1 << 40 else f"from {low // 1000} kB"
        table.append((name, str(len(here)), *(f"{1000 * one:.1f} ms" for one in figures)))
    return [table]


if __name__ == "__main__":
    main()
