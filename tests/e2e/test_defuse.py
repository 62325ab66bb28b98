"""`tocsin defuse` and `tocsin restore`, as a person runs them."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).parents[2]
MAIL = ROOT / "tests" / "samples" / "css-image" / "hit-sheet.eml"


def run(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "tocsin", *map(str, arguments)]
    return subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)


def test_mail_is_defused_and_comes_back(tmp_path: Path) -> None:
    out = tmp_path / "out.eml"
    told = run("defuse", MAIL, "-o", out, "--json")
    assert told.returncode == 0, told.stderr
    record = json.loads(told.stdout)
    jsonschema.validate(record, json.loads((ROOT / "docs/schemas/tocsin.defused-1.json").read_bytes()))
    assert {(one["what"], one["host"]) for one in record["changes"]} == {("style", "beacon[.]example")}
    assert b"beacon.example" not in out.read_bytes()
    sealed = Path(record["sealed"])
    assert sealed.name == "out.eml.tocsin-sealed"
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o600
    assert MAIL.read_bytes() not in sealed.read_bytes()
    back = tmp_path / "back.eml"
    assert run("restore", sealed, "-o", back).returncode == 0
    assert back.read_bytes() == MAIL.read_bytes()
    assert run("defuse", MAIL, "-o", out).returncode == 0  # the same again takes the same places


def test_standard_streams(tmp_path: Path) -> None:
    raw = MAIL.read_bytes()
    without = run("defuse", "-", given=raw)
    assert without.returncode == 2
    assert b"--sealed" in without.stderr
    sealed = tmp_path / "kept.tocsin-sealed"
    piped = run("defuse", "-", "--sealed", sealed, given=raw)
    assert piped.returncode == 0
    assert piped.stdout.startswith(b"X-Tocsin-Defused: ")
    assert run("restore", "-", "-o", "-", given=sealed.read_bytes()).stdout == raw


@pytest.mark.parametrize("damage", ["cut", "changed", "other"])
def test_damaged_seal_gives_nothing_back(tmp_path: Path, damage: str) -> None:
    sealed = tmp_path / "x.tocsin-sealed"
    run("defuse", "-", "--sealed", sealed, given=MAIL.read_bytes())
    data = sealed.read_bytes()
    sealed.write_bytes(
        {"cut": data[:-40], "changed": data.replace(b'"size":8', b'"size":7'), "other": b"hello"}[damage]
    )
    back = tmp_path / "back.eml"
    told = run("restore", sealed, "-o", back)
    assert told.returncode == 3
    assert b"x.tocsin-sealed: " in told.stderr
    assert not back.exists()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    out, sealed = tmp_path / "out.eml", tmp_path / "out.eml.tocsin-sealed"
    sealed.write_bytes(b"somebody's")
    told = run("defuse", MAIL, "-o", out)
    assert told.returncode == 2
    assert sealed.read_bytes() == b"somebody's"
    assert not out.exists()
    assert run("defuse", tmp_path / "missing.eml", "-o", out).returncode == 3
    assert run("defuse", "-", "-o", out, given=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest").returncode == 3


def test_what_is_left_is_said(tmp_path: Path) -> None:
    encrypted = (
        b"From: Tom Hadley <tom@weekly-observer.example>\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/encrypted; protocol=application/pgp-encrypted; boundary=x\n\n"
        b"--x\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n"
        b"--x\nContent-Type: application/octet-stream\n\n"
        b"-----BEGIN PGP MESSAGE-----\n\nhQ==\n-----END PGP MESSAGE-----\n--x--\n"
    )
    told = run("defuse", "-", "-o", tmp_path / "out.eml", given=encrypted)
    assert told.returncode == 3
    assert b"was left as it is" in told.stderr
