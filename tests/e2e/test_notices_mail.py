"""Notices by mail through a real relay: signed, encrypted on the way, never to the targeted mailbox alone."""

from __future__ import annotations

import datetime
import ipaddress
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import DNSName, IPAddress, SubjectAlternativeName

from tests import postfix_server
from tests.e2e.running import UNREAD, WRONG_USE, run
from tests.e2e.test_scan import records
from tests.mail.signers import certificate

pytestmark = pytest.mark.skipif(bool(postfix_server.missing()), reason=postfix_server.missing())
OFFICE = "office@desk.test"
NOBODY = 65534
_MORE = """
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {folder}/relay.key, {folder}/relay.pem
transport_maps = inline:{{ {{ gone@desk.test = error:5.1.1 nobody of that name }} }}
smtpd_reject_unlisted_recipient = no
smtpd_recipient_restrictions = check_recipient_access inline:{{refused@desk.test=REJECT}}, permit_mynetworks, reject
"""


class Office:
    """A store with drafted notices, the office's relay, and what was delivered."""

    def __init__(self, folder: Path, server: postfix_server.Server, people: dict[str, str]) -> None:
        self.folder = folder
        self.server = server
        self.people = people  # the person's first address by where notices for them go

    def tocsin(self, *arguments: str | Path, **more: Any) -> Any:
        config = ("--config", self.folder / "tocsin.toml")
        return run(*arguments, *config, home=self.folder, **more)

    def delivered(self) -> list[bytes]:
        self.server.wait_until_delivered()
        return [path.read_bytes() for path in sorted((self.server.folder / "mail/inbox/new").glob("*"))]

    def states(self) -> dict[str, str]:
        return {
            one["person"]: one["state"] for one in records(self.tocsin("notices", "list", "--json").stdout)
        }

    def notice(self, person: str) -> str:
        listed = records(self.tocsin("notices", "list", "--json").stdout)
        return str(next(one["id"] for one in listed if one["person"] == person))


@pytest.fixture(scope="module")
def office(scanned: Path) -> Iterator[Office]:
    # Not below pytest's folder: every run of pytest that starts meanwhile closes that to the account that delivers.
    folder = Path(tempfile.mkdtemp(prefix="tocsin-relay-"))
    folder.chmod(0o755)
    _certificates(folder)
    (folder / "mail").mkdir()
    os.chown(folder / "mail", NOBODY, NOBODY)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_DATA_HOME", str(folder / "data"))
        server = postfix_server.Server(folder, 0, transport="virtual", more=_MORE.format(folder=folder))
        server.start()
        try:
            yield _made(scanned, folder, server)
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)


def _certificates(folder: Path) -> None:
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    names = SubjectAlternativeName([DNSName("localhost"), IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.datetime.now(datetime.UTC)
    period: dict[str, Any] = {
        "start": now - datetime.timedelta(days=1),
        "end": now + datetime.timedelta(days=1),
    }
    relay = certificate("relay", key, more=((names, False),), **period)
    signer = certificate("office", own, address=OFFICE, **period)
    for name, one, private in (("relay", relay, key), ("office", signer, own)):
        (folder / f"{name}.pem").write_bytes(one.public_bytes(Encoding.PEM))
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.key").write_bytes(pem)
        (folder / f"{name}.key").chmod(0o600)


def _made(scanned: Path, folder: Path, server: postfix_server.Server) -> Office:
    shutil.copy(scanned / "p.db", folder / "p.db")
    people: dict[str, str] = {}

    text = (scanned / "ex/people.toml").read_text()
    (folder / "tocsin.toml").write_text(
        'store = "p.db"\npeople = "people.toml"\nrelay = "relay.toml"\noffice = "Help line of the exercise"\n'
    )
    (folder / "relay.toml").write_text(
        f'host = "127.0.0.1"\nport = {server.port}\nsecurity = "starttls"\nca_file = "relay.pem"\n'
        f'sender = "{OFFICE}"\ncertificate = "office.pem"\nkey = "office.key"\n'
    )
    (folder / "people.toml").write_text(text)
    made = Office(folder, server, people)
    wanted = max(
        records(made.tocsin("campaigns", "list", "--json").stdout), key=lambda one: len(one["people"])
    )
    hit = sorted(wanted["people"])
    for place, address in enumerate(("lena@desk.test", "refused@desk.test", "gone@desk.test", "")):
        people[address] = hit[place]
        known = f'addresses = ["{hit[place]}", "{address}"]' if address else f'addresses = ["{hit[place]}"]'
        text = re.sub(rf'addresses = \["{re.escape(hit[place])}"[^]]*\]', known, text)
        text = re.sub(rf"({re.escape(known)}\n)unpublished = .*\n", r"\1", text)
    (folder / "people.toml").write_text(text)
    assert made.tocsin("notify", wanted["id"]).returncode == 0
    for name in ("Ada", "Bo"):
        made.tocsin("analysts", "add", name, "--no-passphrase")
    assert made.tocsin("notices", "confirm", wanted["id"], "--as", "Ada").returncode == 0
    made.people["campaign"] = wanted["id"]
    return made


def test_what_is_not_approved_is_not_sent(office: Office) -> None:
    refused = office.tocsin("notices", "send", office.people["campaign"])
    assert refused.returncode == WRONG_USE
    assert b"nobody besides Ada has approved" in refused.stderr
    assert office.delivered() == []


def test_each_is_sent_once_signed_and_the_rest_is_said(office: Office) -> None:
    campaign = office.people["campaign"]
    assert office.tocsin("notices", "approve", campaign, "--as", "Bo").returncode == 0
    sent = office.tocsin("notices", "send", campaign)
    assert sent.returncode == UNREAD
    assert b"no address of this reader is known that the mails did not come to" in sent.stdout
    assert b"refused to refused@desk.test" in sent.stdout
    states = office.states()
    assert states[office.people["lena@desk.test"]] == "sent"
    assert states[office.people["refused@desk.test"]] == "refused"
    (raw,) = [one for one in office.delivered() if b"To: lena@desk.test" in one]
    parsed = message_from_bytes(raw, policy=policy.default)
    assert parsed.get_content_type() == "multipart/signed"
    text = parsed.get_payload(0).get_content()  # type: ignore[union-attr]
    assert text.startswith("EXERCISE")
    assert parsed["Subject"].startswith("EXERCISE: ")
    assert re.search(r"[2-9CFGHJKMPQRTVWX]{4}-[2-9CFGHJKMPQRTVWX]{4}", text)
    (office.folder / "mail.eml").write_bytes(raw)
    verified = subprocess.run(
        ["openssl", "cms", "-verify", "-in", "mail.eml", "-CAfile", "office.pem", "-purpose", "any"],
        cwd=office.folder,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert verified.returncode == 0, verified.stderr
    assert not any(b"nordfragen" in one and b"To: lena" not in one for one in office.delivered())
    again = office.tocsin("notices", "send", office.notice(office.people["lena@desk.test"]))
    assert again.returncode == WRONG_USE
    assert b"nobody is told twice" in again.stderr


def test_what_comes_back_is_noted_by_the_report_alone(office: Office) -> None:
    until_s = time.monotonic() + 90
    report = None
    while report is None and time.monotonic() < until_s:
        report = next((one for one in office.delivered() if b"delivery-status" in one), None)
        time.sleep(0.2)
    assert report is not None
    person = office.people["gone@desk.test"]
    assert office.states()[person] == "sent"
    (office.folder / "bounce.eml").write_bytes(report)
    assert office.tocsin("notices", "bounce", office.folder / "bounce.eml").returncode == 0
    assert office.states()[person] == "bounced"
    forged = re.sub(rb"\.[0-9a-f]{16}@", b".0123456789abcdef@", report)
    (office.folder / "forged.eml").write_bytes(forged)
    refused = office.tocsin("notices", "bounce", office.folder / "forged.eml")
    assert refused.returncode == WRONG_USE
    assert b"belongs to no notice" in refused.stderr


def test_an_answer_by_mail_proves_nothing(office: Office) -> None:
    (raw,) = [one for one in office.delivered() if b"To: lena@desk.test" in one]
    name = re.search(rb"Message-ID: (<[^>]+>)", raw)
    assert name is not None
    (office.folder / "answer.eml").write_bytes(
        b"From: somebody@attacker.example\r\nIn-Reply-To: "
        + name[1]
        + b"\r\n\r\nI have read it, thank you\r\n"
    )
    answered = office.tocsin("notices", "answer", office.folder / "answer.eml")
    assert answered.returncode == 0
    assert b"does not prove" in answered.stdout
    assert (
        b"answered" in office.tocsin("notices", "show", office.notice(office.people["lena@desk.test"])).stdout
    )


def test_a_relay_that_cannot_be_used_is_said(office: Office) -> None:
    good = (office.folder / "relay.toml").read_text()
    id = office.notice(office.people["refused@desk.test"])
    for text, words in (
        (good.replace('ca_file = "relay.pem"\n', ""), b"certificate"),
        (good.replace(f"port = {office.server.port}", "port = 1"), b"cannot be reached"),
        (good.replace('"office.key"', '"relay.key"'), b"is the key of another certificate"),
        (good.replace(OFFICE, "else@desk.test"), b"stands for office@desk.test"),
        (good.replace("host =", "hots ="), b"did you mean 'host'"),
        (good.replace('"starttls"', '"none"').replace("127.0.0.1", "mx.desk.test"), b"goes out encrypted"),
    ):
        (office.folder / "other.toml").write_text(text)
        refused = office.tocsin("notices", "send", id, "--relay", office.folder / "other.toml")
        assert refused.returncode == WRONG_USE
        assert words in refused.stderr, refused.stderr
    assert office.states()[office.people["refused@desk.test"]] == "refused"
