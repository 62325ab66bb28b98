"""Nothing that Tocsin does with mail reaches the network: seen by the kernel, and with no network at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.mailboxes import phone_home_mailbox

SAMPLES = Path(__file__).parents[1] / "samples"
TOCSIN = [sys.executable, "-m", "tocsin"]
# Calls by which a process reaches others; socketpair and pipes between own processes are not among them.
CONTACT = re.compile(
    r"\b(socket|connect|bind|listen|accept4?|sendto|sendmsg|sendmmsg|recvfrom|recvmsg)\(([^)]*)"
)

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="needs strace (Debian package strace)"
)
needs_namespaces = pytest.mark.skipif(
    shutil.which("unshare") is None or os.geteuid() != 0,
    reason="needs root and unshare (Debian package util-linux)",
)


def traced(command: list[str], trace: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["strace", "-f", "-qq", "-e", "trace=%network", "-o", str(trace), *command],
        capture_output=True,
        timeout=120,
        check=False,
    )


def beacons_of(line: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(line).get("beacons", [])
    return found


def contacts(trace: Path) -> list[str]:
    return [line for line in trace.read_text().splitlines() if CONTACT.search(line)]


@needs_strace
def test_scan_makes_no_network_call(tmp_path: Path) -> None:
    mailbox = phone_home_mailbox(tmp_path)
    trace = tmp_path / "trace"
    result = traced([*TOCSIN, "scan", str(mailbox), "--json", "--html", str(tmp_path / "page.html")], trace)
    assert result.returncode in (0, 1), result.stderr.decode()
    assert b"beacons" in result.stdout
    assert contacts(trace) == []


@needs_strace
def test_no_sample_of_any_technique_makes_a_network_call(tmp_path: Path) -> None:
    """Documents, PDF files, pictures, archives and certificates meet libraries of their own."""
    trace = tmp_path / "trace"
    result = traced([*TOCSIN, "scan", str(SAMPLES), "--json", "--jobs", "1"], trace)
    assert result.returncode in (0, 1, 3), result.stderr.decode()
    found = {beacon["technique"] for line in result.stdout.splitlines() for beacon in beacons_of(line)}
    assert {"office", "pdf", "qr", "archive", "html-attachment", "certificate", "shortcut"} <= found
    assert contacts(trace) == []


@needs_strace
def test_the_trace_would_show_a_contact(tmp_path: Path) -> None:
    """A canary: the same tracing sees a process that does open a socket."""
    trace = tmp_path / "trace"
    traced([sys.executable, "-c", "import socket; socket.socket()"], trace)
    assert contacts(trace)


@needs_strace
def test_explain_makes_no_network_call(tmp_path: Path) -> None:
    mailbox = phone_home_mailbox(tmp_path)
    trace = tmp_path / "trace"
    traced([*TOCSIN, "explain", str(mailbox), "--json"], trace)
    assert contacts(trace) == []


@needs_namespaces
def test_scan_works_without_any_network(tmp_path: Path) -> None:
    """In an empty network namespace the result is the same as outside it."""
    mailbox = phone_home_mailbox(tmp_path)
    command = [*TOCSIN, "scan", str(mailbox), "--json", "--quiet"]
    outside = subprocess.run(command, capture_output=True, timeout=120, check=False)
    inside = subprocess.run(["unshare", "-n", *command], capture_output=True, timeout=120, check=False)
    assert outside.stdout
    assert inside.stdout == outside.stdout
    assert inside.returncode == outside.returncode


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "socket.getaddrinfo('tracker.example', 80)",
        "urllib.request.urlopen('http://192.0.2.1/', timeout=1)",
    ],
)
def test_the_guard_refuses(attempt: str) -> None:
    code = (
        "import socket, urllib.request\n"
        "from tocsin.app.scan import close_network\n"
        "print(close_network())\n"
        "try:\n"
        f"    {attempt}\n"
        "except OSError as error:\n"
        "    print('refused', error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "refused" in result.stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="seccomp is Linux's")
def test_the_guard_holds_against_native_code() -> None:
    """A library that goes past the interpreter is refused by the kernel."""
    code = (
        "import ctypes\n"
        "from tocsin.app.scan import close_network\n"
        "assert close_network() == 'kernel'\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.socket(2, 1, 0), ctypes.get_errno())\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout.split() == ["-1", "13"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="seccomp is Linux's")
def test_only_the_socket_of_a_store_stays_open() -> None:
    """What was connected before and is named still sends; another one, a new one and a worker do not."""
    code = (
        "import os, socket\n"
        "from tocsin.app.scan import close_network\n"
        "from tocsin.connect.guard import refuse_network\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "kept, other = (socket.create_connection(server.getsockname()) for _ in range(2))\n"
        "datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "close_network(keep=[kept.fileno()])\n"
        "def attempt(name, send):\n"
        "    try:\n"
        "        send()\n"
        "    except PermissionError:\n"
        "        print(name, 'refused', flush=True)\n"
        "    else:\n"
        "        print(name, 'sent', flush=True)\n"
        "attempt('kept', lambda: kept.send(b'x'))\n"
        "attempt('other', lambda: other.send(b'x'))\n"
        "attempt('datagram', lambda: datagrams.sendto(b'x', ('127.0.0.1', 9)))\n"
        "attempt('new', socket.socket)\n"
        "if os.fork() == 0:\n"
        "    refuse_network(programs_too=True)\n"
        "    attempt('worker', lambda: kept.send(b'x'))\n"
        "else:\n"
        "    os.wait()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert result.stdout.splitlines() == [
        "kept sent",
        "other refused",
        "datagram refused",
        "new refused",
        "worker refused",
    ]
