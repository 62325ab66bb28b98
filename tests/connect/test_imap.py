"""Mailboxes on servers that lie: everything they say ends in a value or in one kind of error, within its time."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator

import pytest

from tests.imap_fake import Fake
from tocsin.connect.imap import Session
from tocsin.connect.imap_address import Address, AddressError, parse_address
from tocsin.connect.imap_answers import ImapError, Limits, Secret
from tocsin.connect.imap_wire import HostRefused, Hosts

PASSWORD = 'very"secret\\word'
MAIL = b"Subject: x\r\n\r\nhello\r\n"
FULL = b"* 1 FETCH (UID 5 RFC822.SIZE 21 FLAGS ())\r\n"


@pytest.fixture
def serve() -> Iterator[Callable[..., Fake]]:
    started: list[Fake] = []

    def start(*arguments: object, **more: object) -> Fake:
        started.append(Fake(*arguments, **more))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for fake in started:
        fake.close()


@pytest.fixture
def connect() -> Iterator[Callable[..., Session]]:
    """Logs in to a fake; no connection outlives the test."""
    made: list[Session] = []

    def session(fake: Fake, *, seconds: float = 0.5, mail_bytes: int = 5_000_000) -> Session:
        address = Address("ada@desk.test", "127.0.0.1", fake.port, "none")
        hosts = Hosts([(address.host, address.port)])
        limits = Limits(mail_bytes, seconds)
        made.append(Session(address, Secret(PASSWORD), hosts, ssl.create_default_context(), limits))
        return made[-1]

    yield session
    for one in made:
        one.drop()


def read_everything(session: Session) -> dict[int, bytes]:
    """What watching does with a folder."""
    session.folders()
    opened = session.open("INBOX")
    uids = session.uids(opened.uid_next - 6)
    described = session.describe(uids)
    return session.fetch(list(described), sum(one.size for one in described.values()))


def test_a_folder_is_read_without_changing_it(
    serve: Callable[..., Fake], connect: Callable[..., Session]
) -> None:
    fake = serve({5: MAIL, 6: MAIL + b"\0more"})
    session = connect(fake)
    assert read_everything(session) == {5: MAIL, 6: MAIL + b"\0more"}
    session.close()
    assert any(command.startswith("EXAMINE") for command in fake.commands)
    assert not any(command.startswith(("SELECT", "UID STORE")) for command in fake.commands)
    assert all("BODY[]" not in command for command in fake.commands)


LIES = {
    "says goodbye at once": ({"GREETING": b"* BYE no\r\n"}, "lost"),
    "is no IMAP server": ({"GREETING": b"HTTP/1.1 400 Bad Request\r\n\r\n"}, "lost"),
    "says nothing": ({"GREETING": None}, "lost"),
    "greets without end": ({"GREETING": b"* OK " + b"x" * 3_000_000}, "nonsense"),
    "greets as logged in": ({"GREETING": b"* PREAUTH welcome\r\n"}, "nonsense"),
    "has no capabilities": ({"CAPABILITY": b"%T OK done\r\n"}, "lost"),
    "refuses the password": ({"LOGIN": b"%T NO [AUTHENTICATIONFAILED] no\r\n"}, "login"),
    "repeats the password": ({"LOGIN": b'%T NO bad login "very\\"secret\\\\word"\r\n'}, "login"),
    "never ends a list": ({"LIST": b'* LIST () "/" a\r\n' * 2_000_000}, "lost"),
    "opens brackets without end": ({"LIST": b"* LIST " + b"(" * 200_000 + b"\r\n%T OK x\r\n"}, "nonsense"),
    "lists what is no list": ({"LIST": b"* LIST 7\r\n%T OK x\r\n"}, "nonsense"),
    "numbers nothing": ({"EXAMINE": b"* 3 EXISTS\r\n%T OK x\r\n"}, "nonsense"),
    "numbers with words": ({"EXAMINE": b"* OK [UIDVALIDITY many]\r\n%T OK x\r\n"}, "nonsense"),
    "cannot open": ({"EXAMINE": b"%T NO not now\r\n"}, "refused"),
    "finds words": ({"UID SEARCH": b"* SEARCH one two\r\n%T OK x\r\n"}, "nonsense"),
    "says goodbye in between": ({"UID SEARCH": b"* BYE shutting down\r\n"}, "lost"),
    "hangs up in between": ({"UID SEARCH": b""}, "lost"),
    "gives no answer": ({"UID FETCH": None}, "lost"),
    "announces ten gigabytes": ({"UID FETCH": b"* 1 FETCH (UID 5 BODY[] {10737418240}\r\nabc"}, "nonsense"),
    "announces a number of 5,000 digits": (
        {"UID FETCH": b"* 1 FETCH (UID 5 BODY[] {" + b"9" * 5_000 + b"}\r\nabc"},
        "nonsense",
    ),
    "sends NULs for answers": ({"UID FETCH": b"\0\0\0\0\r\n\0\r\n"}, "lost"),
    "sends another's answer": ({"UID FETCH": b"XX99 OK done\r\n"}, "lost"),
    "ends within a literal": ({"UID FETCH": b"* 1 FETCH (UID 5 BODY[] {9}\r\nab)\r\n%T OK x\r\n"}, "lost"),
}


@pytest.mark.parametrize("name", LIES)
def test_lies_end_in_an_error_that_says_whose(
    name: str, serve: Callable[..., Fake], connect: Callable[..., Session]
) -> None:
    answers, kind = LIES[name]
    fake = serve({5: MAIL}, answers)
    with pytest.raises(ImapError) as caught:
        read_everything(connect(fake))
    assert caught.value.kind == kind
    text = str(caught.value)
    assert text.startswith(f"ada@desk.test@127.0.0.1:{fake.port}: ")
    assert PASSWORD not in text
    assert "secret" not in text or "left out" in text
    assert len(text) < 400
    assert caught.value.__cause__ is None, "a cause could be printed, and hold what was sent"


def test_what_may_be_meant_is_taken(serve: Callable[..., Fake], connect: Callable[..., Session]) -> None:
    """UIDs out of order, again, too large; sizes that are wrong or missing; fetches of mails that nobody asked for."""
    found = b"* SEARCH 9 5 5 6 4294967296 99999999999999999999 2\r\n%T OK x\r\n"
    session = connect(serve({5: MAIL, 6: MAIL, 9: MAIL}, {"UID SEARCH": found}))
    opened = session.open("INBOX")
    assert opened.uid_validity == 7
    assert session.uids(4) == [5, 6, 9]
    told = (
        b"* 1 FETCH (UID 5 RFC822.SIZE 3 FLAGS (\\Seen NIL \xff) INTERNALDATE NIL)\r\n"
        b'* 2 FETCH (UID 6 RFC822.SIZE "x" INTERNALDATE "never")\r\n'
        b"* 3 FETCH (UID 77 RFC822.SIZE 4)\r\n* 4 EXISTS\r\n%T OK x\r\n"
    )
    session = connect(serve({5: MAIL}, {"UID FETCH": told}))
    session.open("INBOX")
    described = session.describe([5, 6])
    assert sorted(described) == [5, 6]
    assert (described[5].size, described[6].size) == (3, -1)
    assert described[5].arrived is None
    assert "\\Seen" in described[5].flags
    wrong = b"* 1 FETCH (UID 5 BODY[] {21}\r\n%s)\r\n%%T OK x\r\n" % MAIL
    session = connect(serve({5: MAIL}, {"UID FETCH": wrong}))
    session.open("INBOX")
    assert session.fetch([5], 3) == {5: MAIL}, "some servers count otherwise than they send"


def test_no_mail_larger_than_the_limit_is_taken(
    serve: Callable[..., Fake], connect: Callable[..., Session]
) -> None:
    large = b"Subject: x\r\n\r\n" + b"x" * 4_000_000
    session = connect(serve({5: large}), seconds=5)
    session.open("INBOX")
    assert session.fetch([5], len(large)) == {5: large}
    session = connect(serve({5: large}), seconds=5, mail_bytes=100_000)
    session.open("INBOX")
    with pytest.raises(ImapError, match="more than was asked for"):
        session.fetch([5], 20)


def test_idle_that_never_stops_talking_ends(
    serve: Callable[..., Fake], connect: Callable[..., Session]
) -> None:
    fake = serve({5: MAIL}, {"IDLE": b"* OK wait\r\n+ idling\r\n" + b"* OK still here\r\n" * 400_000})
    session = connect(fake)
    session.open("INBOX")
    read_end, write_end = os.pipe()
    try:
        with pytest.raises(ImapError) as caught:
            session.wait(0.5, 60.0, read_end)
        assert caught.value.kind in ("nonsense", "lost")
    finally:
        os.close(read_end)
        os.close(write_end)


def test_only_hosts_that_were_named_are_connected_to(serve: Callable[..., Fake]) -> None:
    fake = serve({5: MAIL})
    with pytest.raises(HostRefused):
        Hosts([("localhost", 993)]).connect("127.0.0.1", fake.port, 1.0)
    assert not fake.commands


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("imaps://ada:hunter2@mail.desk.test/INBOX", "has a password in it"),
        ("imaps://mail.desk.test/INBOX", "names no user"),
        ("imaps://ada@/INBOX", "names no host"),
        ("http://ada@mail.desk.test", "is no address of a mailbox"),
        ("imaps://ada@mail.desk.test:99999/", "is no address of a mailbox"),
        ("imaps://ada;AUTH=GSSAPI@mail.desk.test/", "is not understood"),
        ("imaps://ada@mail.desk.test/a%0d%0ab", "control characters"),
        ("imaps://ada@mail.desk.test/%ff", "not UTF-8"),
        ("imaps://ada@mail.desk.test/a?b", "%3F"),
        ("imaps://ada@mail\x1b.desk.test/", "is no address of a mailbox"),
        ("x" * 5000, "is no address of a mailbox"),
    ],
)
def test_addresses_that_cannot_be_used_are_told_without_their_secret(text: str, part: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert part in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_addresses_say_how_a_mailbox_is_reached() -> None:
    plain = parse_address("imaps://ada%40desk.test@mail.desk.test/Lists/K%C3%A4se")
    assert plain == Address("ada@desk.test", "mail.desk.test", 993, "tls", "Lists/Käse")
    assert parse_address("imap://ada@mail.desk.test").encryption == "starttls"
    assert parse_address("imap://ada@mail.desk.test", insecure_loopback=True).encryption == "starttls"
    assert parse_address("imap://ada@127.0.0.1:1143", insecure_loopback=True).encryption == "none"
    assert parse_address("imaps://ada;AUTH=XOAUTH2@mail.desk.test").mechanism == "xoauth2"
