"""What tests of stores share: what a store holds, and scans that end at a moment of one's choice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from tests.e2e.mailboxes import OWNER, mail, mbox
from tests.e2e.running import Result, environment, run
from tocsin.app.memory import open_store

RECON = '<p>Hello</p><img src="http://b.strange-{n}.test/p.gif?u={who}" width="1" height="1">'

# Runs the command line in a process that ends itself by a signal: when the Nth mail is read ("reading"), kept
# ("storing") or judged ("judging"). Batches are small, so that some are whole.
BREAKING = """
import os, signal, sys
stage, signal_number, at = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
sys.argv = ["tocsin", *sys.argv[4:]]
from tocsin.app import keeping, rejudging, scan, workers
keeping._BATCH = rejudging._BATCH = 2
workers.BATCH_MAILS = 1
passed = 0
def count():
    global passed
    passed += 1
    if passed == at:
        os.kill(os.getpid(), signal_number)
def counted(function):
    def generator(*arguments):
        for item in function(*arguments):
            count()
            yield item
    return generator
if stage == "reading":
    scan.Scan._observe = counted(scan.Scan._observe)
elif stage == "judging":
    rejudging.Rejudging.judged = counted(rejudging.Rejudging.judged)
elif stage == "storing":
    derive = keeping.observables
    keeping.observables = lambda mail: (count(), derive(mail))[1]
signal.signal(signal.SIGINT, signal.default_int_handler)
from tocsin.cli.main import main
main()
"""


def mailbox(
    folder: Path, name: str = "inbox.mbox", *, first: int = 0, mails: int = 7, **headers: str
) -> Path:
    """Some mails, every second with a hidden picture at a stranger's host."""
    return mbox(
        folder / name,
        [
            mail(
                n,
                **(
                    {
                        "html": RECON.format(n=n, who=headers.get("To", OWNER)),
                        "From": f"Desk <d{n}@desk-{n}.test>",
                    }
                    if n % 2
                    else {}
                ),
                **headers,
            )
            for n in range(first, first + mails)
        ],
    )


def keep(*arguments: str | Path, store: str | Path, home: Path, **more: Any) -> Result:
    """Scan into a store, with JSON on standard output."""
    return run("scan", *arguments, "--store", str(store), "--json", "--jobs", "1", home=home, **more)


def broken(
    stage: str, number: signal.Signals, at: int, *arguments: str | Path, home: Path
) -> subprocess.CompletedProcess[bytes]:
    """Scan, and be ended by a signal."""
    command = [
        sys.executable,
        "-c",
        BREAKING,
        stage,
        str(int(number)),
        str(at),
        "scan",
        *map(str, arguments),
    ]
    return subprocess.run(
        command, capture_output=True, env=environment(home), timeout=60, check=False, start_new_session=True
    )


def content(url: str | Path) -> dict[tuple[str, str], tuple[Any, ...]]:
    """By SHA-256 and owner: the places of a mail, its record and its standing verdict."""
    store = open_store(str(url))
    try:
        standing = {one.number: msgspec.to_builtins(one.verdict) for one in store.standing()}
        return {
            (row.sha256, row.owner): (
                sorted(store.occurrences(row.number)),
                msgspec.to_builtins(store.read(row.number)),
                standing.get(row.number),
            )
            for row in list(store.rows())
        }
    finally:
        store.close()


def versions(url: str | Path) -> dict[str, list[tuple[str, bool]]]:
    """By SHA-256, the reasons of a mail's versions, and whether they were made without the mail."""
    store = open_store(str(url))
    try:
        return {
            row.sha256: [(one.reason, one.partial) for one in store.verdicts(row.number)]
            for row in list(store.rows())
        }
    finally:
        store.close()


def opinions(url: str | Path) -> dict[tuple[str, str], tuple[Any, ...]]:
    """By SHA-256 and owner: what makes an opinion on a mail, which the last digits of a likelihood do not."""
    return {
        name: (
            places,
            record,
            verdict["class"],
            verdict["band"],
            verdict["alert"],
            sorted(reason["detector"] for reason in (*verdict["for"], *verdict["against"])),
        )
        for name, (places, record, verdict) in content(url).items()
    }
