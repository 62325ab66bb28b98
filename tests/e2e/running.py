"""Runs tocsin as a user does, in a home of its own, and holds what no run may do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e.mailboxes import mail, mbox
from tests.e2e.test_scan import check_schema, records

ALERT, WRONG_USE, UNREAD, INTERRUPTED = 1, 2, 3, 4
MIB = 1024 * 1024
ESCAPES = ("\x1b", "\x9b", "\u202e", "\u2066", "\x07")

Result = subprocess.CompletedProcess[bytes]

_MEASURING = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
sys.stderr.write(f"peak {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}\\n")
sys.exit(code)
"""
# Runs a command and tells on standard error what memory its largest process took; what other tests ran does not count.
MEASURED = (sys.executable, "-c", _MEASURING)


def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "TMPDIR": str(home),
    }


def run(
    *arguments: str | bytes | Path, home: Path, stdin: bytes = b"", prefix: tuple[str, ...] = (), **more: Any
) -> Result:
    """Run tocsin; no run may ever show a traceback, and every record must keep its schema."""
    command = [*prefix, sys.executable, "-m", "tocsin", *arguments]
    options: dict[str, Any] = {"input": stdin, "capture_output": True, "env": environment(home)} | more
    result: Result = subprocess.run(command, timeout=120, check=False, **options)
    assert b"Traceback" not in (result.stderr or b""), result.stderr.decode(errors="replace")
    assert b"Exception ignored" not in (result.stderr or b"")
    if "--json" in arguments and result.stdout:
        for record in records(result.stdout)[:20]:
            check_schema(record)
    return result


def peak_kib(result: Result) -> int:
    """What the largest process of a command took that was run with MEASURED before it."""
    word, number = result.stderr.split()[-2:]
    assert word == b"peak"
    return int(number)


def scan(*paths: str | bytes | Path, home: Path, **more: Any) -> tuple[int, list[str], list[dict[str, Any]]]:
    """Exit code, message ids of the mails that were read, and errors."""
    result = run("scan", *paths, "--json", home=home, **more)
    found = records(result.stdout)
    errors = [record for record in found if record["schema"] == "tocsin.error/1"]
    for error in errors:
        assert len(error["text"]) > 20, "says too little"
    ids = sorted(record["message_id"] for record in found if record["schema"] == "tocsin.mail/1")
    return result.returncode, ids, errors


def good(folder: Path, count: int = 2) -> None:
    """A mailbox that must be read whatever lies beside it."""
    mbox(folder / "zz-good.mbox", [mail(n) for n in range(count)])


GOOD = ["0@news-desk.test", "1@news-desk.test"]
