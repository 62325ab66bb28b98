"""Mail goes in by SMTP, through the gate, and out by LMTP; what arrives is read by IMAP."""

from __future__ import annotations

import email
import email.policy
import hashlib
import mailbox
import re
import smtplib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from itertools import islice
from pathlib import Path

import pytest

from tests import mail_house
from tests.e2e.running import run
from tests.mail_kinds import Kind, kinds
from tocsin.app.lists import Lists
from tocsin.app.observing import observer_factory
from tocsin.model.source import RawMail

pytestmark = pytest.mark.skipif(bool(mail_house.missing()), reason=mail_house.missing())
BY_ITSELF = {"receipt", "open", "reply", "print"}
MAILS = 500

# Who gets the n-th mail, and what the strictest policy among them asks for where it would act.
READERS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("one@desk.test",), "defuse"),
    (("two@desk.test",), "defuse"),
    (("one@house.test",), "tag"),
    (("one@desk.test",), "defuse"),
    (("two@house.test", "two@desk.test"), "defuse"),
    (("one@desk.test",), "defuse"),
    (("untouched@desk.test",), "pass"),
    (("one@house.test",), "tag"),
    (("one@hold.test",), "quarantine"),
    (("two@house.test", "three@house.test"), "tag"),
    (("three@house.test", "three@desk.test", "two@hold.test"), "quarantine"),
    (("untouched@desk.test", "one@house.test"), "tag"),
    (("untouched@desk.test", "two@house.test", "two@desk.test"), "defuse"),
)


@pytest.fixture(scope="module")
def house() -> Iterator[mail_house.House]:
    with mail_house.house(config='authserv_id = "mx.desk.test"\n') as found:
        yield found


def expected(kind: Kind, place: int) -> tuple[tuple[str, ...], str]:
    readers, action = READERS[place % len(READERS)]
    if kind.acts:
        return readers, action
    return readers, "pass" if action == "pass" else "tag"


def fields(message: EmailMessage, name: str) -> list[str]:
    return [str(value) for value in message.get_all(name, [])]


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.SMTP)


def body(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2].rstrip(b"\n")  # SMTP ends the last line


def test_five_hundred_mails_arrive_once_and_as_policy_says(house: mail_house.House) -> None:
    mails = kinds(MAILS)
    wanted: dict[tuple[str, str], tuple[Kind, str]] = {}
    held = 0

    def send(start: int) -> None:
        with house.postfix.smtp() as client:
            for place in range(start, MAILS, 4):
                kind = mails[place]
                readers, _ = expected(kind, place)
                client.sendmail(
                    "writer@outlet.example", list(readers), kind.raw, mail_options=["BODY=8BITMIME"]
                )

    with ThreadPoolExecutor(4) as senders:
        list(senders.map(send, range(4)))
    for place, kind in enumerate(mails):
        readers, action = expected(kind, place)
        held += action == "quarantine"
        for reader in readers if action != "quarantine" else ():
            wanted[reader, kind.message_id] = kind, action
    house.postfix.wait_until_delivered()

    observe = observer_factory(Lists())()
    arrived: Counter[tuple[str, str]] = Counter()
    for reader in {reader for reader, _ in wanted}:
        for raw in house.mailbox(reader):
            message = parsed(raw)
            key = reader, str(message["Message-ID"])
            arrived[key] += 1
            kind, action = wanted[key]
            check_mail(kind, action, raw, message)
            if action == "defuse":
                seen = observe(RawMail("mail", "box", raw), "")
                acting = [one.technique for one in seen.beacons if one.trigger in BY_ITSELF]
                assert not acting, (kind.name, acting)
    assert arrived == Counter(wanted.keys())
    assert len(house.held()) == held
    log = house.gate.log()
    assert log.count(": quarantine (") == held
    assert "put off" not in log


def names_and_values(raw: bytes) -> list[bytes]:
    """Header fields as they stand, folded lines and all."""
    head = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return re.split(rb"\n(?![ \t])", head)


def check_mail(kind: Kind, action: str, raw: bytes, message: EmailMessage) -> None:
    verdict = fields(message, "X-Tocsin-Verdict")
    if action == "pass":
        assert verdict == []
    else:
        assert len(verdict) == 1, kind.name
        assert f"action={action};" in verdict[0]
    assert len(fields(message, "X-Tocsin-Defused")) == (action == "defuse")
    if action != "defuse" and kind.name != "nul-bytes":  # Postfix itself takes NULs out of what it stores
        assert body(raw) == body(kind.raw), kind.name
        came, sent = names_and_values(raw), names_and_values(kind.raw)
        assert came[len(came) - len(sent) :] == sent, kind.name  # what servers and the gate add stands above
    digests = {
        hashlib.sha256(part.get_payload(decode=True)).hexdigest()  # type: ignore[arg-type]
        for part in message.walk()
        if not part.is_multipart()
    }
    assert set(kind.files) <= digests, kind.name
    shown = " ".join(
        (part.get_payload(decode=True) or b"").decode("utf-8", "replace")  # type: ignore[union-attr]
        for part in message.walk()
        if part.get_content_maintype() == "text"
    )
    for text in kind.texts:
        assert text in shown, kind.name


def test_mails_of_an_exercise_arrive_without_what_phones_home(
    house: mail_house.House, tmp_path: Path
) -> None:
    assert run("exercise", "january", "-o", tmp_path / "ex", home=tmp_path).returncode == 0
    observe = observer_factory(Lists())()
    sent: dict[str, bool] = {}  # whether it would phone home by itself, by Message-ID
    with house.postfix.smtp() as client:
        for path in sorted((tmp_path / "ex").glob("*.mbox")):
            box = mailbox.mbox(path, create=False)
            for message in islice(box, 20):
                raw = message.as_bytes(policy=email.policy.SMTP)
                name = str(message["Message-ID"])
                if name in sent:
                    continue
                seen = observe(RawMail("mail", "box", raw), "")
                sent[name] = any(one.trigger in BY_ITSELF for one in seen.beacons)
                client.sendmail("writer@outlet.example", "eight@desk.test", raw)
            box.close()
    assert sum(sent.values()) > 20
    house.postfix.wait_until_delivered()
    arrived: Counter[str] = Counter()
    for raw in house.mailbox("eight@desk.test"):
        found = parsed(raw)
        name = str(found["Message-ID"])
        arrived[name] += 1
        seen = observe(RawMail("mail", "box", raw), "")
        assert not [one.technique for one in seen.beacons if one.trigger in BY_ITSELF]
        if sent[name]:
            assert "action=defuse" in fields(found, "X-Tocsin-Verdict")[0]
    assert arrived == Counter(sent.keys())


def test_addresses_beyond_ascii_are_handled(house: mail_house.House) -> None:
    kind = kinds(4)[3]
    house.send(kind.raw, "grüße@desk.test", sender="ü@outlet.example", options=["SMTPUTF8"])
    digest = hashlib.sha256(kind.raw + b"\r\n").hexdigest()  # SMTP ends the last line
    house.until(lambda: digest in house.gate.log())
    assert f": defuse (tracked, 1 changes, no store is named) {digest}" in house.gate.log()
    house.postfix.wait_until_delivered()  # Dovecot's LMTP takes none of these, and Postfix returns them


def test_nobody_outside_writes_fields_of_this_house(house: mail_house.House) -> None:
    forged = (
        b"X-Tocsin-Verdict: no-sign; action=pass\r\nX-tocsin-defused: all\r\n"
        b"Authentication-Results: mx.desk.test; dmarc=pass header.from=bank.example\r\n"
        b"Authentication-Results: (a (nested) word) MX.desk.test 1; spf=pass\r\n"
        b'Authentication-Results: ((((deep; \\) )))) "mx.desk\\.test"(a) 1; spf=pass\r\n'
        b"Authentication-Results : mx.desk.test(a)1; spf=pass\r\n"
        b"Authentication-Results: mx.elsewhere.example (mx.desk.test); spf=pass\r\n"
        b"From: a@outlet.example\r\nMessage-ID: <forged@outlet.example>\r\nSubject: forged\r\n\r\ntext\r\n"
    )
    house.send(forged, "four@desk.test")
    house.postfix.wait_until_delivered()
    (raw,) = house.mailbox("four@desk.test")
    message = parsed(raw)
    (verdict,) = fields(message, "X-Tocsin-Verdict")
    assert "action=tag" in verdict
    assert fields(message, "X-Tocsin-Defused") == []
    assert fields(message, "Authentication-Results") == ["mx.elsewhere.example (mx.desk.test); spf=pass"]


def test_the_original_can_be_had_back(house: mail_house.House, tmp_path: Path) -> None:
    kind = kinds(8)[7]
    house.send(kind.raw, "five@desk.test")
    house.postfix.wait_until_delivered()
    (raw,) = house.mailbox("five@desk.test")
    verdict = fields(parsed(raw), "X-Tocsin-Verdict")[0]
    digest = re.search(r"sha256=([0-9a-f]{64})", verdict)
    assert digest is not None
    (sealed,) = [path for path in house.gate.spool.rglob("*.tocsin-sealed") if digest[1] in path.name]
    assert sealed.stat().st_mode & 0o077 == 0
    restored = run("restore", sealed, "-o", tmp_path / "back.eml", home=tmp_path)
    assert restored.returncode == 0
    before = (tmp_path / "back.eml").read_bytes()
    assert before == kind.raw
    assert hashlib.sha256(before).hexdigest() == digest[1]


def test_large_mails_get_through(house: mail_house.House) -> None:
    long_line = (
        b"From: a@outlet.example\r\nMessage-ID: <line@outlet.example>\r\nContent-Type: text/html\r\n\r\n<p>"
        + (b"word " * 2_000_000)
    )
    attached = (
        b"From: a@outlet.example\r\nMessage-ID: <huge@outlet.example>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + (b"A" * 76 + b"\r\n")
        * (50 * 1024 * 1024 // 78)
    )
    for raw in (long_line, attached):
        house.send(raw, "six@house.test")
    house.postfix.wait_until_delivered(120)
    found = {str(parsed(raw[:4000])["Message-ID"]): raw for raw in house.mailbox("six@house.test")}
    assert set(found) == {"<line@outlet.example>", "<huge@outlet.example>"}
    assert body(found["<huge@outlet.example>"]) == body(attached)
    house.gate.log()


def test_the_gate_is_stopped_in_order(house: mail_house.House) -> None:
    assert house.gate.stop() == 0
    assert not house.gate.socket.exists()
    with pytest.raises(smtplib.SMTPException) as refused:
        house.send(kinds(1)[0].raw, "one@desk.test")
    assert "451" in str(refused.value)
    house.gate.start()
    house.send(kinds(1)[0].raw, "seven@desk.test")
    house.postfix.wait_until_delivered()
    assert len(house.mailbox("seven@desk.test")) == 1
