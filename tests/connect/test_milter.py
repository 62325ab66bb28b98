"""The milter protocol as mail servers speak it, and as nobody should."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.milter_client import Answer, mail_packets, options, packet
from tocsin.connect.milter_edits import field_changes, raw_of, split
from tocsin.connect.milter_protocol import Aborted, Ended, Event, Field, Letter, ProtocolError, Session

FIELDS = [(b"From", b" a@outlet.example"), (b"Subject", b" one\n two"), (b"Received", b"\tfrom x")]


def fed(data: bytes, piece: int = 1 << 20, largest: int = 1 << 20) -> tuple[list[Event], Session]:
    session = Session(largest)
    events: list[Event] = []
    for start in range(0, len(data), piece):
        events.extend(session.feed(data[start : start + piece]))
    return events, session


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_a_mail_comes_whole_however_it_is_cut(piece: int) -> None:
    mail = mail_packets(
        "spokes@outlet.example", ["a@x.example", "b@x.example"], FIELDS, b"one\r\ntwo\r\n", piece=4
    )
    events, session = fed(options() + b"".join(mail) + packet(b"Q"), piece)
    letter, ended = events
    assert isinstance(letter, Letter)
    assert isinstance(ended, Ended)
    assert letter.sender == "spokes@outlet.example"
    assert letter.recipients == ("a@x.example", "b@x.example")
    assert raw_of(letter) == (
        b"From: a@outlet.example\r\nSubject: one\r\n two\r\nReceived:\tfrom x\r\n\r\none\r\ntwo\r\n"
    )
    assert letter.macros["i"] == "4ABC"
    assert session.held_bytes == 0


def test_only_what_the_server_waits_for_is_answered() -> None:
    mail = b"".join(mail_packets("a@x.example", ["b@x.example"], FIELDS, b"text"))
    _, silent = fed(options() + mail)
    assert bytes(silent.reply).count(b"\0\0\0\1c") == 0
    _, old = fed(options(protocol=0) + mail)
    assert (
        bytes(old.reply).count(b"\0\0\0\1c") == 2 + len(FIELDS) + 2
    )  # sender, recipient, fields, their end, body


def test_addresses_that_are_no_text_stay_ones() -> None:
    mail = b"".join(mail_packets("a@x.example", ["b@x.example"], FIELDS, b"text")).replace(b"b@x", b"\xff@x")
    (letter,) = fed(options() + mail)[0]
    assert isinstance(letter, Letter)
    assert letter.recipients == ("\\xff@x.example",)
    letter.recipients[0].encode()


def test_an_aborted_mail_leaves_nothing_behind() -> None:
    first = mail_packets("a@x.example", ["b@x.example"], FIELDS, b"secret")[:-1]
    second = mail_packets("c@x.example", ["d@x.example"], FIELDS[:1], b"other")
    events, _ = fed(options() + b"".join(first) + packet(b"A") + b"".join(second))
    aborted, letter = events
    assert isinstance(aborted, Aborted)
    assert isinstance(letter, Letter)
    assert (letter.sender, letter.recipients, letter.body) == ("c@x.example", ("d@x.example",), b"other")


def test_a_body_beyond_the_limit_is_cut_and_said() -> None:
    events, _ = fed(
        options() + b"".join(mail_packets("a@x.example", ["b@x.example"], FIELDS, b"x" * 5000)), largest=999
    )
    letter = events[0]
    assert isinstance(letter, Letter)
    assert letter.truncated
    assert len(letter.body) == 999


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.0\r\n\r\n",
        packet(b"M", b"<a@x.example>\0"),
        options(version=1),
        options(actions=0),
        packet(b"O", b"short"),
        options() + packet(b"E"),
        options() + packet(b"?"),
        options() + struct.pack(">I", 0),
        options() + struct.pack(">I", 0xFFFFFFFF),
        options() + packet(b"M", b"<a@x.example>\0") + packet(b"L", b"n\0" + b"v" * 3_900_000 + b"\0") * 5,
    ],
)
def test_nonsense_ends_the_conversation(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        fed(data)


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.builds(packet, st.sampled_from([bytes([c]) for c in range(65, 91)]), st.binary(max_size=40)),
        ),
        max_size=30,
    )
)
def test_no_bytes_break_the_session(pieces: list[bytes]) -> None:
    session = Session(1000)
    with contextlib.suppress(ProtocolError):
        for piece in (options(), *pieces):
            for event in session.feed(piece):
                assert isinstance(event, Letter | Aborted | Ended)
    assert session.held_bytes < 10_000


names = st.sampled_from([b"Received", b"Subject", b"X-Own", b"x-own", b"Content-Type", b"X-Tocsin-Verdict"])
fields = st.lists(st.builds(Field, names, st.sampled_from([b" a", b" b", b" c\n d", b"e"])), max_size=9)


@settings(deadline=None)
@given(fields, fields)
def test_changes_lead_from_one_header_to_the_other(old: list[Field], new: list[Field]) -> None:
    answer = Answer()
    for change in field_changes(old, new):
        word, data = change[4:5].decode(), change[5:]
        index = struct.unpack_from(">I", data)[0] if word in "im" else 0
        name, value = (data[4:] if word in "im" else data)[:-1].split(b"\0")
        answer.changes.append((word, index, name, value))
    now = answer.fields([(field.name, field.value) for field in old])

    def by_name(fields: list[tuple[bytes, bytes]]) -> dict[bytes, list[bytes]]:
        found: dict[bytes, list[bytes]] = {}
        for name, value in fields:
            found.setdefault(name.lower(), []).append(value)
        return found

    assert by_name(now) == by_name([(field.name, field.value) for field in new])


@settings(deadline=None)
@given(fields, st.binary(max_size=50))
def test_what_is_put_together_can_be_taken_apart(parts: list[Field], body: bytes) -> None:
    letter = Letter("", (), tuple(parts), body, {})
    found, rest = split(raw_of(letter))
    assert (found, rest) == (letter.fields, body)
