"""Signatures, records and named servers by the command line, as an operator uses them; nothing reaches the network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.mailboxes import mail
from tests.e2e.running import run
from tests.e2e.test_zero_contact import TOCSIN, contacts, needs_strace, traced
from tests.observe.signed_mails import RECEIVED, key_record, sealed, signed

RECORDS = (
    key_record("k._domainkey.outlet.example.")
    + key_record("a._domainkey.lists.example.")
    + '_dmarc.outlet.example. 300 IN TXT "v=DMARC1; p=reject"\n'
    + 'outlet.example. 300 IN TXT "v=spf1 a:out.outlet.example -all"\nout.outlet.example. A 192.0.2.7\n'
)
MAIL = b"Return-Path: <ann@outlet.example>\r\n" + RECEIVED + signed()


def judged(path: str | Path, *arguments: str | Path, home: Path) -> list[dict[str, Any]]:
    """What `explain` tells of a mail."""
    result = run("explain", path, *arguments, "--json", home=home)
    assert result.returncode in (0, 1), result.stderr.decode()
    return [json.loads(line) for line in result.stdout.splitlines()]


def results(record: dict[str, Any]) -> tuple[str, str, str]:
    sender = record["sender"]
    return sender.get("spf", ""), sender.get("dkim", ""), sender.get("dmarc", "")


def test_records_from_a_file_and_from_beside_the_mail(tmp_path: Path) -> None:
    folder, home = tmp_path / "mails", tmp_path / "home"
    folder.mkdir()
    (folder / "x.eml").write_bytes(MAIL)
    assert results(judged(folder / "x.eml", home=home)[0]) == ("", "", "")
    file = tmp_path / "records.txt"
    file.write_text(RECORDS)
    assert results(judged(folder / "x.eml", "--records", file, home=home)[0]) == ("pass", "pass", "pass")
    (folder / "x.eml.dns").write_text(RECORDS)
    assert results(judged(folder / "x.eml", home=home)[0]) == ("pass", "pass", "pass")


def test_a_bad_line_is_said_before_anything_is_read(tmp_path: Path) -> None:
    file = tmp_path / "records.txt"
    file.write_text('outlet.example. TXT "v=spf1 -all"\noutlet.example. TXT "open\n')
    (tmp_path / "x.eml").write_bytes(MAIL)
    result = run("scan", tmp_path / "x.eml", "--records", file, home=tmp_path / "home")
    assert result.returncode == 2
    assert b"line 2" in result.stderr
    assert b"not closed" in result.stderr
    result = run("scan", tmp_path / "x.eml", "--records", tmp_path / "none", home=tmp_path / "home")
    assert result.returncode == 2


def test_named_servers_alone_are_believed(tmp_path: Path) -> None:
    (tmp_path / "x.eml").write_bytes(
        b"Authentication-Results: mx.house.example; dmarc=pass header.from=outlet.example\r\n" + MAIL
    )
    home = tmp_path / "home"
    path = tmp_path / "x.eml"
    assert results(judged(path, "--authserv-id", "mx.house.example", home=home)[0])[2] == "pass"
    assert results(judged(path, "--authserv-id", "mx.other.example", home=home)[0])[2] == ""


def test_the_mailboxs_own_server_is_learnt(tmp_path: Path) -> None:
    def arrived(number: int, server: str) -> bytes:
        received = f"from out.example ([192.0.2.9]) by {server}; {11 + number % 12} Jan 2021 09:30:00 +0000"
        return mail(
            number,
            Received=received,
            **{"Authentication-Results": f"{server}; dmarc=pass header.from=news-desk.test"},
        )

    folder, home = tmp_path / "mails", tmp_path / "home"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number}.eml").write_bytes(arrived(number, "mx.parliament.example"))
    (folder / "40.eml").write_bytes(arrived(40, "mx.forged.example"))

    def dmarc(message_id: str) -> str:
        return results(judged(message_id, "--in", folder, home=home)[0])[2]

    assert dmarc("7@news-desk.test") == "pass"
    assert dmarc("40@news-desk.test") == ""


@needs_strace
def test_verification_makes_no_network_call(tmp_path: Path) -> None:
    (tmp_path / "x.eml").write_bytes(sealed(MAIL, "lists.example", "arc=none; dmarc=pass"))
    (tmp_path / "x.eml.dns").write_text(RECORDS)
    trace = tmp_path / "trace"
    result = traced([*TOCSIN, "explain", str(tmp_path / "x.eml"), "--json"], trace)
    assert b'"pass"' in result.stdout
    assert contacts(trace) == []
