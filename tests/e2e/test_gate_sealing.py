"""ARC around the gate: a seal made behind it holds for the mail as it was changed, one made before it does not.

The sealer is dkimpy, in the place where docs/signed-mail.md sets one up; the check is `tocsin explain --records`.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dkim  # type: ignore[import-untyped]
import pytest

from tests.e2e.running import run
from tests.mail_house import Gate
from tests.milter_client import MilterClient, mail_packets
from tests.observe.signed_mails import HEADERS, RECEIVED, key_record, pem, sealed, signed

OURS, PIXEL = "mx.house.example", b"t.outlet.example"
KEYS = "".join(
    key_record(f"{name}.")
    for name in ("k._domainkey.outlet.example", "a._domainkey.lists.example", f"a._domainkey.{OURS}")
)
PAGE = HEADERS + b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
BODY = b"<html><p>Good morning</p><img src='http://t.outlet.example/p.gif?id=9f8e7d6c5b4a3928' width=1></html>\r\n"
LETTER = signed(PAGE, BODY)
LISTED = sealed(LETTER, "lists.example", "arc=none; dkim=pass header.d=outlet.example; dmarc=pass")


@pytest.fixture(scope="module")
def gate() -> Iterator[Gate]:
    folder = Path(tempfile.mkdtemp(prefix="tocsin-s-"))
    made = Gate(
        folder, policy='[default]\ntracked = "defuse"\n[[rule]]\nfor = "@tag.test"\ntracked = "tag"\n'
    )
    made.start()
    yield made
    made.stop()
    shutil.rmtree(folder, ignore_errors=True)


def recorded(raw: bytes, results: str) -> bytes:
    """The mail as it leaves the filters that check, in front of the gate."""
    return f"Authentication-Results: {OURS}; {results}\r\n".encode() + RECEIVED + raw


def through(gate: Gate, raw: bytes, recipient: str) -> bytes:
    """The mail as it leaves the gate."""
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = re.split(rb"\r\n(?![ \t])", head)
    fields = [(name, value) for name, _, value in (line.partition(b":") for line in lines)]
    client = MilterClient(gate.socket)
    answer = client.send(
        mail_packets(
            "ann@outlet.example", [recipient], [(n, v.replace(b"\r\n", b"\n")) for n, v in fields], body
        )
    )
    client.close()
    assert answer.verdict == "a"
    after = answer.fields([(n, v.replace(b"\r\n", b"\n")) for n, v in fields])
    made = b"".join(name + b":" + value.replace(b"\n", b"\r\n") + b"\r\n" for name, value in after)
    return made + b"\r\n" + (answer.body if answer.body is not None else body)


def resealed(raw: bytes) -> bytes:
    """The mail as it leaves the sealer behind the gate, which takes up the results of this house."""
    sets: list[bytes] = dkim.arc_sign(raw, b"a", OURS.encode(), pem(), OURS.encode())
    assert sets
    return b"".join(sets) + raw


def checked(raw: bytes, folder: Path) -> dict[str, Any]:
    """What another house finds, which believes no results but its own and computes the rest."""
    (folder / "mail.eml").write_bytes(raw)
    (folder / "keys.txt").write_text(KEYS)
    given = ("--records", folder / "keys.txt", "--authserv-id", "mx.elsewhere.example")
    result = run("explain", folder / "mail.eml", *given, "--json", home=folder)
    sender: dict[str, Any] = json.loads(result.stdout)["sender"]
    return sender


@pytest.mark.parametrize(
    ("raw", "results", "stations"),
    [
        pytest.param(
            LETTER, "arc=none; dkim=pass header.d=outlet.example; dmarc=pass", 1, id="its first seal"
        ),
        pytest.param(
            LISTED, "arc=pass; dkim=pass header.d=outlet.example; dmarc=pass", 2, id="sealed by a list"
        ),
    ],
)
def test_a_seal_made_behind_the_gate_holds_for_the_changed_mail(
    raw: bytes, results: str, stations: int, gate: Gate, tmp_path: Path
) -> None:
    changed = through(gate, recorded(raw, results), "x@desk.test")
    assert PIXEL + b"/p.gif" not in changed
    final = resealed(changed)
    assert len(re.findall(rb"(?mi)^ARC-Seal:", final)) == stations
    sender = checked(final, tmp_path)
    assert sender["arc"] == "pass"
    assert sender.get("dkim", "") != "pass", "the sender's signature is of the mail as it was"


def test_seals_made_before_the_gate_hold_for_what_is_tagged_alone(gate: Gate, tmp_path: Path) -> None:
    before = sealed(RECEIVED + LETTER, OURS, "arc=none; dkim=pass header.d=outlet.example; dmarc=pass")
    assert checked(before, tmp_path)["arc"] == "pass"
    tagged, defused = through(gate, before, "x@tag.test"), through(gate, before, "x@desk.test")
    assert b"X-Tocsin-Verdict:" in tagged
    assert checked(tagged, tmp_path)["arc"] == "pass"
    assert checked(defused, tmp_path).get("arc", "") != "pass"


def test_a_sealer_that_checks_earlier_seals_behind_the_gate_breaks_the_chain(
    gate: Gate, tmp_path: Path
) -> None:
    changed = through(
        gate, recorded(LISTED, "arc=fail; dkim=fail"), "x@desk.test"
    )  # what such a one would find
    assert checked(resealed(changed), tmp_path)["arc"] == "fail"
