"""Whom a mail went to and when it arrived, by the stamps of the receiving side."""

from __future__ import annotations

import pytest

from tocsin.mail.mime import scan
from tocsin.model.message import Envelope
from tocsin.observe.envelope import (
    MAX_RECIPIENTS,
    arrival,
    observe_dates,
    read_recipients,
    recipients,
)

HOP = "Received: from a.example by mx.house.example for <Ann@House.example>; Tue, 12 Jan 2021 09:30:00 +0100"
HOP_S = 1610440200.0


def head(*lines: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_names_everyone_once_and_in_order() -> None:
    message = scan(
        head(
            "To: Ann <Ann@House.example>, bob@house.example", "Cc: BOB@house.example", "Bcc: cy@house.example"
        )
    )
    assert recipients(message) == (("ann@house.example", "bob@house.example", "cy@house.example"), ())


@pytest.mark.parametrize(
    "field", ["Delivered-To", "X-Original-To", "Envelope-To", "X-Delivered-To", "X-Envelope-To"]
)
def test_delivery_is_what_the_receiving_side_wrote(field: str) -> None:
    above = scan(head(f"{field}: Me@Home.example", HOP))
    assert recipients(above)[1] == ("me@home.example", "ann@house.example")
    below = scan(head(HOP, f"{field}: forged@other.example"))
    assert recipients(below)[1] == ("ann@house.example",)


def test_the_envelope_comes_first_and_people_hold_all() -> None:
    message = scan(head("To: list@house.example"), envelope=Envelope("", ("Me@Home.example",)))
    found = read_recipients(message)
    assert found.delivered_to == ("me@home.example",)
    assert [person.address for person in found.people] == ["list@house.example", "me@home.example"]


def test_for_counts_in_the_topmost_hop_only() -> None:
    other = (
        "Received: from b.example by out.example for <victim@bank.example>; Tue, 12 Jan 2021 09:29:00 +0100"
    )
    top = "Received: by mx.house.example; Tue, 12 Jan 2021 09:30:00 +0100"
    assert recipients(scan(head(top, other)))[1] == ()


def test_too_many_recipients_are_cut_and_said() -> None:
    many = ", ".join(f"p{number}@house.example" for number in range(MAX_RECIPIENTS + 500))
    found = read_recipients(scan(head(f"To: {many}")))
    assert len(found.to) == MAX_RECIPIENTS
    assert [defect.code for defect in found.defects] == ["too-many-recipients"]
    few = read_recipients(scan(head("To: a@house.example")))
    assert few.defects == ()


@pytest.mark.parametrize(
    ("lines", "given_s", "expected"),
    [
        ([HOP], HOP_S + 90000.0, HOP_S + 90000.0),
        ([HOP], 1700000000.0, HOP_S),  # a program copied the mail into an mbox years later
        ([HOP], HOP_S - 86400.0 * 3, HOP_S),
        ([], 1700000000.0, 1700000000.0),
        ([HOP], None, HOP_S),
        ([HOP, "Received: by a.example; Tue, 12 Jan 2027 09:30:00 +0100"], None, HOP_S),
        (["Date: Tue, 12 Jan 2021 09:30:00 +0100"], None, None),
        (
            ["Received: by mx.house.example", "X-Received: by 192.0.2.1; Tue, 12 Jan 2021 09:30:00 +0100"],
            None,
            HOP_S,
        ),
        (["Delivery-Date: Tue, 12 Jan 2021 09:30:00 +0100"], None, HOP_S),
        (["Received: by mx.house.example; Thu, 1 Jan 1970 00:00:00 +0000"], None, None),
        (["Received: by mx.house.example; Thu, 1 Jan 2099 00:00:00 +0000"], 0.0, 4070908800.0),
        ([], None, None),
    ],
)
def test_arrival(lines: list[str], given_s: float | None, expected: float | None) -> None:
    assert arrival(scan(head(*lines), arrival_s=given_s)) == expected


@pytest.mark.parametrize(
    ("date_s", "kinds"),
    [
        (HOP_S + 86400 * 78 * 365, {"date-after-arrival": "28470"}),
        (HOP_S + 86400 * 3, {"date-after-arrival": "3"}),
        (HOP_S + 86400, {}),
        (HOP_S - 86400 * 20, {}),
        (0.0, {"date-before-arrival": "18639"}),
        (None, {}),
    ],
)
def test_dates_that_contradict_the_arrival(date_s: float | None, kinds: dict[str, str]) -> None:
    assert {found.kind: found.value for found in observe_dates(date_s, HOP_S)} == kinds


@pytest.mark.parametrize(
    "value", ["d=" * 40_000, "=?" * 40_000, "<" * 80_000, "a@b.example," * 20_000, "(" * 80_000]
)
def test_long_values_end(value: str) -> None:
    found = read_recipients(scan(head(f"To: {value}", f"Delivered-To: {value}", f"Received: for {value}")))
    assert len(found.to) <= MAX_RECIPIENTS
